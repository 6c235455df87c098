// SPDX-License-Identifier: Apache-2.0
// Runs the cases of the fault catalogue: `run_faults [--class FIRST[-LAST]] [--case NAME] [--slice]
// [--jobs N] [--page FILE] [--list]`. Each case is a process with a network and mounts of its own.
// The exit status is 0 if every case keeps what is promised or is skipped, and 1 if not. A case
// that is only late is run once more when nothing else runs, and the page says so.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>

#include "faults/case.hpp"
#include "faults/page.hpp"
#include "rig/sanitizer.hpp"

using namespace faults;
using namespace rig;

namespace {

constexpr std::string_view kMark = "RECORD\t";

struct Options {
  int first = 1, last = kClasses;
  std::string name, page;
  std::string one;  ///< this process is that case
  unsigned jobs = 1;
  bool list = false, slice = false;
};

/// This process runs the case.
int be(const Case& one) {
  enter_room();
  const Moment start = Clock::now();
  Record record;
  try {
    Trial trial;
    try {
      one.course(trial);
    } catch (const Skipped& skipped) {
      trial.record.skipped = skipped.what();
    } catch (const Broken& broken) {
      trial.record.check(false, std::string("the rig failed: ") + broken.what());
    }
    record = trial.record;
  } catch (const Broken& broken) {
    record.check(false, std::string("the rig failed: ") + broken.what());
  }
  record.seconds = seconds_between(start, Clock::now());
  if (!record.broken.empty()) std::cerr << record.said;
  std::cout << kMark << write(record) << std::endl;
  return 0;
}

/// Another process runs the case. What it says on stderr is printed if the case fails.
Record have(const std::string& self, const Case& one) {
  Process process({self, "--one", one.name});
  const auto exit = process.wait_exit(60s * kSlower);
  Record record;
  const auto line = process.wait_for_line(
      Stream::out, [](const std::string& text) { return text.starts_with(kMark); }, 1s);
  if (line) record = read(line->text.substr(kMark.size()));
  record.check(exit.has_value(), "the case did not end");
  record.check(line.has_value(), "the case has no record");
  if (!record.broken.empty()) std::cerr << one.name + ":\n" + process.bytes(Stream::err);
  return record;
}

void say(const Done& done) {
  std::string text = "ok      ";
  if (!done.record.skipped.empty()) text = "SKIPPED ";
  if (!done.record.broken.empty()) text = done.record.only_late ? "late    " : "FAILED  ";
  text += done.of->name + ": " + std::to_string(done.record.seconds).substr(0, 5) + " s" +
          (done.record.skipped.empty() ? "" : ": " + done.record.skipped);
  for (const std::string& what : done.record.broken) text += "; " + what;
  std::cout << text + "\n" << std::flush;
}

std::vector<Done> run_all(const std::string& self, const std::vector<const Case*>& chosen,
                          unsigned jobs) {
  std::vector<Done> done(chosen.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < jobs; ++i)
    workers.emplace_back([&] {
      for (std::size_t at; (at = next++) < chosen.size();) {
        done[at] = {chosen[at], have(self, *chosen[at]), false};
        say(done[at]);
      }
    });
  for (std::thread& worker : workers) worker.join();
  for (Done& one : done)
    if (one.record.only_late) {
      one = {one.of, have(self, *one.of), true};
      say(one);
    }
  return done;
}

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool more = i + 1 < argc;
    if (argument == "--class" && more) {
      char* rest = nullptr;
      options.first = options.last = static_cast<int>(std::strtol(argv[++i], &rest, 10));
      if (*rest == '-') options.last = std::atoi(rest + 1);
    } else if (argument == "--case" && more) {
      options.name = argv[++i];
    } else if (argument == "--one" && more) {
      options.one = argv[++i];
    } else if (argument == "--page" && more) {
      options.page = argv[++i];
    } else if (argument == "--jobs" && more) {
      options.jobs = static_cast<unsigned>(std::max(1, std::atoi(argv[++i])));
    } else if (argument == "--slice") {
      options.slice = true;
    } else if (argument == "--list") {
      options.list = true;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

/// `--nonblocking 0|1 COMMAND...`: becomes the command, with a descriptor that never blocks and
/// holds little.
int be_nonblocking(char** argv) {
  const int fd = std::atoi(argv[2]);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETPIPE_SZ, 4096);
  ::execv(argv[3], argv + 3);
  return 127;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3 && std::strcmp(argv[1], "--nonblocking") == 0) return be_nonblocking(argv);
  const auto options = read_options(argc, argv);
  if (!options) {
    std::cerr << "usage: run_faults [--class FIRST[-LAST]] [--case NAME] [--slice] [--jobs N] "
                 "[--page FILE] [--list]\n";
    return 2;
  }
  const Cases cases = all_cases();
  std::vector<const Case*> chosen;
  for (const Case& one : cases) {
    if (one.name == options->one) return be(one);
    if (one.of < options->first || one.of > options->last) continue;
    if (!options->name.empty() && one.name != options->name) continue;
    if (options->slice && !one.slice) continue;
    chosen.push_back(&one);
  }
  if (options->list) {
    for (const Case* one : chosen)
      std::cout << one->of << "\t" << one->name << "\t" << (one->slice ? "slice" : "") << "\n";
    return 0;
  }
  if (chosen.empty()) {
    std::cerr << "run_faults: no such case; --list names them\n";
    return 2;
  }
  const Moment start = Clock::now();
  const std::vector<Done> done =
      run_all(std::filesystem::read_symlink("/proc/self/exe").string(), chosen, options->jobs);
  const Sum sum = add_up(done, seconds_between(start, Clock::now()));
  if (!options->page.empty()) write_file(options->page, page(done, sum));
  std::cout << in_words(sum) << std::endl;
  return sum.failed == 0 ? 0 : 1;
}
