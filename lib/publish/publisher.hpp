// SPDX-License-Identifier: Apache-2.0
// The work of mqfail-pub: it sends payloads to each live server, in order, and keeps each until
// enough servers have acknowledged it (delivery.md P1 to P5). It reads the input only as fast as
// the window allows. `sender` puts messages on a connection, `settlement` decides what becomes of
// them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "publish/ack_to.hpp"
#include "publish/outbox.hpp"
#include "publish/publisher_settings.hpp"
#include "publish/publishing_connection.hpp"
#include "publish/sender.hpp"
#include "publish/settlement.hpp"
#include "publish/shortage.hpp"
#include "publish/source.hpp"
#include "publish/undelivered.hpp"
#include "session/work.hpp"

namespace mqfail {

class Publisher final : public Work {
 public:
  /// `ack_to`: who is to know how far the input is settled; null: nobody.
  Publisher(PublisherSettings settings, std::unique_ptr<Source> source, Transport& transport,
            Announcer& announcer, std::unique_ptr<AckTo> ack_to = nullptr);
  Publisher(const Publisher&) = delete;  // its parts refer to each other
  Publisher& operator=(const Publisher&) = delete;

  std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                               const ConnectionFacts& facts, TimePoint now) override;
  void listed(const std::vector<const Server*>& roster) override { settlement_.list(roster); }
  void failed(const Server& server, const Reason& reason) override {
    settlement_.not_reached(server, reason);
  }
  void lost(AttemptId attempt, const Reason& reason, TimePoint now) override;
  void offline(AttemptId attempt, TimePoint now) override;
  void leave(AttemptId attempt, TimePoint now) override;
  std::vector<Trouble> pump(TimePoint now) override;
  std::vector<AttemptId> take_finished() override { return std::exchange(finished_, {}); }
  void poll_fds(std::vector<pollfd>& fds) const override;
  void on_poll(const pollfd* fds, std::size_t count, TimePoint now) override;
  std::optional<TimePoint> deadline() const override;
  Counts counts() const override;
  bool done() const override;
  bool waits_for_disk() const override { return source_->keeps(); }
  void stop(TimePoint now) override;
  std::optional<TimePoint> ends_by() const override {
    return connections_.empty() ? drain_until_ : std::nullopt;
  }
  int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) override;

 private:
  std::vector<PublishingConnection>::iterator find(AttemptId attempt);
  std::string why_unfit(ServerKey server, const ConnectionFacts& facts) const;
  void remove(std::vector<PublishingConnection>::iterator connection, TimePoint now);
  void go_on_leaving(TimePoint now);
  std::optional<Reason> take_answers(PublishingConnection& connection, TimePoint now);
  void take_input(TimePoint now);
  void ping_if_due(PublishingConnection& connection, TimePoint now);
  void refuse(const Source::Item& item, const RecordForm::Fault& fault);
  void tell_what_is_settled(TimePoint now);
  void tell_what_is_settled_behind();
  void drain(TimePoint now, bool calm);
  void drain_anew(const PublishingConnection& connection, bool has_failed);
  std::optional<TimePoint> left_at(TimePoint now);
  bool has_room() const;
  bool wants_input() const;
  bool is_short() const { return connections_.size() < settings_.acks; }
  bool input_over() const { return source_->at_end(); }
  void take_rest(TimePoint now);
  void write_undelivered(const Ending& ending);

  const PublisherSettings settings_;
  std::unique_ptr<Source> source_;
  const std::unique_ptr<AckTo> ack_to_;
  Transport& transport_;
  Announcer& announcer_;

  Outbox outbox_;
  Undelivered undelivered_;
  Settlement settlement_;
  Sender sender_;
  Shortage shortage_;
  std::vector<PublishingConnection> connections_;
  std::vector<AttemptId> finished_;
  std::optional<TimePoint> drain_until_;
  // At the end of the input: servers for whose loss the drain timeout has begun again, and those
  // whose ack timeout was waited for.
  std::vector<ServerKey> left_, awaited_;
  std::uint64_t settled_before_drain_ = 0;
  std::uint64_t taken_ = 0;   // the number of the last message from the source
  std::uint64_t inputs_ = 0;  // messages from the source in this run
  bool stopping_ = false;
  bool reached_ = false;      // some server, in this run
  bool more_ = false;         // the turn ended before the input did
  bool drained_out_ = false;  // the drain timeout is over
  std::uint64_t lost_max_ = 0, resent_ = 0;
  std::uint64_t left_over_ = 0;  // at the end: lines that were damaged or cut short
};

}  // namespace mqfail
