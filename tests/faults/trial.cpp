// SPDX-License-Identifier: Apache-2.0
#include "faults/trial.hpp"

#include <algorithm>
#include <csignal>
#include <set>

#include "fault/printed.hpp"
#include "paths.hpp"
#include "rig/sanitizer.hpp"

namespace faults {

using namespace rig;

namespace {

constexpr std::size_t kWindow = 100;

/// The numbers that a client has acknowledged.
std::vector<std::uint32_t> acknowledged_by_client(ScriptedServer& server) {
  std::vector<std::uint32_t> numbers;
  for (const Seen& seen : server.log()) {
    if (seen.what != What::ack) continue;
    if (const auto number = number_of(seen.publish.payload)) numbers.push_back(*number);
  }
  return numbers;
}

bool says_missing(Events& events) {
  for (const Said& said : events.all()) {
    if (said.name() == "gap" &&
        (said.get("may_be_missing") == "true" || said.number("missing") > 0))
      return true;
    if (said.name() == "exit" && (said.number("gaps") > 0 || said.number("missing") > 0))
      return true;
  }
  return false;
}

}  // namespace

int open_descriptors(pid_t pid) {
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator at("/proc/" + std::to_string(pid) + "/fd", error), end;
       !error && at != end; at.increment(error))
    ++count;
  return count;
}

std::string uri(std::uint16_t port) {
  return "mqtt://127.0.0.1:" + std::to_string(port);
}

std::string lines_of(std::uint32_t first, std::uint32_t last, std::size_t length) {
  std::string all;
  for (std::uint32_t i = first; i <= last; ++i) all += numbered_line(i, length) + "\n";
  return all;
}

