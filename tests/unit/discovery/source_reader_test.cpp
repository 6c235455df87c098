// SPDX-License-Identifier: Apache-2.0
#include "discovery/source_reader.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

/// What was told, to be waited for.
class Told {
 public:
  void operator()(Result<Reading> reading) {
    const std::lock_guard lock(mutex_);
    words_.push_back(reading ? reading->servers->front().id : "! " + reading.error().message);
    changed_.notify_all();
  }
  std::vector<std::string> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return words_.size() >= count; });
    return words_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> words_;
};

Reading list(const std::string& id, std::optional<Duration> again = {}) {
  return {.servers = ServerList{{.id = id, .host = id}}, .again = again};
}

Error broken(const std::string& why) {
  return {ErrorKind::data, why, ""};
}

using Words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_source_is_read_at_once_and_whenever_it_is_asked) {
  Told told;
  std::atomic<int> times{0};
  SourceReader reader(
      SourceReader::Start::at_once,
      [&](const std::stop_token&) { return list(std::to_string(++times)); },
      [&](Result<Reading> reading) { told(std::move(reading)); });
  BOOST_TEST((told.wait(1) == Words{"1"}));
  reader.again();
  BOOST_TEST((told.wait(2) == Words{"1", "2"}));
}

BOOST_AUTO_TEST_CASE(a_source_that_is_read_when_asked_is_not_read_before) {
  Told told;
  std::atomic<int> times{0};
  {
    SourceReader reader(
        SourceReader::Start::when_asked,
        [&](const std::stop_token&) { return list(std::to_string(++times)); },
        [&](Result<Reading> reading) { told(std::move(reading)); });
  }
  BOOST_TEST(times == 0);
}

BOOST_AUTO_TEST_CASE(a_source_says_when_it_is_to_be_read_again) {
  Told told;
  std::atomic<int> times{0};
  SourceReader reader(
      SourceReader::Start::at_once,
      [&](const std::stop_token&) { return list(std::to_string(++times), 1ms); },
      [&](Result<Reading> reading) { told(std::move(reading)); });
  BOOST_TEST(told.wait(5).size() >= 5U);
}

BOOST_AUTO_TEST_CASE(an_error_is_told_once_until_it_changes_and_is_retried) {
  Told told;
  std::atomic<int> times{0};
  SourceReader reader(
      SourceReader::Start::at_once,
      [&](const std::stop_token&) -> Result<Reading> {
        const int time = ++times;
        if (time < 4) return broken("silent");
        if (time == 4) return broken("garbage");
        if (time == 5) return list("a", 1ms);
        if (time == 6) return broken("garbage");
        return Reading{};
      },
      [&](Result<Reading> reading) { told(std::move(reading)); }, 1ms);
  BOOST_TEST((told.wait(4) == Words{"! silent", "! garbage", "a", "! garbage"}));
}

BOOST_AUTO_TEST_CASE(who_asks_hears_the_same_error_again_unless_new_ones_are_enough) {
  Told told;
  std::atomic<int> times{0};
  SourceReader reader(
      SourceReader::Start::when_asked,
      [&](const std::stop_token&) -> Result<Reading> {
        times = times + 1;
        times.notify_all();
        return times == 4 ? Result<Reading>(list("a")) : broken("garbage");
      },
      [&](Result<Reading> reading) { told(std::move(reading)); });
  reader.again();
  BOOST_TEST(told.wait(1).size() == 1U);
  reader.again();
  BOOST_TEST(told.wait(2).size() == 2U);
  reader.again(SourceReader::Errors::new_ones);
  times.wait(2);
  reader.again();
  BOOST_TEST((told.wait(3) == Words{"! garbage", "! garbage", "a"}));
}

BOOST_AUTO_TEST_CASE(a_slow_reading_ends_soon_when_the_reader_is_destroyed) {
  std::atomic<bool> inside{false};
  const auto start = std::chrono::steady_clock::now();
  {
    SourceReader reader(
        SourceReader::Start::at_once,
        [&](const std::stop_token& stop) -> Result<Reading> {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          inside = true;
          inside.notify_all();
          never.wait_for(lock, stop, 60s, [] { return false; });
          return broken("stopped");
        },
        [](Result<Reading>) { BOOST_ERROR("nothing is told at the end"); });
    inside.wait(false);
  }
  BOOST_TEST((std::chrono::steady_clock::now() - start < 30s));
}
