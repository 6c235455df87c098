// SPDX-License-Identifier: Apache-2.0
// mqfail-pub in the world: lines come through a pipe, servers fail, and the ledger holds what came
// of it against delivery.md P1 to P7.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>

#include "ledger.hpp"
#include "publish/publisher.hpp"
#include "publish/spool.hpp"
#include "publish/spooled_source.hpp"
#include "saboteur.hpp"
#include "world.hpp"

namespace mqfail::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPublisherId = "00112233445566778899aabbccddeeff";

std::string read_all(int fd) {
  std::string all;
  char chunk[65536];
  while (true) {
    const ssize_t got = read(fd, chunk, sizeof chunk);
    if (got <= 0) return all;
    all.append(chunk, static_cast<std::size_t>(got));
  }
}

class PublishWorld final : public World {
 public:
  PublishWorld(std::uint64_t seed, Break broken, bool told) : World(seed, broken, told) { draw(); }
  PublishWorld(std::uint64_t seed, Break broken, const Year& year) : World(seed, broken, false) {
    draw(year);
  }
  ~PublishWorld() override {
    for (const int fd : {input_[0], input_[1], undelivered_}) {
      if (fd >= 0) close(fd);
    }
    if (!spool_.empty()) std::filesystem::remove_all(spool_);
  }

 private:
  void draw() {
    if (chance(4) || is(Break::numbers_wrong)) settings_.publisher_id = kPublisherId;
    make_servers(1 + below(4), !settings_.publisher_id.empty());
    lines_ = static_cast<std::size_t>(1 + below(chance(4) ? 300 : 60));
    settings_.topic = "t";
    settings_.qos = chance(8) ? 0 : chance(3) ? 2 : 1;
    if (chance(8)) settings_.timeout = between(1s, 20s);
    settings_.window = static_cast<std::size_t>(1 + below(chance(2) ? 8 : 100));
    settings_.drain_timeout = between(5s, 60s);
    settings_.ack_timeout = between(1s, 10s);
    settings_.delimited = true;
    failover_ = draw_failover();
    const auto count = static_cast<std::int64_t>(servers.size());
    if (count > 1 && settings_.qos > 0 && chance(4))
      settings_.acks = static_cast<std::size_t>(2 + below(count - 1));
    // With more, a server that takes none leaves too few for ever.
    if (settings_.qos == 2 && settings_.acks == 1) {
      for (const auto& server : servers) {
        if (chance(2)) server->take_no_qos_2();
      }
    }
    failover_.width = static_cast<std::int64_t>(settings_.acks);
    if (chance(4)) failover_.standbys = 1 + below(2);
    if (settings_.acks == 1 && chance(4)) draw_failback(failover_);
    if (chance(8)) settings_.max_cache_bytes = 500;
    if ((settings_.qos > 0 && chance(12)) || is(Break::settles_too_much)) {
      spool_ =
          (std::filesystem::temp_directory_path() / ("mqfail-world-" + std::to_string(getpid())))
              .string();
      std::filesystem::remove_all(spool_);
    }
    failover_.mqtt5_required = !settings_.publisher_id.empty();
    const Duration end = between(500ms, 30s);
    const Duration busy = chance(2) ? end : between(5ms, 500ms);
    draw_faults(busy, end);
    feed_input(busy);
    if (!spool_.empty()) {
      for (int kills = 1 + static_cast<int>(below(3)); kills > 0; --kills) {
        agenda.in(between(1ms, end), [this] {
          tell("kill -9");
          ++out.faults;
          killed = true;
        });
      }
    } else if (chance(6)) {
      interrupts(between(1ms, end));
      if (chance(3)) interrupts(between(1ms, end * 2));
    }
    agenda.in(end + 1000s, [this] { broke(Promise::comes_to_an_end, "it goes on for ever"); });
    begin();
  }

