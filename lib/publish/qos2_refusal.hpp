// SPDX-License-Identifier: Apache-2.0
// Finds a server that closes the connection at every PUBLISH of QoS 2, as NATS does: an MQTT 3.1.1
// server cannot say that it does not support QoS 2. Without this class, Poison would blame one
// message after the other.
#pragma once

#include <unordered_map>
#include <vector>

#include "publish/poison.hpp"

namespace mqfail {

/// One close at a message of QoS 2 proves nothing: the server may have died, or the message may be
/// bad. After two ends in a row, a server that has never answered such a PUBLISH counts as refusing
/// QoS 2, until the end of the run. If so many do that --acks cannot be fulfilled any more, it may
/// be the message: the servers get some more (Settlement::is_hopeless).
class Qos2Refusal {
 public:
  /// The server has answered a PUBLISH of QoS 2, so QoS 2 is not the cause of a close.
  void answered(ServerKey server) { known_[server].answers = true; }
  /// Nothing listens at `server`: its process has died, so its ends do not count.
  void died(ServerKey server) { known_[server].ends = 0; }
  /// A connection ended, for a reason that may be over a message, while one of QoS 2 was the oldest
  /// under way. True: it is now known that this server closes at such messages. A reset is no
  /// close: a server that dies resets.
  bool ended(const Poison::End& end, const Reason& reason) {
    Known& server = known_[end.server];
    if (server.answers) return false;
    ++server.ends;
    server.refuses =
        server.ends >= kEnds && end.is_over_the_oldest() && reason.cause == Cause::closed;
    return server.refuses;
  }
  /// The servers that refuse, whose ends do not count any more.
  std::vector<ServerKey> forget() {
    std::vector<ServerKey> refusing;
    for (auto& [server, known] : known_) {
      if (known.refuses) refusing.push_back(server);
      known.refuses = false;
      known.ends = 0;
    }
    return refusing;
  }
  bool is_known_of(ServerKey server) const {
    const auto found = known_.find(server);
    return found != known_.end() && found->second.refuses;
  }

 private:
  struct Known {
    bool answers = false;
    bool refuses = false;
    int ends = 0;
  };
  static constexpr int kEnds = 2;

  std::unordered_map<ServerKey, Known> known_;
};

}  // namespace mqfail
