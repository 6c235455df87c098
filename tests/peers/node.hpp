// SPDX-License-Identifier: Apache-2.0
// What a fault of a peer test happens to: a server process, or an address of a server.
#pragma once

#include <string>

#include "rig/basics.hpp"

namespace peers {

using rig::milliseconds;
using namespace std::chrono_literals;

class Node {
 public:
  virtual ~Node() = default;
  /// After kill9 or terminate. It does not wait for the server to serve.
  virtual void start() = 0;
  virtual void kill9() = 0;      ///< returns when it is gone
  virtual void terminate() = 0;  ///< SIGTERM, returns when it is gone
  virtual void freeze() = 0;     ///< SIGSTOP
  virtual void thaw() = 0;
  /// Whether it is ready within `patience`. A peers::Server must accept a CONNECT, and is started
  /// again if it has ended, because somebody may have had its port for a moment.
  virtual bool serves(milliseconds patience) = 0;
  virtual std::string said() = 0;  ///< the end of its output, for a report
};

}  // namespace peers