  void draw(const Year& year) {
    settings_.publisher_id = kPublisherId;
    make_servers(3, true);
    settings_.topic = "t";
    settings_.qos = 1;
    settings_.window = 20;
    settings_.drain_timeout = Year::kLength;
    settings_.ack_timeout = 30s;
    settings_.delimited = true;
    failover_ = draw_failover();
    failover_.bounded = false;
    failover_.backoff.cap = 5min;
    failover_.standbys = 1;
    failover_.mqtt5_required = true;
    draw_year(year);
    feed_year(year.every, year.begin + Year::kLength);
    agenda.at(year.begin + Year::kLength + 24h,
              [this] { broke(Promise::comes_to_an_end, "it goes on for ever"); });
    begin();
    settings_of_session_.connect.keepalive = Year::kKeepalive;
  }
  void feed_year(Duration every, TimePoint end) {
    agenda.in(every, [this, every, end] {
      if (agenda.now() >= end) return end_input();
      write_input(payload_of(++lines_, 10) + "\n");
      feed_year(every, end);
    });
  }

  void begin() {
    make_descriptors();
    ledger_.expect(
        {settings_.window, settings_.acks, settings_.publisher_id, settings_.qos},
        [this](Promise promise, const std::string& what) { broke(promise, what); },
        [this](const std::string& line) { tell(line); }, [this] { read_failures(); });
    failover_seed_ = dice.next();
    settings_of_session_ = session_settings();
  }

  void interrupts(Duration after) {
    agenda.in(after, [this] {
      tell("SIGINT");
      signals.push_back(SIGINT);
      interrupted_ = true;
    });
  }

