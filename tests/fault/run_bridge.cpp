// SPDX-License-Identifier: Apache-2.0
// Runs a bridge `mqfail-sub --ack-from F | filter | mqfail-pub --ack-to F` from two servers to two
// others under a schedule of faults that follows from a seed, and checks that every line arrives:
// `run_bridge [--seeds FIRST-LAST] [--lines N]`. A failure names its seed.
//
// What is killed: each of the three processes (-9 and TERM), each of the four servers (-9 and
// TERM; some freeze instead). The FIFO is removed, or made again. All of that may overlap, with one
// bound: a server on the source side that is killed forgets what it holds, which is a loss that no
// client can prevent. So each line is published to both (--acks 2), the bridge reads both
// (--standby hot), and a source may be killed only if the other one has been in step since its own
// last death: the bridge has its session there again, and what had been published by then has
// arrived. Under that bound a line that does not arrive is the bridge's fault.
//
// Doubled lines: what was in the pipe when one of the three ended comes again (delivery.md S9),
// and what a destination had not acknowledged goes to the next one (P2). A reader that knows the
// numbers prints each line once: what the destinations delivered is sent to one more mqfail-sub,
// which must not print a line twice. One run in four has no numbers.
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "fault/destination.hpp"
#include "fault/pipeline.hpp"
#include "fault/printed.hpp"
#include "paths.hpp"
#include "rig/events.hpp"
#include "rig/sanitizer.hpp"

using namespace rig;
using fault::Pipeline;

