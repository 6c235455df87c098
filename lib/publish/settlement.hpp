// SPDX-License-Identifier: Apache-2.0
// Where a message of mqfail-pub is settled or fails: acknowledgements, refusing reason codes,
// --timeout, and messages over which servers close the connection (delivery.md P1, P5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "publish/outbox.hpp"
#include "publish/poison.hpp"
#include "publish/publisher_settings.hpp"
#include "publish/publishing_connection.hpp"
#include "publish/qos2_refusal.hpp"
#include "publish/server_book.hpp"
#include "publish/undelivered.hpp"
#include "session/notice.hpp"

namespace mqfail {

class Settlement {
 public:
  /// Borrows all of them.
  Settlement(const PublisherSettings& settings, Outbox& outbox, Undelivered& undelivered,
             Transport& transport, Announcer& announcer)
      : settings_(settings),
        outbox_(outbox),
        undelivered_(undelivered),
        transport_(transport),
        announcer_(announcer) {}

  void list(const std::vector<const Server*>& roster) { servers_.list(roster); }
  ServerKey reached(const Server& server);
  /// A server that is connected cannot do what the run asks for, or can.
  void note_unfit(ServerKey server, bool unfit) { servers_.note_unfit(server, unfit); }
  /// It has closed the connection at messages of QoS 2.
  bool refuses_qos_2(ServerKey server) const { return qos2_refusal_.is_known_of(server); }
  /// A try to connect to `server` came to nothing.
  void not_reached(const Server& server, const Reason& reason);

  /// Takes the acknowledgements and pongs that have come on this connection. A reason back: the
  /// server cannot take a message now, and another one should be used (failover.md section 3).
  std::optional<Reason> take_answers(PublishingConnection& connection, TimePoint now);
  /// The connection has ended by itself, and take_answers() was called since. Decides whether the
  /// message that was under way on it is to blame, and has failed, or the server, which takes no
  /// QoS 2.
  void find_poison(const PublishingConnection& connection, const Reason& reason, TimePoint now);
  /// The outbox's message of this position is sent only while none is under way.
  bool is_suspect(std::uint64_t position) const { return poison_.is_suspect(position); }
  /// The message of this position, or the one of this line that is not in the outbox, is dropped,
  /// because its expiry interval is over. That is told, and no failure.
  void expire(std::uint64_t position);
  void expire_line(std::uint64_t line);
  /// Servers have closed the connection over so many messages of QoS 2 that those left are fewer
  /// than
  /// --acks: no message can be settled any more.
  bool is_hopeless() const { return too_few_for_qos_2_ >= 3; }
  /// Then all messages in the outbox have failed.
  void fail_all();
  /// A message with properties goes to a server that cannot have them.
  void warn_of_properties(const PublishingConnection& connection);
  /// --timeout: messages that are older have failed.
  void time_out(TimePoint now);

  /// A message has failed: it is told and goes to --undelivered.
  void fail(std::uint64_t line, std::string_view payload, const std::string& why);
  /// The same for a message in the outbox.
  void fail(std::uint64_t position, const std::string& why);

  /// Messages that were settled: at QoS 0 those that an answered ping proves.
  std::uint64_t settled() const { return settled_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void acknowledged(std::uint64_t position, ServerKey server);
  std::optional<Reason> refused(std::uint64_t position, int code, ServerKey server, TimePoint now);
  void warn_of_no_subscriber();
  void warn_of_qos_2(const PublishingConnection& connection);

  const PublisherSettings& settings_;
  Outbox& outbox_;
  Undelivered& undelivered_;
  Transport& transport_;
  Announcer& announcer_;
  ServerBook servers_;
  Poison poison_;
  Qos2Refusal qos2_refusal_;
  std::vector<Acknowledged> answers_;  // used again by each call
  int too_few_for_qos_2_ = 0;          // how often
  bool warned_of_no_subscriber_ = false;
  std::uint64_t settled_ = 0, failed_ = 0;
};

}  // namespace mqfail
