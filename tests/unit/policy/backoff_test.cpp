// SPDX-License-Identifier: Apache-2.0
// Exact numbers: the dice are pinned by their seed.
#include "policy/backoff.hpp"

#include <boost/test/unit_test.hpp>

#include "words.hpp"

namespace mqfail::test {
namespace {

using Row = std::vector<std::int64_t>;

Row row(BackoffSettings settings, std::size_t count, std::uint64_t seed = 1) {
  Backoff backoff(settings);
  Random random(seed);
  Row out;
  while (out.size() < count) out.push_back(milliseconds(backoff.next(random)));
  return out;
}

BackoffSettings with(Jitter jitter) {
  BackoffSettings out;
  out.jitter = jitter;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_jitter_the_row_is_that_of_activemq) {
  BackoffSettings settings = with(Jitter::none);
  settings.initial = ms(10);
  const Row expected{10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 30000, 30000};
  BOOST_TEST(row(settings, 14) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_an_initial_delay_the_row_starts_at_100_ms) {
  const Row expected{100, 200, 400, 800};
  BOOST_TEST(row(with(Jitter::none), 4) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_initial_delay_of_nothing_starts_at_100_ms_and_not_in_a_hot_loop) {
  BackoffSettings settings = with(Jitter::none);
  settings.initial = Duration::zero();
  const Row expected{100, 200, 400};
  BOOST_TEST(row(settings, 3) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cap_of_nothing_still_pauses) {
  BackoffSettings settings = with(Jitter::none);
  settings.cap = Duration::zero();
  const Row expected{10, 10};
  BOOST_TEST(row(settings, 2) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_initial_delay_never_exceeds_the_cap) {
  BackoffSettings settings = with(Jitter::none);
  settings.initial = ms(5000);
  settings.cap = ms(300);
  const Row expected{300, 300};
  BOOST_TEST(row(settings, 2) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_exponential_back_off_the_delay_stays) {
  for (const Jitter jitter : {Jitter::none, Jitter::decorrelated}) {
    BackoffSettings settings = with(jitter);
    settings.initial = ms(250);
    settings.exponential = false;
    const Row expected{250, 250, 250};
    BOOST_TEST(row(settings, 3) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_multiplier_multiplies) {
  BackoffSettings settings = with(Jitter::none);
  settings.multiplier = 1.5;
  const Row expected{100, 150, 225, 337, 506};
  BOOST_TEST(row(settings, 5) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_huge_multiplier_stops_at_the_cap) {
  BackoffSettings settings = with(Jitter::none);
  settings.multiplier = 1e300;
  const Row expected{100, 30000, 30000};
  BOOST_TEST(row(settings, 3) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(full_jitter_draws_between_nothing_and_the_bound) {
  const Row expected{41, 102, 213, 645, 1296, 753};
  BOOST_TEST(row(with(Jitter::full), 6) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(equal_jitter_draws_from_the_upper_half) {
  const Row expected{91, 128, 232, 726, 1227, 2125};
  BOOST_TEST(row(with(Jitter::equal), 6) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(decorrelated_jitter_draws_up_to_three_times_the_delay_before) {
  const Row expected{105, 296, 576, 1074, 2571, 7459};
  BOOST_TEST(row(with(Jitter::decorrelated), 6) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_jitter_keeps_its_bounds) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::int64_t bound = 100;
    const Row full = row(with(Jitter::full), 12, seed);
    const Row equal = row(with(Jitter::equal), 12, seed);
    const Row decorrelated = row(with(Jitter::decorrelated), 12, seed);
    for (std::size_t i = 0; i < full.size(); ++i) {
      BOOST_REQUIRE(full[i] >= 0 && full[i] <= bound);
      BOOST_REQUIRE(equal[i] >= bound / 2 && equal[i] <= bound);
      const std::int64_t before = i == 0 ? 100 : decorrelated[i - 1] + 1;
      BOOST_REQUIRE(decorrelated[i] >= 100 &&
                    decorrelated[i] <= std::min<std::int64_t>(30000, before * 3));
      bound = std::min<std::int64_t>(bound * 2, 30000);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reset_starts_the_row_again) {
  Backoff backoff(with(Jitter::none));
  Random random(1);
  for (int i = 0; i < 5; ++i) backoff.next(random);
  backoff.reset();
  BOOST_TEST(milliseconds(backoff.next(random)) == 100);
}

}  // namespace mqfail::test
