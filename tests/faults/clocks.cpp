// SPDX-License-Identifier: Apache-2.0
// The clock jumps, the machine sleeps (37).
#include <sched.h>

#include <csignal>
#include <cstdlib>

#include "faults/courses.hpp"

namespace faults {

using namespace rig;

namespace {

const char* const kFaketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// A command under another clock. `file` has its offset, which may change.
Arguments under_clock(const std::string& file) {
  if (!std::filesystem::exists(kFaketime)) throw Skipped("no libfaketime");
  const char* const asan = std::getenv("ASAN_OPTIONS");
  return {"env", std::string("LD_PRELOAD=") + kFaketime,
          // AddressSanitizer wants to be the first library.
          std::string("ASAN_OPTIONS=verify_asan_link_order=0:") + (asan != nullptr ? asan : ""),
          "FAKETIME_TIMESTAMP_FILE=" + file, "FAKETIME_NO_CACHE=1",
          "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"};
}

/// Steps of the clock while lines flow.
void clock_steps(Trial& t, const std::string& tool, const std::vector<std::string>& offsets) {
  const std::string file = t.path("clock");
  write_file(file, "+0");
  Scripted& a = t.scripted({.ack_delay = 20ms});
  const auto steps = [&](Running& run) {
    if (tool == "pub") a.server.wait_for(What::publish, 200);
    for (const std::string& offset : offsets) {
      write_file(file + ".new", offset);
      std::filesystem::rename(file + ".new", file);
      run.process.wait_exit(250ms);  // a while with this clock
    }
  };
  const Promise promise{.gap = 0.5, .must_not = {"lost", "gap"}};
  if (tool == "pub")
    publish_through(t, {.options = {"-q", "1"},
                        .lines = 6000,
                        .meanwhile = steps,
                        .promise = promise,
                        .before = under_clock(file)});
  else
    read_through(t, {.options = {"-q", "1"},
                     .fault = steps,
                     .after = "",
                     .promise = promise,
                     .before = under_clock(file)});
}

/// A failover while the clock is wrong.
void fails_over_under(Trial& t, const std::string& tool, const Arguments& before) {
  Scripted& a = t.scripted({.at_publish = tool == "pub" ? 700U : 0U, .then = Then::refuse});
  t.scripted();
  if (tool == "pub")
    publish_through(t, {.options = {"-q", "1"}, .before = before});
  else
    read_through(
        t,
        {.options = {"-q", "1"}, .fault = [&](Running&) { a.server.refuse(); }, .before = before});
}

/// A command in a time namespace whose monotonic clock is that far ahead.
Arguments in_time_namespace(const std::string& seconds) {
  const Finished tried = rig::run({"unshare", "-T", "--monotonic", "1", "true"});
  if (tried.exit.status != 0) throw Skipped("no time namespace: " + tried.err);
  return {"unshare", "-T", "--monotonic", seconds, "--boottime", seconds};
}

}  // namespace

void add_clocks(Cases& cases) {
  struct Steps {
    std::string name;
    std::vector<std::string> offsets;
  };
  const std::vector<Steps> steps{{"a-day-ahead", {"+1d"}},
                                 {"a-day-back", {"-1d"}},
                                 {"seconds-there-and-back", {"+1", "-1", "+1", "-1"}},
                                 {"year-2039", {"+13y"}},
                                 {"year-1990", {"-36y"}}};
  for (const std::string tool : {"pub", "sub"}) {
    for (const Steps& s : steps)
      cases.push_back({37, "clock/" + s.name + "-" + tool,
                       [=](Trial& t) { clock_steps(t, tool, s.offsets); },
                       s.name == "a-day-ahead" && tool == "sub"});
    for (const std::string seconds : {"86400", "1000000000"})
      cases.push_back({37, "clock/monotonic-" + seconds + "-s-ahead-" + tool,
                       [=](Trial& t) { fails_over_under(t, tool, in_time_namespace(seconds)); }});
    cases.push_back({37, "clock/failover-a-day-ahead-" + tool, [=](Trial& t) {
                       const std::string file = t.path("clock");
                       write_file(file, "+1d");
                       fails_over_under(t, tool, under_clock(file));
                     }});
    // The machine sleeps, the server waits: it is still there afterwards, and that is no time-out.
    struct Sleep {
      std::string name;
      milliseconds time;
      double gap;
    };
    for (const Sleep& sleep : {Sleep{"shorter", 700ms, 1}, Sleep{"longer", 2500ms, 3}}) {
      cases.push_back(
          {37, "sleep/" + sleep.name + "-than-the-keepalive-" + tool, [=](Trial& t) {
             Scripted& a = t.scripted({.ack_delay = 20ms});
             const auto sleeps = [&](Running& run) {
               if (tool == "pub") a.server.wait_for(What::publish, 200);
               run.process.signal(SIGSTOP);
               run.process.wait_exit(sleep.time);
               run.process.signal(SIGCONT);
             };
             const Promise promise{.gap = sleep.gap, .must_not = {"lost"}};
             if (tool == "pub")
               publish_through(t,
                               {.options = {"-q", "1"}, .meanwhile = sleeps, .promise = promise});
             else
               read_through(
                   t, {.options = {"-q", "1"}, .fault = sleeps, .after = "", .promise = promise});
           }});
    }
  }
}

}  // namespace faults
