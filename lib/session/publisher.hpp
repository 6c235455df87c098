// SPDX-License-Identifier: Apache-2.0
// The work of mqfail-pub: payloads to the live server, in order, and nothing forgotten until a
// server has acknowledged it (delivery.md P1 to P4). Input is read only as fast as the window
// allows.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "session/outbox.hpp"
#include "session/source.hpp"
#include "session/work.hpp"

namespace mqfail {

struct PublisherSettings {
  std::string topic;
  int qos = 0;
  bool retain = false;
  MessageProperties properties;
  std::string
      publisher_id;  ///< --sequence: the messages are numbered under it; empty: they are not
  std::size_t window = 100;
  Duration drain_timeout = std::chrono::seconds(10);
  Duration ack_timeout = std::chrono::seconds(10);
  std::optional<Duration> timeout;  ///< --timeout: an older unsettled message has failed
  bool allow_loss = false;
  std::size_t servers = 1;  ///< a message that so many have refused has failed
  int undelivered_fd = -1;  ///< --undelivered, open for writing
  char delimiter = '\n';
  bool delimited = false;  ///< payloads are lines: the delimiter follows each in --undelivered
};

class Publisher final : public Work {
 public:
  Publisher(PublisherSettings settings, std::unique_ptr<Source> source, Transport& transport,
            Announcer& announcer);

  std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                               const ConnectionFacts& facts, TimePoint now) override;
  void offline(AttemptId attempt, TimePoint now) override;
  void leave(AttemptId attempt, TimePoint now) override;
  std::vector<Trouble> pump(TimePoint now) override;
  void want(std::vector<pollfd>& fds) const override;
  void ready(const pollfd* fds, std::size_t count) override;
  std::optional<TimePoint> deadline() const override;
  bool done() const override;
  void stop(TimePoint now) override;
  int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) override;

 private:
  struct Live {
    AttemptId attempt;
    std::size_t window;
    std::uint32_t maximum_packet_size;
    std::uint64_t published = 0;  // at QoS 0
    std::uint64_t proven = 0;     // of them, read by the server for certain
    std::uint64_t asked = 0;      // of them, covered by a ping
    TimePoint asked_at{};
  };
  struct Question {
    std::uint64_t ping;
    std::uint64_t published;
  };

  std::optional<Reason> settle(TimePoint now);
  std::optional<Reason> judge(Outbox::Entry& entry, int code);
  void take_back(TimePoint now);
  bool has_left(TimePoint now);
  bool send_stored(TimePoint now);
  void send_new(TimePoint now);
  bool send(std::string_view payload, std::uint64_t number, std::uint16_t& packet_id);
  void ask_for_proof(TimePoint now);
  void fail(std::uint64_t line, std::string_view payload, const std::string& why);
  void expire(TimePoint now);
  void tell_settled();
  bool fits(std::size_t payload) const;
  bool room() const;
  bool hungry() const;
  bool input_over() const { return source_->at_end(); }
  std::uint64_t unproven() const;
  bool put(std::string_view bytes);
  void write_undelivered(const Ending& ending);

  PublisherSettings settings_;
  std::unique_ptr<Source> source_;
  Transport& transport_;
  Announcer& announcer_;

  Outbox outbox_;
  std::optional<Live> live_;
  std::optional<Live> next_;           // in its place as soon as it has been left
  std::optional<TimePoint> leave_by_;  // what is under way on live_ is settled until then
  std::deque<Question> questions_;
  std::vector<Acknowledged> acknowledged_;
  std::optional<TimePoint> drain_until_;
  std::uint64_t taken_ = 0;  // the number of the last message from the source
  bool stopping_ = false;
  bool more_ = false;
  bool drained_out_ = false;  // the drain timeout is over
  bool warned_no_subscriber_ = false;
  bool undelivered_failed_ = false;
  std::uint64_t published_ = 0, acked_ = 0, failed_ = 0, lost_max_ = 0, resent_ = 0;
};

}  // namespace mqfail
