// SPDX-License-Identifier: Apache-2.0
// Conversations of the commands with hostile servers, as they follow from seeds:
// `run_hostile [--conversations N] [--from SEED] [--jobs N]`. A failure names its seed, and
// `run_hostile --seed N [--times N]` holds that one again and prints its story.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hostile/laws.hpp"
#include "paths.hpp"

using namespace hostile;

namespace {

struct Options {
  std::uint64_t from = 1, conversations = 500;
  std::uint64_t jobs = 2UL * std::thread::hardware_concurrency();  ///< they wait most of the time
  std::uint64_t step = 1;                                          ///< from one seed to the next
  bool story = false;
};

int usage() {
  std::fputs(
      "usage: run_hostile [--conversations N] [--from SEED] [--jobs N] | --seed N [--times N]\n",
      stderr);
  return 64;
}

void print(const Plan& plan, const Outcome& outcome, const std::vector<std::string>& charges) {
  std::printf("seed %llu: %s; exit %d after %.2f s, %ld KiB\n",
              static_cast<unsigned long long>(plan.seed), described(plan).c_str(), outcome.status,
              outcome.seconds, outcome.peak_kib);
  for (const std::string& charge : charges) std::printf("  FAILED: %s\n", charge.c_str());
}

void print_story(const Plan& plan, const Outcome& outcome) {
  constexpr std::size_t kMost = 4000;
  std::printf("  options:");
  for (const std::string& argument : plan.arguments) std::printf(" %s", argument.c_str());
  std::printf("\n");
  for (const std::string& line : outcome.ledger.story) std::printf("  %s\n", line.c_str());
  std::printf("  standard output (hexadecimal): %s\n  standard error:\n%s\n",
              shown(outcome.out).c_str(), outcome.err.substr(0, kMost).c_str());
}

struct Sum {
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  std::uint64_t failed = 0, wrong = 0;
  long peak_kib = 0;
  double longest = 0;
};

void hold(const Options& options, const std::string& bin_dir, Sum& sum) {
  for (std::uint64_t number; (number = sum.next++) < options.conversations;) {
    const Plan plan = make_plan(options.from + number * options.step);
    const Outcome outcome = converse(plan, bin_dir);
    const auto charges = broken_laws(plan, outcome);
    const std::lock_guard lock(sum.mutex);
    if (outcome.ledger.wrong_was_said) ++sum.wrong;
    sum.peak_kib = std::max(sum.peak_kib, outcome.peak_kib);
    sum.longest = std::max(sum.longest, outcome.seconds);
    if (!charges.empty()) ++sum.failed;
    if (charges.empty() && !options.story) continue;
    print(plan, outcome, charges);
    constexpr std::uint64_t kMostStories = 5;
    if (options.story || sum.failed <= kMostStories) print_story(plan, outcome);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const char* const full = std::getenv("MQFAIL_FULL"); full != nullptr && *full == '1')
    options.conversations = 100'000;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return usage();
    const std::string name = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--conversations") {
      options.conversations = value;
    } else if (name == "--from") {
      options.from = value;
    } else if (name == "--jobs") {
      options.jobs = value;
    } else if (name == "--seed") {
      options = {value, 1, 1, 0, true};
    } else if (name == "--times") {
      options.conversations = value;
      options.story = value == 1;
    } else {
      return usage();
    }
  }
  Sum sum;
  std::vector<std::thread> threads;
  const std::string bin_dir = mqfail::test::bin_dir();
  const auto begun = rig::Clock::now();
  for (std::uint64_t i = 0; i < options.jobs; ++i)
    threads.emplace_back([&] { hold(options, bin_dir, sum); });
  for (std::thread& thread : threads) thread.join();
  std::printf(
      "%llu conversations in %.1f s, %llu came to the wrong packet, %llu failed; the longest took "
      "%.2f s, "
      "at most %ld KiB resident\n",
      static_cast<unsigned long long>(options.conversations),
      rig::seconds_between(begun, rig::Clock::now()), static_cast<unsigned long long>(sum.wrong),
      static_cast<unsigned long long>(sum.failed), sum.longest, sum.peak_kib);
  return sum.failed == 0 ? 0 : 1;
}
