// SPDX-License-Identifier: Apache-2.0
#include "publish/shortage.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

struct Listed final : Announcer {
  void announce(const Notice& notice) override { reasons.push_back(notice.reason); }
  std::vector<std::string> reasons;
};

}  // namespace

BOOST_AUTO_TEST_CASE(servers_that_come_one_after_the_other_at_the_start_are_no_shortage) {
  Listed told;
  Shortage shortage(2, told);
  TimePoint now{};
  shortage.joined(1, now);
  BOOST_TEST((shortage.due() == now + 1s));
  now += 999ms;
  shortage.tend(1, false, now);
  shortage.joined(2, now);
  BOOST_TEST(!shortage.due().has_value());
  shortage.tend(2, false, now + 10s);
  BOOST_TEST(told.reasons.empty());
}

BOOST_AUTO_TEST_CASE(a_lost_server_is_a_shortage_at_once_and_is_told_once_until_there_are_enough) {
  Listed told;
  Shortage shortage(2, told);
  const TimePoint now{};
  shortage.joined(1, now);
  shortage.joined(2, now);
  shortage.left(1, now);
  BOOST_TEST((shortage.due() == now));
  shortage.tend(1, false, now);
  shortage.left(0, now);
  shortage.joined(1, now);
  shortage.tend(1, false, now + 5s);
  BOOST_REQUIRE_EQUAL(told.reasons.size(), 1U);
  BOOST_TEST(told.reasons[0] == "--acks 2: 1 server is live; messages wait until there are enough");
  shortage.joined(2, now);
  BOOST_REQUIRE_EQUAL(told.reasons.size(), 2U);
  BOOST_TEST(told.reasons[1] == "enough servers for --acks 2 again");
}

BOOST_AUTO_TEST_CASE(a_shortage_when_everything_is_sent_is_not_told) {
  Listed told;
  Shortage shortage(2, told);
  const TimePoint now{};
  shortage.joined(2, now);
  shortage.left(1, now);
  shortage.tend(1, true, now);
  shortage.joined(2, now);
  BOOST_TEST(told.reasons.empty());
}

BOOST_AUTO_TEST_CASE(one_acknowledgement_never_makes_a_shortage) {
  Listed told;
  Shortage shortage(1, told);
  shortage.joined(1, {});
  shortage.left(0, {});
  BOOST_TEST(!shortage.due().has_value());
}
