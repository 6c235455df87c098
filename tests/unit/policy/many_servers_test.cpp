// SPDX-License-Identifier: Apache-2.0
// What is done at a pass or with a new list costs the same for each server, however many there are
// (failover.md section 2.6). Told by the processor time for ten times as many servers, which a busy
// machine does not lengthen: about 10 if that holds, 100 and more if each walks over all the
// others.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <functional>

#include "words.hpp"

namespace mqfail::test {
namespace {

constexpr int kFew = 500;
constexpr int kMany = 5000;

ServerList numbered(int count, std::uint16_t port = 1883) {
  ServerList out;
  for (int i = 0; i < count; ++i) {
    out.push_back(server("s" + std::to_string(i)));
    out.back().port = port;
  }
  return out;
}

double processor_time(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin);
}

// How many times longer it takes with many servers than with few.
double growth(const std::function<void(int count)>& work) {
  double few = 1e9, many = 1e9;
  for (int i = 0; i < 3; ++i) few = std::min(few, processor_time([&] { work(kFew); }));
  for (int i = 0; i < 2; ++i) many = std::min(many, processor_time([&] { work(kMany); }));
  return many / std::max(few, 1.0);
}

// Fails every attempt at once until `attempts` were made.
void refuse_all(Failover& failover, std::uint64_t first, std::uint64_t attempts,
                const Reason& reason, TimePoint now) {
  for (std::uint64_t id = first; id < first + attempts; ++id) {
    now = std::max(now, failover.deadline().value_or(now));
    failover.step(event::Ticked{}, now);
    failover.step(event::Failed{AttemptId(id), reason}, now);
  }
}

FailoverSettings patient() {
  FailoverSettings out = exact();
  out.bounded = true;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pass_over_ten_times_as_many_dead_servers_takes_ten_times_as_long) {
  const Reason dead = because(Cause::refused, Phase::tcp);
  BOOST_TEST(growth([&](int count) {
               Failover it(patient(), numbered(count), Random(1));
               it.step(event::Started{}, at(0));
               // No tick: a pass takes no time, and the attempts would run out of theirs.
               std::uint64_t id = 1;
               while (it.state() == FailoverState::connecting) {
                 it.step(event::Failed{AttemptId(id++), dead}, at(0));
               }
               BOOST_TEST(id == static_cast<std::uint64_t>(count) + 1);
             }) < 40);
}

BOOST_AUTO_TEST_CASE(servers_that_are_all_busy_cost_no_more) {
  const Reason busy = because(Cause::connack, Phase::connack, 0x89);
  FailoverSettings settings = patient();
  settings.backoff.initial = ms(60000);
  settings.backoff.cap = ms(60000);
  BOOST_TEST(growth([&](int count) {
               Failover it(settings, numbered(count), Random(1));
               it.step(event::Started{}, at(0));
               // Two passes: in the second everybody rests still.
               for (std::uint64_t id = 1; id <= static_cast<std::uint64_t>(count); ++id) {
                 it.step(event::Failed{AttemptId(id), busy}, at(0));
               }
               it.step(event::Hurried{}, at(1));
               BOOST_TEST((it.state() == FailoverState::connecting));
               for (int id = count + 1; id <= 2 * count; ++id) {
                 it.step(event::Failed{AttemptId(static_cast<std::uint64_t>(id)), busy}, at(1));
               }
               BOOST_TEST((it.state() == FailoverState::waiting));
             }) < 40);
}

BOOST_AUTO_TEST_CASE(a_standby_that_is_looked_for_among_dead_servers_costs_no_more) {
  const Reason dead = because(Cause::refused, Phase::tcp);
  FailoverSettings settings = patient();
  settings.standbys = 1;
  BOOST_TEST(growth([&](int count) {
               Failover it(settings, numbered(count), Random(1));
               it.step(event::Started{}, at(0));
               it.step(event::Connected{AttemptId{1}}, at(0));
               refuse_all(it, 2, static_cast<std::uint64_t>(count), dead, at(0));
               BOOST_TEST((it.state() == FailoverState::online));
             }) < 40);
}

BOOST_AUTO_TEST_CASE(a_new_list_of_ten_times_as_many_servers_takes_ten_times_as_long) {
  for (const ListSource source : {ListSource::document, ListSource::topic}) {
    BOOST_TEST(growth([&](int count) {
                 Failover it(patient(), numbered(count), Random(1));
                 it.step(event::Started{}, at(0));
                 ServerList reversed = numbered(count);
                 std::reverse(reversed.begin(), reversed.end());
                 it.step(event::ListChanged{reversed, source}, at(1));
                 it.step(event::ListChanged{numbered(count, 1884), source}, at(2));
                 it.step(event::ListChanged{numbered(count), source}, at(3));
                 BOOST_TEST(it.roster().size() == static_cast<std::size_t>(count) *
                                                      (source == ListSource::document ? 1 : 2));
               }) < 40);
  }
}

BOOST_AUTO_TEST_CASE(updates_that_say_the_same_again_are_not_heaped_up) {
  Failover it(patient(), numbered(10), Random(1));
  it.step(event::Started{}, at(0));
  const auto once = processor_time([&] {
    for (int i = 0; i < 200; ++i) {
      it.step(event::ListChanged{numbered(10, 1884), ListSource::topic}, at(1));
    }
  });
  const auto later = processor_time([&] {
    for (int i = 0; i < 2000; ++i) {
      it.step(event::ListChanged{numbered(10, 1884), ListSource::topic}, at(1));
    }
  });
  BOOST_TEST(later < 40 * std::max(once, 100.0));
  BOOST_TEST(it.roster().size() == 20U);
}

}  // namespace mqfail::test