  // Lines of different lengths in pieces that end anywhere, at times until `over`.
  void feed_input(Duration over) {
    std::string text;
    for (std::size_t line = 1; line <= lines_; ++line) {
      text += payload_of(line, static_cast<std::size_t>(below(chance(8) ? 1500 : 30))) + "\n";
    }
    text.resize(std::min<std::size_t>(text.size(), 60000));  // what a pipe takes without a reader
    if (const auto whole = text.rfind('\n'); whole != std::string::npos) text.resize(whole + 1);
    lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    Duration at{};
    // Every server closes the connection over one of the lines.
    if (chance(12)) {
      const auto line =
          payload_of(1 + static_cast<std::size_t>(below(static_cast<std::int64_t>(lines_))), 0);
      for (const auto& server : servers) server->be_poisoned_by(line);
    }
    while (!text.empty()) {
      const auto size =
          std::min(text.size(), static_cast<std::size_t>(1 + below(chance(3) ? 60000 : 200)));
      at += between(0us, over / 8);
      agenda.in(at, [this, piece = text.substr(0, size)] { write_input(piece); });
      text.erase(0, size);
    }
    agenda.in(at, [this] { end_input(); });
  }
  void write_input(const std::string& piece) {
    if (input_[1] < 0) return;
    if (write(input_[1], piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) {
      broke(Promise::p4_bounded, "the pipe was full, which is the world's own fault");
    }
    written_ += piece;
    ledger_.came(static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n')));
  }
  void end_input() {
    if (input_[1] >= 0) close(std::exchange(input_[1], -1));
  }

  void make_descriptors() {
    if (pipe2(input_, O_CLOEXEC | O_NONBLOCK) != 0) broke(Promise::comes_to_an_end, "no pipe");
    undelivered_ = memfd_create("undelivered", MFD_CLOEXEC);
    settings_.undelivered_fd = undelivered_;
    for (const auto& server : servers) {
      server->on_publish = [this, name = server->name](const Packet& packet, AttemptId,
                                                       bool stored) {
        if (stored) ledger_.stored(name, packet);
      };
    }
  }

  std::unique_ptr<Source> make_source() {
    auto peek = spool_.empty() ? nullptr : Peek::of(input_[0]);
    std::unique_ptr<Source> source = std::make_unique<LineSource>(input_[0], '\n', std::move(peek));
    if (!spool_.empty()) {
      auto spool = Spool::open(spool_, "t", kPublisherId);
      if (!spool) {
        broke(Promise::p6_spool, spool.error().message);
        return nullptr;
      }
      source = std::make_unique<SpooledSource>(std::move(source), std::move(*spool), *this);
    }
    return sabotaged(std::move(source), is(Break::settles_too_much));
  }

  std::size_t moved() const override { return ledger_.lines(); }
  std::optional<int> one_life() override {
    reached_ = false;
    auto mailbox = Mailbox::make();
    if (!mailbox) {
      broke(Promise::comes_to_an_end, mailbox.error().message);
      return std::nullopt;
    }
    SimulatedTransport transport(agenda, servers, **mailbox, ledger_);
    SaboteurTransport saboteur(transport, broken());
    auto source = make_source();
    if (!source) return std::nullopt;
    source_ = source.get();
    Publisher publisher(settings_, std::move(source), saboteur, *this);
    Failover failover(failover_, server_list(), Random(failover_seed_));
    Session session(settings_of_session_, std::move(failover), saboteur, **mailbox, publisher,
                    *this, agenda.now());
    const auto status = live(session, **mailbox, publisher);
    if (!status) ledger_.killed();
    return status;
  }

  // -- what a law needs to see

  void announce(const Notice& notice) override {
    World::announce(notice);
    for (const auto& [key, value] : notice.more) {
      const auto* number = std::get_if<std::int64_t>(&value);
      if (number == nullptr) continue;
      // The payload follows at once; `line` counts the lines of this life's input.
      if (notice.name == NoticeName::failed && key == "line") failure_told_ = true;
      if (notice.name == NoticeName::exit && key == "lost_max") told_lost_ = *number;
    }
    if (notice.name == NoticeName::connected) reached_ = true;
  }

  void read_failures() {
    if (!std::exchange(failure_told_, false)) return;
    char chunk[4096];
    for (ssize_t got = 0; (got = pread(undelivered_, chunk, sizeof chunk, failures_read_)) > 0;) {
      failures_ += std::string_view(chunk, static_cast<std::size_t>(got));
      failures_read_ += got;
    }
    for (std::size_t end = 0; (end = failures_.find('\n')) != std::string::npos;) {
      ledger_.failed(line_of(failures_));
      failures_.erase(0, end + 1);
    }
  }

  void look() override {
    read_failures();
    if (is(Break::reads_on)) source_->read_some(agenda.now());
    // P4: while the window is full nothing leaves the pipe.
    int left = 0;
    ioctl(input_[0], FIONREAD, &left);
    const std::size_t taken = written_.size() - static_cast<std::size_t>(left);
    if (spool_.empty() && ledger_.open_lines() > settings_.window) {
      broke(Promise::p4_bounded, "more lines are sent and unsettled than the window allows");
    }
    if (spool_.empty() && full_before_ && taken != taken_before_) {
      broke(Promise::p4_bounded, "the input was read though there was no room");
    }
    taken_before_ = taken;
    full_before_ = ledger_.open_lines() >= settings_.window;
  }
  void before_finish() override {
    // What is not written yet is no part of the input.
    end_input();
  }

  void settle_accounts(int status) override {
    read_failures();
    std::set<std::size_t> open = ledger_.unsettled();
    // An earlier life has told what failed in it.
    if (!spool_.empty()) {
      std::erase_if(open, [this](std::size_t line) { return ledger_.has_failed(line); });
    }
    tell("exit " + std::to_string(status) + ", " + std::to_string(open.size()) + " unsettled of " +
         std::to_string(ledger_.lines()));
    // After a signal the rest of the input is left where it is.
    const std::string unread = read_all(input_[0]);
    const std::size_t read =
        ledger_.lines() - static_cast<std::size_t>(std::count(unread.begin(), unread.end(), '\n'));
    if (status == 0 && !open.empty() && !(interrupted_ && *open.begin() > read)) {
      broke(settings_.acks > 1 ? Promise::p5_acks : Promise::p1_exit_status,
            "exit 0, and line " + std::to_string(*open.begin()) + " is not acknowledged");
    }
    if (!spool_.empty()) return settle_spool(status, open, unread);
    if (settings_.qos == 0 &&
        ledger_.missing() > static_cast<std::size_t>(told_lost_) + open.size()) {
      broke(Promise::p1_exit_status, std::to_string(ledger_.missing()) + " lines are lost, told " +
                                         std::to_string(told_lost_));
    }
    if (status != 0 && open.empty() && !interrupted_ && told_lost_ == 0) {
      broke(Promise::p1_exit_status,
            "exit " + std::to_string(status) + " although all are acknowledged");
    }
    if (status != 0 && status != (reached_ ? 75 : 69)) {
      broke(Promise::p1_exit_status, "exit " + std::to_string(status));
    }
    lseek(undelivered_, 0, SEEK_SET);
    std::string rest = read_all(undelivered_) + unread;
    std::multiset<std::string> left, wanted;
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;
         rest.erase(0, end + 1)) {
      left.insert(rest.substr(0, end));
    }
    if (!rest.empty()) left.insert(rest);
    std::size_t line = 0;
    for (std::size_t begin = 0; begin < written_.size();) {
      const std::size_t end = std::min(written_.find('\n', begin), written_.size());
      const bool cut = end == written_.size();  // the end of the input came within the line
      if (open.contains(++line) || (cut && !ledger_.is_settled(line))) {
        wanted.insert(written_.substr(begin, end - begin));
      }
      begin = end + 1;
    }
    if (left != wanted) {
      broke(Promise::p1_exit_status, std::to_string(left.size()) + " lines are left over, and " +
                                         std::to_string(wanted.size()) + " are unsettled");
    }
  }

  // What is not settled is in the spool or still in the pipe.
  void settle_spool(int status, const std::set<std::size_t>& open, const std::string& unread) {
    auto spool = Spool::open(spool_, "t", kPublisherId);
    if (!spool) return broke(Promise::p6_spool, spool.error().message);
    std::set<std::size_t> kept;
    Batch batch;
    Spool::Passed passed;
    std::uint64_t after = (*spool)->settled();
    while (after < (*spool)->last()) {
      batch.clear();
      (*spool)->load(after, 65536, batch, passed);
      for (std::size_t i = 0; i < batch.size(); ++i)
        kept.insert(line_of(batch.payload(batch.at(i))));
      const std::uint64_t step = batch.size() + passed.settled + passed.damaged;
      if (step == 0) break;
      after += step;
    }
    const auto lines = static_cast<std::size_t>(std::count(unread.begin(), unread.end(), '\n'));
    for (const std::size_t line : open) {
      if (kept.contains(line) || line > ledger_.lines() - lines) continue;
      broke(Promise::p6_spool, "line " + std::to_string(line) + " is lost");
    }
    // Only a line that has failed makes another status than 0 right: 69 if no server was reached.
    const bool all_done = open.empty() && kept.empty() && unread.empty();
    const int failed = reached_ ? 75 : 69;
    if (status != 0 && all_done && (status != failed || !ledger_.any_failed())) {
      broke(Promise::p1_exit_status,
            "exit " + std::to_string(status) + " although all are acknowledged");
    }
  }

  PublisherSettings settings_;
  FailoverSettings failover_;
  SessionSettings settings_of_session_;
  std::uint64_t failover_seed_ = 0;
  std::size_t lines_ = 0, taken_before_ = 0;
  bool full_before_ = false, interrupted_ = false;
  bool reached_ = false;  // a server, in this life
  std::string spool_, written_, failures_;
  off_t failures_read_ = 0;
  bool failure_told_ = false;
  int input_[2] = {-1, -1}, undelivered_ = -1;
  std::int64_t told_lost_ = 0;
  Source* source_ = nullptr;
  Ledger ledger_;
};

}  // namespace

Outcome publish_in_a_world(std::uint64_t seed, Break broken, bool told) {
  return PublishWorld(seed, broken, told).run();
}

Outcome publish_for_a_year(std::uint64_t seed, const Year& year, Break broken) {
  return PublishWorld(seed, broken, year).run();
}

}  // namespace mqfail::test
