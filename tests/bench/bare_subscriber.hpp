// SPDX-License-Identifier: Apache-2.0
// What a failover takes at best: a subscriber of one thread and poll(2) that knows the standby
// beforehand and does nothing else. mqfail_bench starts itself as this program, so that it has a
// process, a pipe and a reader as mqfail-sub has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rig {

/// The command line: with `warm` a second connection waits for its SUBSCRIBE, else the second
/// server is dialled when the first one has died.
std::vector<std::string> bare_subscriber(bool warm, std::uint16_t first, std::uint16_t second);

/// If the arguments are those of bare_subscriber(): subscribes to "t", prints ":PORT PAYLOAD" for
/// each message, tells "subscribed" and "standby-ready" on stderr as mqfail-sub does, and does not
/// return.
void be_bare_subscriber(int argc, char** argv);

}  // namespace rig
