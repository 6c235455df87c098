// SPDX-License-Identifier: Apache-2.0
#include "peers/row.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "paths.hpp"
#include "rig/events.hpp"

using rig::Clock;
using rig::Events;
using rig::Moment;
using rig::Process;
using rig::Stream;

namespace peers {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::uint32_t all_lines = 10'000;
constexpr std::uint32_t lines_before = 2'500;  ///< the fault
constexpr std::uint32_t lines_after = 1'500;   ///< all is well again, at least
constexpr auto pace = std::chrono::microseconds(500);
constexpr auto slow_pace = 10ms;  ///< when only those are left, until all is well again

bool is_lasting(Mode mode) {
  return mode == Mode::persistent || mode == Mode::persistent_failback;
}
bool fails_back(Mode mode) {
  return mode == Mode::failback || mode == Mode::persistent_failback;
}

/// What mqfail-sub gets for a mode.
Arguments arguments_of(Mode mode, const std::string& id, bool speaks_5) {
  Arguments arguments;
  const auto add = [&](const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
  };
  if (mode == Mode::warm) add({"--standby", "warm"});
  if (mode == Mode::hot) add({"--standby", "hot"});
  if (fails_back(mode))
    add({"--priority-backup", "--priority-probe-interval", "500ms", "--priority-hold", "1s"});
  if (is_lasting(mode)) add({"-i", id, "-c"});
  if (is_lasting(mode) && speaks_5) add({"-x", "600"});
  return arguments;
}

Arguments command(const std::string& tool, const std::vector<std::string>& servers,
                  const std::string& topic, const Arguments& more) {
  Arguments argv{mqfail::test::bin_dir() + "/" + tool,
                 "--events",
                 "json",
                 "-t",
                 topic,
                 "-q",
                 "1",
                 "-k",
                 "2",
                 "--startup-timeout",
                 "60s"};
  for (const std::string& server : servers) argv.insert(argv.end(), {"-s", server});
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

/// The numbered lines, for the publishers by turns. The last ones wait until all is well again.
class Input {
 public:
  explicit Input(std::vector<Process*> publishers)
      : publishers_(std::move(publishers)), thread_([this] { run(); }) {}
  ~Input() {
    if (thread_.joinable()) finish(0s);
  }
  std::uint32_t written() const { return written_; }
  void wait_for(std::uint32_t lines) const {
    const Moment end = Clock::now() + 60s;
    while (written_ < lines) {
      if (Clock::now() > end) throw rig::Broken("mqfail-pub does not read its input");
      std::this_thread::sleep_for(1ms);
    }
  }
  /// Returns when the last lines are written and the inputs are closed. A publisher that does not
  /// read for so long is killed.
  void finish(milliseconds patience = 60s) {
    finish_ = true;
    const Moment end = Clock::now() + patience;
    while (!ended_ && Clock::now() < end) std::this_thread::sleep_for(1ms);
    if (!ended_)
      for (Process* const publisher : publishers_) publisher->signal(SIGKILL);
    thread_.join();
  }

 private:
  void run() {
    Moment next = Clock::now();
    std::uint32_t end = 0;  // known when all is well again
    for (;;) {
      if (end == 0 && finish_) end = std::max(all_lines, written_ + lines_after);
      if (end != 0 && written_ >= end) break;
      const std::uint32_t number = written_ + 1;
      // A publisher that has ended early is seen by its exit status.
      publishers_[number % publishers_.size()]->write(rig::numbered_line(number) + "\n");
      written_ = number;
      const bool waits = end == 0 && number + lines_after >= all_lines;
      next += waits ? Clock::duration(slow_pace) : Clock::duration(pace);
      next = std::max(next, Clock::now());
      std::this_thread::sleep_until(next);  // the input's own beat
    }
    for (Process* const publisher : publishers_) publisher->close_stdin();
    ended_ = true;
  }

  std::vector<Process*> publishers_;
  std::atomic<std::uint32_t> written_{0};
  std::atomic<bool> finish_{false}, ended_{false};
  std::thread thread_;
};

/// The status of a program that ends by itself; it is killed after `patience`.
int status_of(Process& process, milliseconds patience) {
  auto exit = process.wait_exit(patience);
  if (!exit) {
    process.signal(SIGKILL);
    exit = process.wait_exit(10s);
  }
  return exit ? exit->status : -1;
}

/// Returns when mqfail-sub has a server again. Its back-off may be long, if the fault was.
void wait_until_back(Process& sub, Events& events) {
  const Moment end = Clock::now() + 60s;
  for (;;) {
    const std::size_t before = sub.line_count(Stream::err);
    const auto lost = events.last("lost"), subscribed = events.last("subscribed");
    if (!lost || (subscribed && subscribed->at > lost->at)) return;
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left <= 0ms || !sub.wait_for_lines(Stream::err, before + 1, left)) return;
  }
}

/// Returns when every line is printed and no copy follows, or when nothing has come for `patience`.
void wait_for_output(Process& sub, std::uint32_t lines, std::uint32_t publishers,
                     milliseconds patience) {
  const Moment end = Clock::now() + 90s;
  while (Clock::now() < end && sub.running()) {
    const std::size_t before = sub.line_count(Stream::out);
    const bool complete =
        fault::settle_printed(lines, sub.lines(Stream::out), publishers).lost == 0;
    if (!sub.wait_for_lines(Stream::out, before + 1, complete ? 1s : patience)) return;
  }
}

/// Sessions of one server each exist before the row begins, as those of a run of yesterday.
void make_sessions(const Peer& peer, const std::string& topic, const Arguments& session) {
  for (const std::string& uri : peer.uris()) {
    Arguments more = session;
    more.push_back("-E");
    const rig::Finished done = rig::run(command("mqfail-sub", {uri}, topic, more));
    if (done.exit.status != 0) throw rig::Broken("no session at " + uri + ": " + done.err);
  }
}

/// Milliseconds of all outages that the events tell of.
double outage_in(Events& events, const std::string& name, const std::string& key) {
  double sum = 0;
  for (const rig::Said& said : events.all())
    if (said.name() == name) sum += static_cast<double>(std::max(0L, said.number(key)));
  return sum;
}

/// When a frozen node thaws.
std::optional<Moment> inflict(Node& node, Fault fault, milliseconds away) {
  switch (fault) {
    case Fault::kill9:
      node.kill9();
      std::this_thread::sleep_for(away);  // the length of the outage is a part of the row
      node.start();
      break;
    case Fault::terminate:
      node.terminate();
      node.start();
      break;
    case Fault::freeze:
      node.freeze();
      std::this_thread::sleep_for(8s);
      const Moment thawed = Clock::now();
      node.thaw();
      return thawed;
  }
  return {};
}

}  // namespace

