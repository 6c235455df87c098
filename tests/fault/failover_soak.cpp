// SPDX-License-Identifier: Apache-2.0
// Many failovers in one process, for each way to use several servers. The servers end a connection
// without a DISCONNECT, at times over a message that they have not acknowledged. Descriptors and
// threads stay the same, resident memory stays within 1 MiB, and no message is lost.
#include <cstdlib>
#include <filesystem>
#include <list>
#include <thread>

#include "end_to_end/tools.hpp"
#include "fault/wrapped.hpp"

using namespace rig;

namespace {

constexpr int kWarm = 200;          // failovers; by then everything that is kept has been made
constexpr long kMostGrowth = 1024;  // KiB
const Arguments kAtOnce{"--initial-reconnect-delay", "0ms", "--stable", "0ms", "--events", "json"};

int failovers_wanted() {
  return kWarm + (is_full_run() ? 10'000 : 500);
}

std::string folder_of(const Process& process) {
  return "/proc/" + std::to_string(process.pid());
}

std::size_t entries(const std::string& folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// What the process has open, for a failure to tell.
std::string open_files(const Process& process) {
  std::string all;
  for (const auto& one : std::filesystem::directory_iterator(folder_of(process) + "/fd")) {
    std::error_code gone;
    all += one.path().filename().string() + " " +
           std::filesystem::read_symlink(one.path(), gone).string() + "\n";
  }
  return all;
}

struct Inventory {
  std::size_t descriptors = 0, threads = 0;
  long kib = 0;
};

Inventory take_stock(const Process& process) {
  const std::string folder = folder_of(process);
  const std::string status = read_file(folder + "/status");
  const std::size_t at = status.find("VmRSS:");
  BOOST_REQUIRE(at != std::string::npos);
  return {entries(folder + "/fd"), entries(folder + "/task"),
          std::strtol(status.c_str() + at + 6, nullptr, 10)};
}

// Compares the process after its last failover with the same process after kWarm of them. What a
// connection leaves behind is closed a moment after the next one works, so the fewest of several
// looks count before, and the end is waited for.
class Comparison {
 public:
  explicit Comparison(const Process& process) : process_(process) {}

  /// Is called while a message of failover `number` is settled.
  void look(int number) {
    if (number < kWarm || number >= kWarm + 20) return;
    const Inventory now = take_stock(process_);
    if (number == kWarm) before_ = now;
    before_.descriptors = std::min(before_.descriptors, now.descriptors);
    before_.threads = std::min(before_.threads, now.threads);
  }
  /// Is called while the last message is settled.
  void judge(const std::string& kind, int failovers) const {
    Inventory after = take_stock(process_);
    const auto settled = [&] {
      return after.descriptors <= before_.descriptors && after.threads <= before_.threads;
    };
    for (const Moment end = Clock::now() + 5s * kSlower; !settled() && Clock::now() < end;) {
      std::this_thread::yield();
      after = take_stock(process_);
    }
    BOOST_TEST(after.descriptors == before_.descriptors,
               after.descriptors << " descriptors, before " << before_.descriptors << ":\n"
                                 << open_files(process_));
    BOOST_TEST(after.threads == before_.threads);
    BOOST_TEST(fault::memory_within(after.kib, before_.kib + kMostGrowth + 1),
               after.kib << " KiB, before " << before_.kib);
    std::printf("%-10s %5d failovers: %zu descriptors, %zu threads, %ld to %ld KiB\n", kind.c_str(),
                failovers, after.descriptors, after.threads, before_.kib, after.kib);
    std::fflush(stdout);
  }

 private:
  const Process& process_;
  Inventory before_;
};

Arguments with_servers(Arguments arguments, const std::list<ScriptedServer>& servers) {
  for (const ScriptedServer& server : servers)
    arguments.insert(arguments.end(), {"-s", server.uri()});
  arguments.insert(arguments.end(), kAtOnce.begin(), kAtOnce.end());
  return arguments;
}

Publish numbered(int number) {
  return {.topic = "t",
          .payload = std::to_string(number),
          .qos = 1,
          .properties = {{property::user, 0, "00112233445566778899aabbccddeeff", "mqfail-id"},
                         {property::user, 0, std::to_string(number), "mqfail-seq"}}};
}

bool is_ready(const std::string& event) {
  return event.find("standby-ready") != std::string::npos;
}

std::string numbers_to(int last) {
  std::string all;
  for (int number = 1; number <= last; ++number) all += std::to_string(number) + "\n";
  return all;
}

// A reader with one server in use: each failover is followed by a subscription and a message. With
// a standby, the next server is lost only when its connection is ready.
void read_from_one(const std::string& kind, const Arguments& more, bool with_standby) {
  std::list<ScriptedServer> servers(2);
  Scratch scratch;
  const std::string printed = (scratch / "printed").string();
  Arguments arguments{"-t", "t", "-q", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Process reader(
      {.argv = command("mqfail-sub", with_servers(arguments, servers)), .stdout_file = printed});
  Comparison comparison(reader);
  const int failovers = failovers_wanted();
  std::size_t told = 0;  // events before the last loss
  for (int i = 0; i <= failovers; ++i) {
    ScriptedServer& now = i % 2 == 0 ? servers.front() : servers.back();
    BOOST_REQUIRE(now.wait_for(What::subscribe));
    if (with_standby) BOOST_REQUIRE(reader.wait_for_line(Stream::err, is_ready, 10s, told));
    now.publish(numbered(i + 1));
    BOOST_REQUIRE(now.wait_for(What::ack));
    comparison.look(i);
    if (i == failovers) break;
    for (ScriptedServer& server : servers) server.forget();
    told = reader.line_count(Stream::err);
    now.close_all();
  }
  comparison.judge(kind, failovers);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(read_file(printed) == numbers_to(failovers + 1));
}

// A reader of two servers at once, of which one and then the other goes for a moment. The other one
// brings a message meanwhile.
void read_from_both() {
  std::list<ScriptedServer> servers(2);
  Scratch scratch;
  const std::string printed = (scratch / "printed").string();
  Process reader(
      {.argv =
           command("mqfail-sub", with_servers({"-t", "t", "-q", "1", "--standby", "hot"}, servers)),
       .stdout_file = printed});
  Comparison comparison(reader);
  const int failovers = failovers_wanted();
  for (ScriptedServer& server : servers) BOOST_REQUIRE(server.wait_for(What::subscribe));
  int number = 0;
  for (int i = 0; i <= failovers; ++i) {
    ScriptedServer& lost = i % 2 == 0 ? servers.front() : servers.back();
    ScriptedServer& left = i % 2 == 0 ? servers.back() : servers.front();
    for (ScriptedServer& server : servers) server.forget();
    ++number;
    for (ScriptedServer& server : servers) server.publish(numbered(number));
    for (ScriptedServer& server : servers) BOOST_REQUIRE(server.wait_for(What::ack));
    comparison.look(i);
    if (i == failovers) break;
    lost.close_all();
    left.publish(numbered(++number));
    BOOST_REQUIRE(left.wait_for(What::ack, 2));
    BOOST_REQUIRE(lost.wait_for(What::subscribe));
  }
  comparison.judge("sub hot", failovers);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(read_file(printed) == numbers_to(number));
}

// A writer whose server goes after each line; at every third line before it has acknowledged it.
class Writing {
 public:
  Writing(const Arguments& more, std::size_t acks) : servers_(acks + 1), acks_(acks) {
    Arguments arguments{"-t", "t", "-q", "1", "-l", "--acks", std::to_string(acks)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    writer_.emplace(Command{.argv = command("mqfail-pub", with_servers(arguments, servers_)),
                            .stdin_pipe = true});
  }

  void soak(const std::string& kind) {
    Comparison comparison(*writer_);
    const int failovers = failovers_wanted();
    BOOST_REQUIRE(settled(1));
    for (int i = 0; i < failovers; ++i) {
      ScriptedServer& victim = **std::next(acknowledged_.begin(), i % static_cast<int>(acks_));
      const bool over_the_line = i % 3 == 2;
      if (over_the_line) refuse_by_closing(victim, true);
      for (ScriptedServer& server : servers_) server.forget();
      if (!over_the_line) victim.close_all();
      BOOST_REQUIRE_MESSAGE(settled(i + 2), "line " << i + 2);
      if (over_the_line) refuse_by_closing(victim, false);
      comparison.look(i);
    }
    comparison.judge(kind, failovers);
    writer_->close_stdin();
    CHECK_STATUS(*writer_, 0);
  }

 private:
  static void refuse_by_closing(ScriptedServer& server, bool on) {
    server.change([on](Script& script) {
      script.highest_qos = on ? 0 : 2;
      script.then = on ? Then::close : Then::nothing;
    });
  }
  // Writes a line and waits until enough servers have acknowledged it.
  bool settled(int number) {
    const std::string line = std::to_string(number);
    if (!writer_->write(line + "\n")) return false;
    for (const Moment end = Clock::now() + 20s * kSlower; Clock::now() < end;) {
      acknowledged_.clear();
      for (ScriptedServer& server : servers_) {
        const auto has_line = [&](const std::vector<Seen>& log) {
          return std::any_of(log.begin(), log.end(), [&](const Seen& seen) {
            return seen.what == What::acknowledged && seen.publish.payload == line;
          });
        };
        if (server.wait_until(has_line, 1ms)) acknowledged_.push_back(&server);
      }
      if (acknowledged_.size() >= acks_) return true;
    }
    return false;
  }

  std::list<ScriptedServer> servers_;
  const std::size_t acks_;
  std::vector<ScriptedServer*> acknowledged_;  // the servers that have acknowledged the last line
  std::optional<Process> writer_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_leaves_nothing_behind) {
  read_from_one("sub cold", {}, false);
}

BOOST_AUTO_TEST_CASE(a_reader_with_a_standby_leaves_nothing_behind) {
  read_from_one("sub warm", {"--standby", "warm"}, true);
}

BOOST_AUTO_TEST_CASE(a_reader_of_all_servers_leaves_nothing_behind) {
  read_from_both();
}

BOOST_AUTO_TEST_CASE(a_writer_leaves_nothing_behind) {
  Writing({}, 1).soak("pub");
}

BOOST_AUTO_TEST_CASE(a_writer_with_a_spool_leaves_nothing_behind) {
  Scratch scratch;
  Writing({"--spool", (scratch / "spool").string()}, 1).soak("pub spool");
}

BOOST_AUTO_TEST_CASE(a_writer_to_two_of_three_servers_leaves_nothing_behind) {
  Writing({}, 2).soak("pub acks 2");
}
