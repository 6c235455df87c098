// SPDX-License-Identifier: Apache-2.0
// A network namespace for a test. The WebSocket listener of mosquitto ignores its bind address and
// listens on all interfaces, so it may run only where there are none.
#pragma once

#include <string>

namespace rig {

/// Moves this process, and every process that it starts later, into a network namespace that has
/// only a loopback interface. It is called once, before any thread exists. It needs root, or a
/// kernel that allows user namespaces. Returns why it failed, or nothing.
std::string enter_own_network();

}  // namespace rig
