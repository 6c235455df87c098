// SPDX-License-Identifier: Apache-2.0
// The work of mqfail-pub: payloads to each live server, in order, and nothing forgotten until as
// many servers as wanted have acknowledged it (delivery.md P1 to P5). Input is read only as fast as
// the window allows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "publish/inflight_window.hpp"
#include "publish/outbox.hpp"
#include "publish/ping_barrier.hpp"
#include "publish/poison.hpp"
#include "publish/server_book.hpp"
#include "publish/source.hpp"
#include "publish/undelivered.hpp"
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
  std::uint64_t max_cache_bytes = UINT64_MAX;  ///< of unsettled payload; then the input waits
  Duration drain_timeout = std::chrono::seconds(10);
  Duration ack_timeout = std::chrono::seconds(10);
  std::optional<Duration> timeout;  ///< --timeout: an older unsettled message has failed
  bool allow_loss = false;
  std::size_t acks = 1;     ///< so many servers must acknowledge a message; 1 at QoS 0
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
  void listed(const std::vector<const Server*>& roster) override { servers_.list(roster); }
  void failed(const Server& server, const Reason& reason) override;
  void lost(AttemptId attempt, const Reason& reason, TimePoint now) override;
  void offline(AttemptId attempt, TimePoint now) override;
  void leave(AttemptId attempt, TimePoint now) override;
  std::vector<Trouble> pump(TimePoint now) override;
  void poll_fds(std::vector<pollfd>& fds) const override;
  void on_poll(const pollfd* fds, std::size_t count) override;
  std::optional<TimePoint> deadline() const override;
  bool done() const override;
  void stop(TimePoint now) override;
  int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) override;

 private:
  struct Live {
    AttemptId attempt;
    ServerKey server;
    bool mqtt5;
    std::size_t window;
    std::uint32_t maximum_packet_size;
    PingBarrier barrier;  // at QoS 0, which the window does not know
    InflightWindow inflight{};
    bool lost = false;       // told to the session, which will name it to offline()
    TimePoint writing_at{};  // it had not been sent everything yet
    std::optional<std::uint64_t> suspect_ping{};  // went out before the first suspect
    std::optional<TimePoint> leave_by{};          // what is under way on it is settled until then
  };

  std::vector<Live>::iterator find(AttemptId attempt);
  void take_back(std::vector<Live>::iterator live, TimePoint now);
  void go_on_leaving(TimePoint now);
  std::optional<TimePoint> acknowledged_by(const Live& live) const;
  std::optional<Reason> settle(Live& live);
  std::optional<Reason> judge(std::uint64_t position, int code, ServerKey server);
  void acknowledged(std::uint64_t position, ServerKey server);
  void send_stored(Live& live, TimePoint now);
  void take_in(TimePoint now);
  std::optional<std::uint16_t> send(Live& live, const Message& message);
  Message message_of(std::string_view payload, std::uint64_t number) const;
  void ask_for_proof(Live& live, TimePoint now);
  void fail(std::uint64_t line, std::string_view payload, const std::string& why);
  void expire(TimePoint now);
  void tell_settled();
  void tell_shortage(TimePoint now);
  static bool fits(const Live& live, const Message& message);
  bool room(const Live& live, std::uint64_t position) const;
  bool takes() const;
  bool hungry() const;
  bool is_short() const { return live_.size() < settings_.acks; }
  bool input_over() const { return source_->at_end(); }
  void take_rest(TimePoint now);
  void write_undelivered(const Ending& ending);

  PublisherSettings settings_;
  std::unique_ptr<Source> source_;
  Transport& transport_;
  Announcer& announcer_;

  Outbox outbox_;
  Undelivered undelivered_;
  std::vector<Live> live_;
  bool leaving_ = false;  // one of them; until it is gone, nothing is sent
  ServerBook servers_;
  Poison poison_;
  std::vector<Acknowledged> answers_;
  std::optional<TimePoint> tell_short_at_;
  bool told_short_ = false;
  std::optional<TimePoint> drain_until_;
  std::uint64_t taken_ = 0;  // the number of the last message from the source
  bool stopping_ = false;
  bool more_ = false;
  bool drained_out_ = false;  // the drain timeout is over
  bool warned_no_subscriber_ = false;
  std::uint64_t published_ = 0, acked_ = 0, failed_ = 0, lost_max_ = 0, resent_ = 0;
};

}  // namespace mqfail
