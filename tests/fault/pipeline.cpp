// SPDX-License-Identifier: Apache-2.0
#include "fault/pipeline.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "rig/events.hpp"

namespace fault {

using namespace rig;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Broken("pipe2");
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  // The rig opens a file by its name.
  static std::string name(const Fd& end) { return "/dev/fd/" + std::to_string(end.get()); }
  Fd read, write;
};

constexpr auto kPatience = 60s;

}  // namespace

Pipeline::Pipeline(Commands commands) : commands_(std::move(commands)) {
  start();
}

void Pipeline::start() {
  ++starts_;
  sent_ = {};
  broken_since_ = {};
  const Pipe one, two;  // our ends are closed when the three have theirs
  parts_[sub] = std::make_unique<Process>(
      Command{.argv = commands_[sub], .stdout_file = Pipe::name(one.write)});
  parts_[filter] = std::make_unique<Process>(Command{.argv = commands_[filter],
                                                     .stdin_file = Pipe::name(one.read),
                                                     .stdout_file = Pipe::name(two.write)});
  parts_[pub] = std::make_unique<Process>(
      Command{.argv = commands_[pub], .stdin_file = Pipe::name(two.read)});
}

bool Pipeline::is_whole() {
  return std::all_of(parts_.begin(), parts_.end(), [](auto& part) { return part->running(); });
}

bool Pipeline::all_ended() {
  return std::none_of(parts_.begin(), parts_.end(), [](auto& part) { return part->running(); });
}

void Pipeline::tend() {
  if (is_whole()) return;
  if (broken_since_ == Moment()) broken_since_ = Clock::now();
  if (all_ended()) {
    check_statuses();
    if (!finishing_) start();
  } else if (Clock::now() > broken_since_ + kPatience) {
    std::string still;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (parts_[i]->running()) still += std::string(" ") + kNames[i];
    faults_.push_back("one has ended, and these go on:" + still + "\n" + last_words());
    for (std::size_t i = 0; i < parts_.size(); ++i) signal(static_cast<Part>(i), SIGKILL);
    broken_since_ = Clock::now();
  }
}

void Pipeline::signal(Part part, int number) {
  if (!parts_[part]->running()) return;
  ++(number == SIGKILL ? sent_[part].kills : sent_[part].terms);
  parts_[part]->signal(number);
}

void Pipeline::finish(milliseconds patience) {
  finishing_ = true;
  signal(sub, SIGTERM);
  const Moment end = Clock::now() + patience;
  for (auto& part : parts_)
    part->wait_exit(std::max(0ms, std::chrono::duration_cast<milliseconds>(end - Clock::now())));
  if (all_ended()) return check_statuses();
  faults_.push_back("it does not end\n" + last_words());
}

void Pipeline::check_statuses() {
  for (const Part part : {sub, filter, pub}) {
    const auto exit = parts_[part]->wait_exit(0ms);
    if (std::string why = wrong(part, exit->status); !why.empty())
      faults_.push_back(std::string(kNames[part]) + " ends with " + std::to_string(exit->status) +
                        " after " + std::to_string(sent_[part].terms) + " SIGTERM: " + why + "\n" +
                        parts_[part]->bytes(Stream::err));
  }
  if (const auto told = Events(*parts_[sub]).last("exit"))
    for (const char* key : {"missing", "late", "duplicates"})
      totals_[key] += std::max(told->number(key), 0L);
}

// Why this status is not in order; empty if it is.
std::string Pipeline::wrong(Part part, int status) {
  if (status == 128 + SIGKILL && sent_[part].kills != 0) return {};
  if (part == filter) {
    // A line that was cut because the one before was killed is an error of jq (2). That nobody
    // reads is one of sed (4) or a SIGPIPE.
    const bool known = status == 0 || status == 2 || status == 4 || status == 128 + SIGPIPE ||
                       (status == 128 + SIGTERM && sent_[part].terms != 0);
    return known ? "" : "a filter does not do that";
  }
  const auto told = Events(*parts_[part]).last("exit");
  if (!told || told->number("exit") != status) return "the exit event does not say so";
  // The first one asks for an orderly end, the second for one at once.
  if (status == 128 + SIGTERM && sent_[part].terms > 1) return {};
  if (part == sub) {
    const bool nobody =
        status == 75 && told->get("reason").find("nobody writes") != std::string::npos;
    return status == 0 || nobody ? "" : "neither 0 nor because nobody writes to the FIFO";
  }
  const bool left = status == 75 && told->number("unsettled") > 0;
  const bool all = status == 0 && told->number("unsettled") == 0;
  return all || left ? "" : "neither 0 nor with something left";
}

std::string Pipeline::last_words() {
  std::string all;
  for (const Part part : {sub, filter, pub}) {
    const std::string said = parts_[part]->bytes(Stream::err);
    all += std::string("  ") + kNames[part] + ":\n" +
           said.substr(said.size() > 3000 ? said.size() - 3000 : 0);
  }
  return all;
}

long Pipeline::total(const std::string& key) const {
  const auto found = totals_.find(key);
  return found == totals_.end() ? 0 : found->second;
}

}  // namespace fault
