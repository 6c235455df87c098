// SPDX-License-Identifier: Apache-2.0
// Finds the message over which servers close the connection (failover.md section 3, class poison),
// so that this message fails and those behind it go on. A server may also die for its own reasons,
// and then any message under way looks guilty. So a suspect is sent alone, on a connection that has
// just answered a ping, and the end counts only if it comes at once and leaves the server running.
// A cluster that has lost a node may close at every message for a while, as RabbitMQ does. So ends
// without a reason must go on for some seconds, too.
#pragma once

#include <cstdint>

#include "policy/reason.hpp"
#include "publish/outbox.hpp"
#include "publish/server_book.hpp"

namespace mqfail {

/// So often a message fails, however many servers there are: where connections are reset in a row,
/// two ends by coincidence are not rare.
inline constexpr std::size_t kGuiltyTimes = 3;
/// From the first of these times to the last one, at least. RabbitMQ 3.10 closes at every message
/// to a queue whose node has died, on all nodes and for less than a second; and a server that is
/// down may be back.
inline constexpr Duration kTroubleOfServers = std::chrono::seconds(5);

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
    TimePoint at;

    /// As far as one end can tell: no other message was under way, the connection worked right
    /// before it, and the end came when the server read it.
    bool is_over_the_oldest() const { return alone && pinged && waited <= kAtOnce; }
  };

  /// Whether a message may be the cause of such an end.
  static bool may_be_over_a_message(const Reason& reason);

  /// A connection ended for such a reason. True: the oldest message has failed. It fails once
  /// connections have ended three times while only this message was under way, and every server of
  /// the roster has ended one of them, holds the message or cannot be reached. If the servers do
  /// not say why, this must have gone on for five seconds.
  bool ended(const End& end, const Reason& reason, Outbox& outbox, ServerBook& servers);
  /// Nothing listens at `server`: its process has died, so its ends do not count against a message.
  void died(ServerKey server, Outbox& outbox) const;

  /// Whether the message of this position is sent alone: while no other is under way, and it is
  /// settled before the next one is sent.
  bool is_suspect(std::uint64_t position) const { return position < suspects_end_; }

 private:
  /// A server that cannot take a message closes the connection when it reads it.
  static constexpr Duration kAtOnce = std::chrono::seconds(1);

  std::uint64_t suspects_end_ = 0;  // positions before it are suspects, as far as they are open
  std::uint64_t crowd_end_ = 0;  // behind what was under way at the last end with several messages
};

}  // namespace mqfail
