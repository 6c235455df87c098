// SPDX-License-Identifier: Apache-2.0
// What is counted of failover, and the time without a server.
#include "session/standing.hpp"

#include <boost/test/unit_test.hpp>
#include <utility>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {
constexpr TimePoint kStart(1h);
}

BOOST_AUTO_TEST_CASE(the_time_without_a_server_runs_only_while_none_is_in_use) {
  Standing standing;
  standing.begin(kStart);
  BOOST_TEST(standing.without(kStart + 2s).count() == Duration(2s).count());
  standing.use("a", "tcp://a:1883", kStart + 3s);
  BOOST_TEST(standing.without(kStart + 60s).count() == Duration(3s).count());
  standing.leave("a", kStart + 60s);
  standing.use("b", "tcp://b:1883", kStart + 64s);
  BOOST_TEST(standing.without(kStart + 99s).count() == Duration(7s).count());
  standing.end(kStart + 100s);
  BOOST_TEST(standing.without(kStart + 200s).count() == Duration(7s).count());
  BOOST_TEST(standing.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(servers_that_are_in_use_at_once_are_told_apart) {
  Standing standing;
  standing.begin(kStart);
  standing.use("a", "tcp://a:1883", kStart);
  standing.use("b", "tcp://b:1883", kStart);
  standing.leave("a", kStart + 5s);
  standing.leave("a", kStart + 5s);  // it was left before
  BOOST_TEST(standing.in_use() == 1U);
  BOOST_TEST(standing.connections() == 2U);
  BOOST_REQUIRE(standing.places().size() == 2U);
  BOOST_TEST(standing.places()[0].server == "a");
  BOOST_TEST(standing.places()[0].connections == 0U);
  BOOST_TEST(standing.places()[1].connections == 1U);
  BOOST_TEST(standing.without(kStart + 9s).count() == 0);
  standing.use("a", "tcp://a:1883", kStart + 9s);
  BOOST_TEST(standing.places().size() == 2U);
}

BOOST_AUTO_TEST_CASE(every_change_is_noticed_and_moves_are_counted_by_their_cause) {
  Standing standing;
  standing.begin(kStart);
  std::uint64_t before = standing.changes();
  const auto changed = [&] { return std::exchange(before, standing.changes()) != before; };
  standing.use("a", "tcp://a:1883", kStart);
  BOOST_TEST(changed());
  BOOST_TEST(!changed());
  standing.leave("a", kStart);
  BOOST_TEST(changed());
  standing.moved(Move::none);
  BOOST_TEST(changed());
  standing.moved(Move::failback);
  standing.moved(Move::rebalance);
  standing.missed();
  BOOST_TEST(changed());
  BOOST_TEST(standing.failovers() == 1U);
  BOOST_TEST(standing.failbacks() == 2U);
  BOOST_TEST(standing.gaps() == 1U);
}
