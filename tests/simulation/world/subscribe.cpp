// SPDX-License-Identifier: Apache-2.0
// mqfail-sub in the world: others publish on servers that fail, a reader takes the output or
// stalls, and what is printed is held against delivery.md S1 to S8.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include "ledger.hpp"
#include "saboteur.hpp"
#include "subscribe/output.hpp"
#include "subscribe/subscriber.hpp"
#include "world.hpp"

namespace mqfail::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPublisherId = "ffeeddccbbaa99887766554433221100";
constexpr Duration kPrecision = 2ms;

class SubscribeWorld final : public World, public Witness {
 public:
  SubscribeWorld(std::uint64_t seed, Break broken, bool told) : World(seed, broken, told) {
    draw();
  }
  SubscribeWorld(std::uint64_t seed, Break broken, const Year& year) : World(seed, broken, false) {
    draw(year);
  }
  ~SubscribeWorld() override {
    for (const int fd : output_) {
      if (fd >= 0) close(fd);
    }
  }

 private:
  struct Published {
    std::string payload;
    bool retained = false;
    std::set<std::string> on;    // servers that took it
    std::set<std::string> kept;  // servers that owe it to our session
  };
  struct Printed {
    std::string payload;
    std::uint64_t number;
    std::size_t end;  // in the output
  };

  void draw() {
    hot_ = chance(2);
    persistent_ = chance(3);
    numbered_ = chance(2);
    qos_ = static_cast<int>(below(3));
    if (is(Break::sessions_forgotten)) {
      persistent_ = true;
      qos_ = 1;
    }
    keeps_sessions_ = persistent_ || chance(2);
    make_servers(1 + below(chance(3) ? 1 : 3), true);
    if (is(Break::forgets_kept)) {
      hot_ = numbered_ = false;
      persistent_ = true;
      qos_ = 1;
    }
    bridged_ = persistent_ && !hot_ && qos_ > 0 && servers.size() > 1 && chance(2);
    if (bridged_) {
      for (const auto& server : servers) server->keep_session("client", qos_);
      repeats_ = chance(2);
      loses_numbers_ = numbered_ && chance(2);
    }
    failover_ = draw_failover();
    failover_.keeps_session = persistent_;
    failover_.width = hot_ ? 0 : 1;
    if (!hot_ && !persistent_ && chance(3)) failover_.standbys = 1;
    if (!hot_ && chance(4)) draw_failback(failover_);
    if (chance(4) || is(Break::stays_with_the_stale)) stale_timeout_ = between(300ms, 8s);
    settings_of_session_ = session_settings();
    settings_of_session_.connect.subscriptions = {{.filter = "#", .qos = qos_}};
    settings_of_session_.connect.properties.receive_maximum =
        static_cast<std::uint16_t>(1 + below(chance(2) ? 5 : 100));
    if (bridged_) {  // so many that copies are recognised (KeptCopies::kProof)
      settings_of_session_.connect.properties.receive_maximum =
          static_cast<std::uint16_t>(20 + below(80));
    }
    const Duration end = between(500ms, 30s);
    const Duration busy = chance(2) ? end : between(5ms, 500ms);
    draw_faults(busy, end);
    draw_messages(busy);
    if (chance(4)) draw_stall(busy);
    if (chance(6)) {
      agenda.in(between(1ms, end), [this] {
        tell("kill -9");
        ++out.faults;
        killed = true;
      });
    }
    agenda.in(end + 60s, [this] {
      tell("SIGINT");
      interrupted_ = true;
      signals.push_back(SIGINT);
    });
    agenda.in(end + 200s, [this] { broke(Promise::comes_to_an_end, "it goes on for ever"); });
    begin();
  }

