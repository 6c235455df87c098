// SPDX-License-Identifier: Apache-2.0
// Finds the message over which servers close the connection (failover.md section 3, class poison),
// so that it fails and everything behind it goes on. Servers die for reasons of their own, too, and
// then whatever is under way looks guilty. So a suspect is sent alone, on a connection that has
// just answered a ping, and the end counts only if it comes at once and leaves the server running.
#pragma once

#include <cstdint>

#include "policy/reason.hpp"
#include "publish/outbox.hpp"
#include "publish/server_book.hpp"

namespace mqfail {

class Poison {
 public:
  /// How a connection ended while messages were under way on it.
  struct End {
    ServerKey server;
    std::uint64_t oldest;  ///< position of the oldest message under way, which is open
    std::uint64_t behind;  ///< the first position that was not under way
    bool alone;            ///< only that message was under way
    bool pinged;           ///< a ping before it was answered
    Duration waited;       ///< since it was written in full
  };

  /// Whether a message may be the cause of such an end.
  static bool may_be_over_a_message(const Reason& reason);

  /// A connection ended for such a reason. True: the oldest message has failed. That is when, each
  /// time with it alone, every server of the roster has closed over it that does not hold it and
  /// can be reached, and three times in all.
  bool ended(const End& end, const Reason& reason, Outbox& outbox, ServerBook& servers);
  /// Nothing listens at `server`: it was its own end, and not that of a message.
  void died(ServerKey server, Outbox& outbox) const;

  /// Whether the message of this position is to be sent when none is under way, and is to be
  /// settled before the next is sent.
  bool is_suspect(std::uint64_t position) const { return position < suspects_end_; }

 private:
  std::uint64_t suspects_end_ = 0;  // positions before it are suspects, as far as they are open
  std::uint64_t crowd_end_ = 0;     // what was under way at the last end with several
};

}  // namespace mqfail
