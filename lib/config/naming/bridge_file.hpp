// SPDX-License-Identifier: Apache-2.0
// Bridges of a mosquitto.conf as lists of servers, and back (mosquitto.conf(5), "Configuring
// bridges"). Only what names servers and how to log in is read; topics and queues are not ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/document/document_server.hpp"

namespace mqfail {

struct Bridge {
  std::string name;                     ///< of its `connection` line
  std::vector<DocumentServer> servers;  ///< in the order of `address`, passwords in plain text
  std::vector<std::string> flags;       ///< what a list cannot say, as flags for the commands
};

/// All bridges of the file that have addresses; not empty. `name` is how errors call the file.
/// Errors: data, as NAME:LINE: what is wrong; never a password.
Result<std::vector<Bridge>> read_bridges(std::string_view name, std::string_view text);

/// The servers as a bridge called `name`; it has no topics yet, and a password is left out with a
/// comment that says so. Errors: data, naming what a bridge cannot say.
Result<std::string> write_bridge(const std::string& name,
                                 const std::vector<DocumentServer>& servers);

}  // namespace mqfail