  void draw(const Year& year) {
    hot_ = persistent_ = numbered_ = true;
    qos_ = 1;
    make_servers(3, true);
    failover_ = draw_failover();
    failover_.bounded = false;
    failover_.backoff.cap = 5min;
    failover_.keeps_session = true;
    failover_.width = 0;
    settings_of_session_ = session_settings();
    settings_of_session_.connect.subscriptions = {{.filter = "#", .qos = qos_}};
    settings_of_session_.connect.properties.receive_maximum = 100;
    settings_of_session_.connect.keepalive = Year::kKeepalive;
    draw_year(year);
    publish_for_the_year(year.every, year.begin + Year::kLength, (std::uint64_t{1} << 32U) - 4000);
    agenda.at(year.begin + Year::kLength + 1h, [this] {
      interrupted_ = true;
      signals.push_back(SIGINT);
    });
    agenda.at(year.begin + Year::kLength + 2h,
              [this] { broke(Promise::comes_to_an_end, "it goes on for ever"); });
    begin();
  }
  void publish_for_the_year(Duration every, TimePoint end, std::uint64_t number) {
    agenda.in(every, [this, every, end, number] {
      if (agenda.now() >= end) return;
      Packet packet{.kind = Kind::publish, .qos = 1};
      packet.topic = "t";
      packet.payload = payload_of(published_.size() + 1, 10);
      packet.publisher = kPublisherId;
      packet.number = number;
      published_.push_back({packet.payload, false, {}, {}});
      for (const auto& server : servers) publish(packet, published_.back(), *server);
      publish_for_the_year(every, end, number + 1);
    });
  }

  void begin() {
    failover_seed_ = dice.next();
    if (pipe2(output_, O_CLOEXEC) != 0) broke(Promise::comes_to_an_end, "no pipe");
    fcntl(output_[0], F_SETFL, O_NONBLOCK);
    if (stalls_) fcntl(output_[1], F_SETPIPE_SZ, 4096);
  }

  void draw_messages(Duration busy) {
    const auto count = 1 + below(chance(4) ? 300 : 60);
    const Duration skew = chance(2) ? 0ms : between(0ms, 50ms);
    Duration at{};
    std::uint64_t number = 0;
    for (std::int64_t i = 1; i <= count; ++i) {
      at += between(0us, busy * 2 / count);
      Packet packet{.kind = Kind::publish, .qos = static_cast<int>(below(3))};
      const bool repeats =
          repeats_ && !numbered_ && i > 1 && !published_.back().retained && chance(6);
      packet.payload = payload_of(static_cast<std::size_t>(repeats ? i - 1 : i),
                                  static_cast<std::size_t>(below(chance(8) ? 1500 : 30)));
      packet.topic = "t";
      if (repeats) packet.payload = published_.back().payload;
      const bool retained = repeats_ && chance(8);
      if (retained) {
        packet.topic = "r" + std::to_string(below(3));
        packet.payload = std::string(1, static_cast<char>('x' + below(2)));
        packet.retain = true;
      } else if (numbered_) {
        packet.publisher = kPublisherId;
        packet.number = ++number;
      }
      published_.push_back({packet.payload, retained, {}, {}});
      const auto all = static_cast<std::int64_t>(servers.size());
      const auto origin = static_cast<std::size_t>(loses_numbers_ ? below(all) : 0);
      for (const auto& server : servers) {
        Packet brought = packet;
        if (loses_numbers_ && server != servers[origin]) {
          brought.publisher.clear();
          brought.number = 0;
        }
        const Duration later = server == servers.front() ? Duration{} : skew;
        agenda.in(at + later, [this, brought, index = published_.size() - 1, &server = *server] {
          publish(brought, published_[index], server);
        });
      }
    }
  }

  void publish(const Packet& packet, Published& message, SimulatedServer& server) {
    if (bridged_) {
      server.bridge(packet);
    } else if (!server.publish(packet)) {
      return;
    }
    message.on.insert(server.name);
    if (persistent_ && std::min(packet.qos, qos_) > 0 && server.has_session("client")) {
      message.kept.insert(server.name);
    }
  }