std::vector<Line> lines_in(const std::string& file) {
  std::vector<Line> lines;
  const std::string all = read_file(file);
  for (std::size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back({all.substr(at, end - at), Moment()});
  return lines;
}

Arguments operator+(Arguments one, const Arguments& more) {
  one.insert(one.end(), more.begin(), more.end());
  return one;
}

Running::Running(Record& record, Command command)
    : process(std::move(command)), record_(record), onlooker_([this] { look(); }) {}

Running::~Running() {
  look_no_more();
  record_.said += process.bytes(Stream::err);
}

void Running::look() {
  // The bound of memory and descriptors holds at every moment, so there is no event to wait for.
  std::error_code ignored;
  const auto ours = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string theirs = "/proc/" + std::to_string(process.pid()) + "/exe";
  do {
    // Until it has become the command it is a copy of this process.
    if (std::filesystem::read_symlink(theirs, ignored) == ours) continue;
    peak_kib_ = std::max(peak_kib_, process.peak_kib());
    descriptors_ = std::max(descriptors_, open_descriptors(process.pid()));
  } while (!process.wait_exit(5ms) && !ended_);
}

void Running::look_no_more() {
  if (!onlooker_.joinable()) return;
  ended_ = true;
  onlooker_.join();
  record_.peak_kib = std::max(record_.peak_kib, peak_kib_);
  record_.descriptors = std::max(record_.descriptors, descriptors_);
}

int Running::end(milliseconds patience) {
  const auto exit = process.wait_exit(patience * kSlower);
  record_.check(exit.has_value(), "did not end");
  if (!exit) process.signal(SIGKILL), process.wait_exit(5s);
  look_no_more();
  record_.exits.push_back(exit ? exit->status : -1);
  if (exit) record_.cpu += exit->cpu_seconds();
  for (const Said& said : events.all()) ++record_.events[said.name()];
  if (!events.all().empty())  // of a command that has events
    for (const std::string& bad : events.bad_lines())
      record_.check(false, "no JSON line on stderr: " + bad.substr(0, 80));
  return record_.exits.back();
}

std::optional<Said> Running::told(const std::string& event, milliseconds patience) {
  return told(
      event, [](const Said&) { return true; }, patience);
}

std::optional<Said> Running::told(const std::string& event,
                                  const std::function<bool(const Said&)>& pleases,
                                  milliseconds patience) {
  auto said = events.wait(event, pleases, patience * kSlower);
  record_.check(said.has_value(), "no event " + event + " in time");
  return said;
}

long Running::number(const std::string& event, const std::string& key) {
  const auto last = events.last(event);
  return last ? last->number(key) : -1;
}

Trial::Trial() {
  try {
    // Where a command that has no list goes.
    stranger_ = std::make_unique<ScriptedServer>(Script(), std::uint16_t{1883});
  } catch (const Broken&) {
    stranger_ = std::make_unique<ScriptedServer>();  // somebody else's network
  }
}

Trial::~Trial() = default;

Authority& Trial::authority() {
  if (!authority_) authority_ = std::make_unique<Authority>();
  return *authority_;
}

Over Trial::tls() {
  if (!issued_) issued_ = authority().issue();
  return {.tls = &*issued_};
}

Scripted& Trial::scripted(Script script, const Over& over) {
  auto made = std::make_unique<Scripted>(std::move(script), ++logins_, over);
  Scripted& server = *made;
  servers_.push_back(std::move(made));
  return server;
}

Real& Trial::real(MosquittoSettings settings) {
  auto made = std::make_unique<Real>(std::move(settings));
  Real& server = *made;
  servers_.push_back(std::move(made));
  return server;
}

Bare& Trial::bare(MosquittoSettings settings) {
  auto made = std::make_unique<Bare>(std::move(settings));
  Bare& server = *made;
  servers_.push_back(std::move(made));
  return server;
}

Scripted& Trial::apart(Script script) {
  auto made = std::make_unique<Scripted>(std::move(script), ++logins_);
  Scripted& server = *made;
  apart_.push_back(std::move(made));
  return server;
}

std::vector<Server*> Trial::all() const {
  std::vector<Server*> all;
  for (const auto& server : servers_) all.push_back(server.get());
  return all;
}

Arguments Trial::servers() const {
  Arguments all;
  for (const auto& server : servers_) all = all + Arguments{"-s", server->uri()};
  return all;
}

std::unique_ptr<Running> Trial::run(Command command) {
  return std::make_unique<Running>(record, std::move(command));
}

std::unique_ptr<Running> Trial::pub(const Arguments& options, const Arguments& before) {
  return run({.argv = before + pub_command() + servers() + options, .stdin_pipe = true});
}

Arguments Trial::pub_command() const {
  return {mqfail::test::bin_dir() + "/mqfail-pub",
          "--events",
          "json",
          "-t",
          "t",
          "-l",
          "-k",
          "1",
          "--undelivered",
          path("undelivered")};
}

std::unique_ptr<Running> Trial::sub(const Arguments& options, const Arguments& before) {
  return run({.argv = before + sub_command() + servers() + options});
}

Arguments Trial::sub_command() const {
  return {mqfail::test::bin_dir() + "/mqfail-sub", "--events", "json", "-t", "t", "-k", "1"};
}

std::size_t Trial::settle(std::uint32_t lines, int status, int copies) {
  std::vector<fault::Book> books;
  for (const auto& server : servers_) {
    books.push_back(server->book());
    for (const Passed& passed : books.back().passed) first_line_ = std::min(first_line_, passed.at);
  }
  const std::string file = path("undelivered");
  const std::string left = std::filesystem::exists(file) ? read_file(file) : "";
  const fault::Account account = fault::settle(lines, books, left);
  record.lines = lines;
  record.lost += account.lost;
  if (status == 0) record.silent += account.lost;
  record.reordered += account.reordered + account.left_over_wrong;
  record.corrupt += account.corrupt;
  record.gap = std::max(record.gap.value_or(0), account.longest_gap);
  if (copies == 1) {
    record.doubled += account.duplicated;
  } else {
    std::map<std::uint32_t, int> holders;
    for (const fault::Book& book : books) {
      record.doubled += fault::settle(lines, {book}, "").duplicated;
      std::set<std::uint32_t> here;
      for (const Passed& passed : book.passed)
        if (passed.acknowledged) here.insert(number_of(passed.payload).value_or(0));
      for (const std::uint32_t number : here) ++holders[number];
    }
    for (const auto& [number, count] : holders)
      record.check(status != 0 || count >= copies, "too few servers have a line");
  }
  return account.connections;
}

void Trial::publish_ends(Running& run, std::uint32_t lines, Promise promise,
                         milliseconds patience) {
  const int status = run.end(patience);
  const auto acks = run.events.last("exit");
  const std::size_t connections = settle(lines, status, promise.copies);
  record.check(status != 0 || (acks && acks->number("acked") == static_cast<long>(lines)),
               "the event exit does not say that all is acknowledged");
  promise.doubled = std::max(promise.doubled, connections == 0 ? 0 : kWindow * (connections - 1));
  if (promise.from_start && first_line_ != Moment::max())
    record.gap =
        std::max(record.gap.value_or(0), seconds_between(run.process.started(), first_line_));
  look_at_servers();
  judge(record, promise);
}

void Trial::settle_printed(Running& run, std::uint32_t published, bool whole) {
  settle_printed(run, published, whole, run.process.lines(Stream::out));
}

void Trial::settle_printed(Running& run, std::uint32_t published, bool whole,
                           const std::vector<Line>& lines) {
  const fault::Printed printed = fault::settle_printed(published, lines);
  record.lines = published;
  record.doubled += printed.duplicated;
  record.reordered += printed.reordered;
  record.corrupt += printed.corrupt;
  record.gap = std::max(record.gap.value_or(0), printed.longest_silence);
  std::set<std::uint32_t> seen;
  for (const Line& line : lines) seen.insert(number_of(line.text).value_or(0));
  std::set<std::uint32_t> gone;  // acknowledged and never printed
  for (const auto& server : servers_)
    if (auto* const scripted = dynamic_cast<Scripted*>(server.get()))
      for (const std::uint32_t number : acknowledged_by_client(scripted->server))
        if (seen.count(number) == 0) gone.insert(number);
  record.lost += gone.size();
  if (whole) record.lost += printed.lost;
  if (printed.holes != 0 && !says_missing(run.events)) record.silent += printed.holes;
  // It fails all the same; this says who lost them.
  for (const auto& server : servers_)
    record.check(record.lost + record.silent == 0 || !server->dropped(),
                 "the server on port " + std::to_string(server->port()) +
                     " dropped messages, because its queue was full");
}

void Trial::connects_apart() {
  for (const auto& server : apart_) {
    const std::size_t connections = server->server.tcp_connections();
    record.strangers += connections;
    record.check(connections == 0, "a stranger is connected");
  }
}

void Trial::look_at_servers() {
  for (const auto& server : servers_) record.credentials += server->wrong_credentials();
  for (const auto& server : apart_) record.credentials += server->wrong_credentials();
  for (const Seen& seen : stranger_->log(What::connect))
    if (seen.connect.user || seen.connect.password) ++record.credentials;
  record.strangers += stranger_->tcp_connections();
}

}  // namespace faults