std::string name_of(Mode mode) {
  switch (mode) {
    case Mode::cold:
      return "cold";
    case Mode::warm:
      return "warm";
    case Mode::hot:
      return "hot";
    case Mode::failback:
      return "failback";
    case Mode::persistent:
      return "persistent";
    case Mode::persistent_failback:
      return "persistent, failback";
  }
  return {};
}

std::string name_of(Fault fault) {
  switch (fault) {
    case Fault::kill9:
      return "kill -9";
    case Fault::terminate:
      return "SIGTERM";
    case Fault::freeze:
      return "SIGSTOP 8 s";
  }
  return {};
}

Outcome run_row(Peer& peer, const Row& row, std::size_t number) {
  peer.become(row.form);
  wait_until_whole(peer);
  const std::vector<std::string> uris = peer.uris();
  const std::string topic = "row/" + std::to_string(number);
  Arguments session =
      arguments_of(row.mode, "mqfail-row-" + std::to_string(number), peer.speaks_5());
  const Arguments name = peer.shares_sessions() && row.named ? Arguments{"--cluster"} : Arguments{};
  session.insert(session.end(), name.begin(), name.end());
  if (is_lasting(row.mode) && !peer.shares_sessions()) make_sessions(peer, topic, session);

  Process sub(command("mqfail-sub", uris, topic, session));
  Events events(sub);
  for (std::size_t i = 0; i < (row.mode == Mode::hot ? uris.size() : 1); ++i)
    if (!events.wait("subscribed", 60s))
      throw rig::Broken("mqfail-sub does not subscribe: " + sub.bytes(Stream::err));
  if (row.mode == Mode::warm && !events.wait("standby-ready", 60s))
    throw rig::Broken("mqfail-sub has no standby: " + sub.bytes(Stream::err));

  Outcome outcome;
  Measured& measured = outcome.measured;
  std::vector<std::unique_ptr<Process>> pubs;
  std::vector<Process*> publishers;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    std::vector<std::string> own = uris;
    std::rotate(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(i), own.end());
    Arguments more{"-l", "--drain-timeout", "60s"};
    more.insert(more.end(), name.begin(), name.end());
    pubs.push_back(std::make_unique<Process>(
        rig::Command{.argv = command("mqfail-pub", own, topic, more), .stdin_pipe = true}));
    publishers.push_back(pubs.back().get());
  }
  {
    Input input(publishers);
    input.wait_for(lines_before);
    measured.before = fault::settle_printed(all_lines, sub.lines(Stream::out),
                                            static_cast<std::uint32_t>(publishers.size()));
    measured.thawed = inflict(*peer.nodes()[row.node], row.fault, row.away);
    wait_until_whole(peer);
    if (row.mode != Mode::hot) wait_until_back(sub, events);
    if (fails_back(row.mode))
      measured.returned = events.wait("failback", row.promise.returns ? 60s : 10s).has_value();
    input.finish();
    measured.lines = input.written();
  }
  for (Process* const pub : publishers)
    measured.publishers_statuses.push_back(status_of(*pub, 70s));
  const auto count = static_cast<std::uint32_t>(publishers.size());
  wait_for_output(sub, measured.lines, count, row.promise.loss == Loss::none ? 30s : 3s);
  sub.signal(SIGTERM);
  measured.status = status_of(sub, 15s);
  measured.printed = fault::settle_printed(measured.lines, sub.lines(Stream::out), count);
  measured.failovers = events.count("failover");
  measured.connections_ended = events.count("lost") + events.count("failback");
  measured.felt = events.count("lost") != 0;
  const auto end = events.last("exit");
  measured.told = end && end->number("gaps") > 0;
  measured.outage = outage_in(events, "gap", "dur_ms") / 1000;
  outcome.events = sub.bytes(Stream::err);
  for (Process* const pub : publishers) {
    Events of_pub(*pub);
    measured.publishers_failovers += of_pub.count("failover");
    measured.connections_ended += of_pub.count("lost");
    measured.outage += outage_in(of_pub, "connected", "outage_ms") / 1000;
    outcome.events += pub->bytes(Stream::err);
  }
  outcome.violations = violations(measured, row.promise);
  return outcome;
}

}  // namespace peers