  void draw_stall(Duration busy) {
    stalls_ = true;
    const Duration at = between(0us, busy), time = between(10ms, 20s);
    agenda.in(at, [this] {
      tell("the reader stalls");
      stalled_ = true;
    });
    agenda.in(at + time, [this] {
      tell("the reader reads");
      stalled_ = false;
      drain();
    });
  }

  SubscriberSettings settings() {
    SubscriberSettings settings;
    settings.format = [this](const Message& message, const std::string& server_id, std::uint64_t,
                             std::string& text) { print(message, server_id, text); };
    settings.keepalive = settings_of_session_.connect.keepalive;
    if (!is(Break::stays_with_the_stale)) settings.stale_timeout = stale_timeout_;
    settings.novelty = {.several_servers = hot_,
                        .window = settings.keepalive * 2,
                        .key = {1, 2},
                        .kept_sessions = persistent_ && !hot_};
    return settings;
  }

  std::size_t moved() const override { return published_.size(); }
  std::optional<int> one_life() override {
    auto mailbox = Mailbox::make();
    if (!mailbox) {
      broke(Promise::comes_to_an_end, mailbox.error().message);
      return std::nullopt;
    }
    SimulatedTransport transport(agenda, servers, **mailbox, *this);
    SaboteurTransport saboteur(transport, broken());
    Output output(output_[1]);
    now_writing_ = &output;
    Subscriber subscriber(settings(), saboteur, *this, output);
    Failover failover(failover_, server_list(), Random(failover_seed_));
    Session session(settings_of_session_, std::move(failover), saboteur, **mailbox, subscriber,
                    *this, agenda.now());
    seen_.clear();
    last_printed_.clear();
    live_.clear();
    first_ = {};
    blocked_since_.reset();
    expect_gap_ = told_stalled_ = false;
    gaps_ = 0;
    const auto status = live(session, **mailbox, subscriber);
    if (!status) {  // what was not written is not printed
      was_killed_ = true;
      const std::size_t written = bytes_written();
      std::erase_if(printed_, [&](const Printed& one) { return one.end > written; });
      text_.resize(written);
    }
    now_writing_ = nullptr;
    return status;
  }

  // -- the output

  std::size_t bytes_written() const {
    int waiting = 0;
    ioctl(output_[0], FIONREAD, &waiting);
    return read_ + static_cast<std::size_t>(waiting);
  }
  void drain() {
    char chunk[65536];
    for (ssize_t got = 0; (got = read(output_[0], chunk, sizeof chunk)) > 0;) {
      if (text_.compare(read_, static_cast<std::size_t>(got), chunk,
                        static_cast<std::size_t>(got)) != 0) {
        broke(Promise::s1_written_first, "the output is not what was printed");
      }
      read_ += static_cast<std::size_t>(got);
    }
  }
  void print(const Message& message, const std::string& server, std::string& text) {
    const std::string line = std::string(message.topic) + " " + std::string(message.payload) + "\n";
    text += line;
    text_ += line;
    tell("printed " + line.substr(0, std::min<std::size_t>(line.size() - 1, 8)) + " of " + server);
    printed_.push_back({std::string(message.payload), message.number, text_.size()});
    const std::string topic(message.topic), payload(message.payload);
    // What waits for others is printed behind them; it has no number.
    const bool is_visiting =
        in_visit_ && topic == visiting_.topic && payload.starts_with(visiting_.payload);
    const std::uint64_t number = is_visiting ? visiting_.number : message.number;
    const bool retain = is_visiting ? visiting_.retain : message.retain;
    if (seen_.empty()) first_number_ = number;
    if (numbered_ && number != 0 && !seen_.insert(number).second) {
      broke(Promise::s2_once, "number " + std::to_string(number) + " is printed again");
    }
    const auto last = last_printed_.find(topic);
    if (retain && last != last_printed_.end() && last->second == payload) {
      broke(Promise::s6_retained, topic + " is printed again and is unchanged");
    }
    last_printed_[topic] = payload;
    // See taken(). What waits when its connection ends is printed if too little tells what it is.
    if (server != last_server_ || live_.empty()) repeated_.insert(payload);
  }