namespace {

using Arguments = std::vector<std::string>;

struct Options {
  std::uint64_t first = 1, last = 5;
  std::uint32_t lines = 3'000;
};

// How far the input may be ahead of what has arrived, so that there is traffic while the faults
// last.
constexpr std::uint32_t kAhead = 1000;

Arguments command(const std::string& tool, const Arguments& arguments) {
  Arguments argv{mqfail::test::bin_dir() + "/" + tool,
                 "--events",
                 "json",
                 "-k",
                 "1",
                 "--stable",
                 "100ms",
                 "--max-reconnect-delay",
                 "200ms"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

/// A server on the source side, and whether the other one may be killed.
struct Source {
  Mosquitto server{{.lines = {"max_queued_messages 0"}}};
  enum class State { in_step, frozen, dead, waits_for_the_bridge, catches_up } state{};
  std::uint32_t catches_up_to = 0;
};

/// Numbered lines for the publisher.
class Input {
 public:
  Input(Process& to, fault::Record& record, std::uint32_t lines)
      : to_(to), record_(record), lines_(lines), thread_([this] { run(); }) {}
  ~Input() {
    stop_ = true;
    if (!done_) to_.signal(SIGKILL);  // the thread may wait for it
    thread_.join();
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  std::uint32_t written() const { return written_; }

 private:
  void run() {
    Moment next = Clock::now();
    while (!stop_ && written_ < lines_) {
      if (written_ >= record_.distinct() + kAhead) {
        record_.wait_for_more(100ms);
        continue;
      }
      std::string some;
      const std::uint32_t last = std::min(written_ + 5, lines_);
      for (std::uint32_t i = written_ + 1; i <= last; ++i) some += numbered_line(i) + "\n";
      if (!to_.write(some)) break;
      written_ = last;
      next = std::max(next + 2ms, Clock::now());
      std::this_thread::sleep_until(next);  // the input's own beat, nobody waits on it
    }
    to_.close_stdin();
    done_ = true;
  }

  Process& to_;
  fault::Record& record_;
  const std::uint32_t lines_;
  std::atomic<bool> stop_{false}, done_{false};
  std::atomic<std::uint32_t> written_{0};
  std::thread thread_;
};

class Run {
 public:
  Run(std::uint64_t seed, const Options& options)
      : seed_(seed),
        lines_(options.lines),
        dice_(seed),
        numbers_(!dice_.one_in(4)),
        qos_(dice_.one_in(4) ? "2" : "1"),
        with_jq_(dice_.one_in(2)),
        record_(lines_) {}

  bool survives() {
    pipeline_ = std::make_unique<Pipeline>(bridge());
    charge(until([&] { return is_subscribed(a_) && is_subscribed(b_); }), "does not subscribe");
    Arguments argv = command(
        "mqfail-pub", {"-s", a_.server.uri(), "-s", b_.server.uri(), "-t", "in", "-l", "-q", qos_,
                       "--acks", "2", "--ack-timeout", "2s", "--drain-timeout", "60s"});
    if (numbers_) argv.push_back("--sequence");
    Process publisher({.argv = argv, .stdin_pipe = true});
    Input input(publisher, record_, lines_);
    input_ = &input;
    const std::size_t faults = dice_.between(6, 14);
    for (std::size_t i = 0; i < faults && charges_.empty(); ++i) {
      // Some faults come at once, while the bridge still recovers from the last one.
      const bool at_once = i != 0 && dice_.one_in(3);
      const auto wanted = record_.distinct() + static_cast<std::uint32_t>(dice_.between(1, 300));
      if (!at_once)
        charge(until([&] { return record_.distinct() >= std::min(wanted, lines_); }),
               "the bridge stands still");
      strike();
    }
    charge(until([&] { return record_.has_all_to(lines_); }), "LOST: not all lines arrive");
    charge(until([&] { return !publisher.running(); }), "the publisher does not end");
    charge(until([&] { return repairs_.empty(); }), "the rig does not repair all");
    if (!publisher.running())
      charge(publisher.wait_exit(1s)->status == 0, "the publisher does not succeed");
    pipeline_->finish(20s * kSlower);
    settle();
    return charges_.empty();
  }

 private:
  Pipeline::Commands bridge() {
    const std::string fifo = this->fifo();
    Arguments filter{"sed", "-u", "s/\"topic\":\"/&out\\//"};
    if (with_jq_) filter = {"jq", "-c", "--unbuffered", ".topic = \"out/\" + .topic"};
    return {command("mqfail-sub",
                    {"-s", a_.server.uri(), "-s", b_.server.uri(), "-t", "in", "-q", qos_, "-c",
                     "-i", "bridge", "--standby", "hot", "--json", "--ack-from", fifo}),
            filter,
            command("mqfail-pub", {"-s", c_.uri(), "-s", d_.uri(), "--json", "--ack-to", fifo,
                                   "--ack-timeout", "2s", "--drain-timeout", "3s"})};
  }
  std::string fifo() const { return (scratch_ / "acks").string(); }
  static bool is_subscribed(Source& source) {
    return source.server.wait_for_subscriber("bridge.*", 0ms);
  }

  void charge(bool ok, const std::string& what) {
    if (!ok) charges_.push_back(what);
  }

  // Tends everything until `pleases` is true; false if that takes too long.
  bool until(const std::function<bool()>& pleases) {
    const Moment end = Clock::now() + 60s * kSlower;
    while (!pleases()) {
      if (Clock::now() > end) return false;
      tend();
      record_.wait_for_more(10ms);
    }
    return true;
  }

  void tend() {
    pipeline_->tend();
    for (std::size_t i = 0; i < repairs_.size();) {
      if (Clock::now() < repairs_[i].first) {
        ++i;
        continue;
      }
      const auto repair = std::move(repairs_[i].second);
      repairs_.erase(repairs_.begin() + static_cast<std::ptrdiff_t>(i));
      repair();
    }
    for (Source* source : {&a_, &b_}) {
      if (source->state == Source::State::waits_for_the_bridge && is_subscribed(*source)) {
        source->state = Source::State::catches_up;
        source->catches_up_to = input_->written();
      }
      if (source->state == Source::State::catches_up && record_.has_all_to(source->catches_up_to))
        source->state = Source::State::in_step;
    }
  }

  void later(std::uint64_t low, std::uint64_t high, std::function<void()> repair) {
    repairs_.emplace_back(Clock::now() + milliseconds(dice_.between(low, high)), std::move(repair));
  }

  void strike() {
    switch (dice_.between(0, 9)) {
      case 0:
      case 1:
        return strike_source();
      case 2:
      case 3:
      case 4:
        return strike_destination();
      case 5:
        return strike_fifo();
      default:
        return strike_process();
    }
  }

  void strike_process() {
    const auto part = static_cast<Pipeline::Part>(dice_.between(0, 2));
    const int signal = dice_.one_in(3) ? SIGTERM : SIGKILL;
    story_ += std::string(signal == SIGTERM ? " term-" : " kill-") + Pipeline::kNames[part];
    pipeline_->signal(part, signal);
  }

  void strike_fifo() {
    const bool again = dice_.one_in(2);
    story_ += again ? " new-fifo" : " no-fifo";
    std::filesystem::remove(fifo());
    // One of mqfail that starts at this moment may be the first.
    if (again && mkfifo(fifo().c_str(), 0600) != 0 && errno != EEXIST) throw Broken("mkfifo");
  }

  void strike_source() {
    Source& source = dice_.one_in(2) ? a_ : b_;
    const int kind = static_cast<int>(dice_.between(0, 3));
    charge(until([&] {
             return a_.state == Source::State::in_step && b_.state == Source::State::in_step;
           }),
           "the bridge does not come back to a source");
    story_ += &source == &a_ ? " A" : " B";
    if (kind == 0) {
      story_ += "-freezes";
      source.state = Source::State::frozen;
      source.server.freeze();
      return later(300, 3000, [&source] {
        source.server.thaw();
        source.state = Source::State::in_step;
      });
    }
    story_ += kind == 1 ? "-ends" : "-dies";
    if (kind == 1)
      source.server.terminate();
    else
      source.server.kill9();
    source.state = Source::State::dead;
    later(10, 800, [&source] {
      source.server.restart();
      source.state = Source::State::waits_for_the_bridge;
    });
  }

  void strike_destination() {
    const bool first = dice_.one_in(2);
    fault::Destination& destination = first ? c_ : d_;
    bool& down = first ? c_down_ : d_down_;
    const int kind = static_cast<int>(dice_.between(0, 3));
    charge(until([&] { return !down; }), "the rig does not repair a destination");
    story_ += first ? " C" : " D";
    down = true;
    if (kind == 0) {
      story_ += "-freezes";
      destination.freeze();
      return later(300, 4000, [&destination, &down] {
        destination.thaw();
        down = false;
      });
    }
    story_ += kind == 1 ? "-ends" : "-dies";
    destination.kill(kind == 1 ? SIGTERM : SIGKILL);
    later(10, 1500, [&destination, &down] {
      destination.rise();
      down = false;
    });
  }

  // What a reader prints that knows the numbers, of all that the destinations have delivered.
  fault::Printed read_once(const std::vector<Recorded>& all) {
    Mosquitto server({.lines = {"max_queued_messages 0"}});
    Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "#", "-q", "1", "-i", "once"}));
    charge(server.wait_for_subscriber("once"), "the last reader does not subscribe");
    Client client(server.port(), {"again", 5, true, {}, {}});
    for (const Recorded& one : all) {
      Publish publish = one.publish;
      publish.qos = 1;
      client.publish(publish);
    }
    client.publish({.topic = "end", .payload = "end", .qos = 1});
    charge(reader.wait_for_line(Stream::out, "^end$", 20s * kSlower).has_value(),
           "the last reader does not print all");
    std::vector<Line> lines = reader.lines(Stream::out);
    if (!lines.empty()) lines.pop_back();
    return fault::settle_printed(lines_, lines);
  }

  void settle() {
    const std::vector<Recorded> all = record_.all();
    std::vector<Line> lines;
    lines.reserve(all.size());
    for (const Recorded& one : all) lines.push_back({one.publish.payload, one.at});
    const fault::Printed arrived = fault::settle_printed(lines_, lines);
    charge(arrived.lost == 0, "lines are lost");
    charge(arrived.corrupt == 0, "lines are damaged");
    const int connections = c_.connections() + d_.connections();
    charge(arrived.duplicated == 0 || pipeline_->starts() > 1 || connections > 1,
           "lines are doubled, and nothing has happened to the bridge");
    std::string once = "no numbers";
    if (numbers_) {
      const fault::Printed printed = read_once(all);
      charge(printed.duplicated == 0, "lines are doubled in spite of their numbers");
      charge(printed.lost == 0, "a reader that knows the numbers leaves lines out");
      once = "with numbers " + std::to_string(printed.duplicated);
    }
    for (const std::string& fault : pipeline_->faults()) charges_.push_back(fault);
    std::printf(
        "seed %3llu  %4.1f s  lost %zu/%u  doubled %4zu (%s)  out of order %zu  starts %zu"
        "  connections %d  late %ld  qos %s %s:%s\n",
        static_cast<unsigned long long>(seed_), seconds_between(begun_, Clock::now()), arrived.lost,
        lines_, arrived.duplicated, once.c_str(), arrived.reordered, pipeline_->starts(),
        connections, pipeline_->total("late"), qos_.c_str(), with_jq_ ? "jq" : "sed",
        story_.c_str());
    for (const std::string& what : charges_) std::printf("  FAILED: %s\n", what.c_str());
    if (!charges_.empty()) std::printf("%s", pipeline_->last_words().c_str());
    std::fflush(stdout);
  }

  const std::uint64_t seed_;
  const std::uint32_t lines_;
  Dice dice_;
  const bool numbers_;
  const std::string qos_;
  const bool with_jq_;
  const Moment begun_ = Clock::now();
  Scratch scratch_;
  fault::Record record_;
  Source a_, b_;
  fault::Destination c_{record_}, d_{record_};
  bool c_down_ = false, d_down_ = false;
  std::unique_ptr<Pipeline> pipeline_;
  const Input* input_ = nullptr;
  std::vector<std::pair<Moment, std::function<void()>>> repairs_;
  std::vector<std::string> charges_;  ///< what the run has done wrong
  std::string story_;
};

Options options_of(int argc, char** argv) {
  Options options;
  // The long version of the test suite asks for the whole through the environment.
  if (const char* full = std::getenv("MQFAIL_FULL"); full != nullptr && *full == '1')
    options = {.first = 1, .last = 300, .lines = 5'000};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    char* rest = argv[i + 1];
    if (name == "--seeds") {
      options.first = options.last = std::strtoull(rest, &rest, 10);
      if (*rest == '-') options.last = std::strtoull(rest + 1, nullptr, 10);
    } else if (name == "--lines") {
      options.lines = static_cast<std::uint32_t>(std::strtoul(rest, nullptr, 10));
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  if (argc % 2 == 0 || options.lines < 100 || options.last < options.first) {
    std::fprintf(stderr, "usage: run_bridge [--seeds FIRST-LAST] [--lines N]\n");
    return 2;
  }
  std::size_t failed = 0;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    try {
      if (!Run(seed, options).survives()) ++failed;
    } catch (const Broken& broken) {
      std::printf("seed %llu: the rig failed: %s\n", static_cast<unsigned long long>(seed),
                  broken.what());
      ++failed;
    }
  }
  const unsigned long long seeds = options.last - options.first + 1;
  std::printf("%llu seeds, %zu failed\n", seeds, failed);
  return failed == 0 ? 0 : 1;
}
