// SPDX-License-Identifier: Apache-2.0
// A network of our own: mosquitto's websockets listener ignores the address it is told to bind and
// listens on all interfaces, so it must not run where there are any.
#pragma once

#include <string>

namespace rig {

/// Moves this process, and what it starts from now on, into a network namespace that has a loopback
/// interface and nothing else. Call it once, before any thread. Needs root, or a kernel that lets
/// users have namespaces; returns why it did not work, or nothing.
std::string enter_own_network();

}  // namespace rig