  // -- Witness
  void visiting(AttemptId attempt, const Packet& packet) override {
    visiting_ = packet;
    heard_[attempt] = agenda.now();
    in_visit_ = true;
    // What the first connection of a run brings is new.
    if (attempt == first_) visiting_.retain = false;
  }
  void taken(AttemptId attempt, const std::string& server, const Packet& packet) override {
    in_visit_ = false;
    tell("took " + packet.topic + " " + packet.payload.substr(0, 6) + " of " + server + " on #" +
         std::to_string(static_cast<std::uint64_t>(attempt)));
    if (packet.retain) return;
    ++taken_[packet.payload][server];
    sent_[packet.payload][server].insert(packet.id);
    // The last messages of a connection that is left for another one cross with those of that one.
    const bool crosses = attempt != last_connected_;
    if (packet.duplicate || crosses) repeated_.insert(packet.payload);
    // A server that lags behind by more than the window of copies is none that S3 speaks of, or by
    // more than a second in what was printed before it was subscribed.
    const auto [first, is_first] = first_taken_.emplace(packet.payload, agenda.now());
    const Duration window = settings_of_session_.connect.keepalive * 2;
    const TimePoint subscribed = subscribed_at_[attempt];
    const bool too_late = agenda.now() - first->second > window ||
                          (first->second < subscribed && agenda.now() > subscribed + Copies::kSkew);
    if (!is_first && too_late) too_late_.insert(packet.payload);
  }
  void acknowledged(AttemptId, const Packet& packet) override {
    const std::size_t written = bytes_written();
    const auto found = std::find_if(printed_.begin(), printed_.end(), [&](const Printed& one) {
      return one.payload.starts_with(packet.payload);
    });
    if (found == printed_.end()) {
      broke(Promise::s1_written_first, packet.payload + " is acknowledged and was never printed");
    } else if (found->end > written) {
      broke(Promise::s1_written_first, packet.payload + " is acknowledged before it is written");
    }
  }
  void accepted(AttemptId attempt, std::size_t, bool session_present) override {
    present_[attempt] = session_present;
  }
  void lost(AttemptId attempt, TimePoint last_life) override { last_life_[attempt] = last_life; }

  // -- what is told
  void announce(const Notice& notice) override {
    if (is(Break::stays_silent) && notice.name == NoticeName::gap) return;
    if (is(Break::hides_the_stall) && notice.name == NoticeName::stalled) return;
    World::announce(notice);
    const auto number = [&](std::string_view key) {
      for (const auto& [each, value] : notice.more) {
        if (each != key) continue;
        if (const auto* truth = std::get_if<bool>(&value)) return std::int64_t{*truth};
        if (const auto* count = std::get_if<std::int64_t>(&value)) return *count;
      }
      return std::int64_t{-1};
    };
    switch (notice.name) {
      case NoticeName::connected: {
        const AttemptId attempt{*notice.attempt};
        // One that ended while we went back to another server is not told as lost.
        if (!hot_ && !live_.empty() && number("outage_ms") >= 0)
          silent_since_ = last_life_[*live_.begin()];
        if (!hot_) live_.clear();
        live_.insert(attempt);
        heard_[attempt] = agenda.now();
        subscribed_at_[attempt] = agenda.now();
        last_connected_ = attempt;
        last_server_ = notice.server;
        if (first_ == AttemptId{}) first_ = last_connected_;
        // Back after an outage: it must be told.
        if (number("outage_ms") >= 0) expect_gap_ = true;
        return;
      }
      case NoticeName::lost:
        live_.erase(AttemptId{*notice.attempt});
        if (notice.reason.starts_with("no message")) check_stale(AttemptId{*notice.attempt});
        if (live_.empty()) silent_since_ = last_life_[AttemptId{*notice.attempt}];
        return;
      case NoticeName::gap:
        if (number("may_be_missing") < 0) return;
        expect_gap_ = false;
        if (number("may_be_missing") == 1) ++gaps_;
        return check_gap(notice, number("may_be_missing") == 1);
      case NoticeName::stalled:
        told_stalled_ = number("ended") == 0;
        return;
      case NoticeName::exit:
        told_missing_ = number("missing");
        told_gaps_ = std::max<std::int64_t>(number("gaps"), 0);
        return;
      default:
        return;
    }
  }
  void check_gap(const Notice& notice, bool may_miss) {
    const Duration outage = agenda.now() - silent_since_;
    const Duration off = *notice.dur > outage ? *notice.dur - outage : outage - *notice.dur;
    if (off > kPrecision && failover_.width == 1) {
      broke(Promise::s8_gap, "the outage is " + std::to_string(milliseconds(outage)) +
                                 " ms, told " + std::to_string(milliseconds(*notice.dur)));
    }
    if (may_miss != (qos_ == 0 || !present_[last_connected_])) {
      broke(Promise::s8_gap, "whether messages may be missing is told wrongly");
    }
  }

  // It is the last message that counts then, not the last sign of life.
  void check_stale(AttemptId attempt) {
    last_life_[attempt] = heard_[attempt];
    if (agenda.now() - heard_[attempt] < *stale_timeout_)
      broke(Promise::leaves_the_stale, "a server is left too soon");
  }
  void look_for_the_stale() {
    if (!stale_timeout_ || interrupted_ || now_writing_->pending()) return;
    for (const AttemptId attempt : live_) {
      if (agenda.now() - heard_[attempt] > *stale_timeout_ + kPrecision)
        broke(Promise::leaves_the_stale, "a server without a message is still used");
    }
  }

  void look() override {
    if (!stalled_) drain();
    look_for_the_stale();
    if (expect_gap_) broke(Promise::s8_gap, "an outage is over, and no gap is told");
    if (now_writing_->buffer().size() > 65536 + 4096) {
      broke(Promise::s7_stalled, "the output grows although nobody reads");
    }
    pollfd room{output_[1], POLLOUT, 0};
    if (!stalled_ || !now_writing_->pending() || ::poll(&room, 1, 0) != 0) {
      blocked_since_.reset();
      return;
    }
    if (!blocked_since_) blocked_since_ = agenda.now();
    const Duration half = settings_of_session_.connect.keepalive / 2;
    if (agenda.now() - *blocked_since_ > half + kPrecision && !told_stalled_) {
      broke(Promise::s7_stalled, "the output is blocked, and nothing is told");
    }
  }
  void before_finish() override {
    stalled_ = false;
    drain();
  }

  // -- the end
  void settle_accounts(int status) override {
    drain();
    if (status != 0) broke(Promise::comes_to_an_end, "exit " + std::to_string(status));
    if (read_ != text_.size()) {
      broke(Promise::s1_written_first, "what was printed is not written at the end");
    }
    if (numbered_ && !loses_numbers_ && !seen_.empty()) {
      // Those before the first one that came were published before we were there.
      const auto from_first =
          static_cast<std::size_t>(std::distance(seen_.find(first_number_), seen_.end()));
      const auto holes =
          static_cast<std::int64_t>(*seen_.rbegin() - first_number_ + 1 - from_first);
      if (told_missing_ != holes) {
        broke(Promise::s2_once, std::to_string(holes) + " numbers are missing, told " +
                                    std::to_string(told_missing_));
      }
    }
    if (told_gaps_ != gaps_) broke(Promise::s8_gap, "the exit event does not count the gaps");
    std::map<std::string, std::size_t> printed, published;
    for (const Printed& one : printed_) ++printed[one.payload.substr(0, payload_size(one.payload))];
    for (const Published& one : published_) {
      if (!one.retained) ++published[one.payload];
    }
    for (const Published& one : published_) {
      if (one.retained) continue;
      const std::size_t times = printed[one.payload];
      if ((servers.size() == 1 || hot_) && !one.kept.empty() && times == 0) {
        broke(Promise::s5_sessions, one.payload + " was kept for us and is not printed");
      }
      if (bridged_ && (!numbered_ || loses_numbers_) && !was_killed_ && !one.kept.empty()) {
        std::size_t most = 0;
        for (const auto& [server, ids] : sent_[one.payload]) most = std::max(most, ids.size());
        // What a server sends again after a loss may be printed again (S1). Where much is alike,
        // nothing tells copies from messages that were published several times.
        const bool too_often = !repeats_ && !numbered_ && times > most;
        if (times < most || (too_often && !repeated_.contains(one.payload))) {
          broke(Promise::s3_kept, one.payload.substr(0, 6) + " is printed " +
                                      std::to_string(times) + " times; one server sent it " +
                                      std::to_string(most) + " times");
        }
      }
      if (hot_ && !numbered_ && !persistent_ && !was_killed_) {
        std::size_t most = 0;
        for (const auto& [server, count] : taken_[one.payload]) most = std::max(most, count);
        // Of what repeats, a server that joins may bring a message once more (Copies::kSkew).
        const bool too_often =
            published[one.payload] == 1 && times > 1 && !too_late_.contains(one.payload);
        if (times < most || too_often) {
          broke(Promise::s3_copies, one.payload.substr(0, 6) + " is printed " +
                                        std::to_string(times) + " times; one server sent it " +
                                        std::to_string(most) + " times, published " +
                                        std::to_string(published[one.payload]));
        }
      }
    }
  }
  // A saboteur may have put something behind it.
  static std::size_t payload_size(const std::string& printed) {
    return std::min(printed.find('#'), printed.size());
  }

  FailoverSettings failover_;
  SessionSettings settings_of_session_;
  std::uint64_t failover_seed_ = 0;
  bool hot_ = false, bridged_ = false, loses_numbers_ = false, repeats_ = true, numbered_ = false,
       stalls_ = false, stalled_ = false, was_killed_ = false;
  int qos_ = 0;
  int output_[2] = {-1, -1};
  Output* now_writing_ = nullptr;

  std::vector<Published> published_;
  std::vector<Printed> printed_;
  std::string text_;      // that was printed
  std::size_t read_ = 0;  // of it, by the reader
  Packet visiting_;
  bool in_visit_ = false;
  std::set<std::uint64_t> seen_;                     // numbers, in this life
  std::uint64_t first_number_ = 0;                   // of them
  std::map<std::string, std::string> last_printed_;  // by topic, in this life
  std::map<std::string, std::map<std::string, std::size_t>> taken_;

  std::map<std::string, std::map<std::string, std::set<std::uint16_t>>> sent_;  // packet ids
  std::set<std::string> repeated_;  // DUP, or on two connections at once

  std::map<std::string, TimePoint> first_taken_;
  std::set<std::string> too_late_;

  std::set<AttemptId> live_;
  AttemptId last_connected_{}, first_{};
  std::string last_server_;
  std::map<AttemptId, bool> present_;
  std::map<AttemptId, TimePoint> subscribed_at_, last_life_, heard_;
  std::optional<Duration> stale_timeout_;
  bool interrupted_ = false;
  TimePoint silent_since_{};
  std::optional<TimePoint> blocked_since_;
  bool expect_gap_ = false, told_stalled_ = false;
  std::int64_t gaps_ = 0, told_gaps_ = 0, told_missing_ = 0;
};

}  // namespace

Outcome subscribe_in_a_world(std::uint64_t seed, Break broken, bool told) {
  return SubscribeWorld(seed, broken, told).run();
}

Outcome subscribe_for_a_year(std::uint64_t seed, const Year& year, Break broken) {
  return SubscribeWorld(seed, broken, year).run();
}

}  // namespace mqfail::test
