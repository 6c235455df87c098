// SPDX-License-Identifier: Apache-2.0
#include "subscribe/output_stall.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

struct Stage : Announcer {
  void announce(const Notice& notice) override { told.push_back(notice); }
  bool ended(std::size_t place) const { return std::get<bool>(told.at(place).more.at(0).second); }
  std::vector<Notice> told;
  OutputStall stall{10s, *this};
  TimePoint now{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_that_pauses_for_less_than_half_a_keepalive_is_not_told) {
  Stage stage;
  stage.stall.blocked(stage.now);
  BOOST_TEST((stage.stall.due() == stage.now + 5s));
  stage.now += 4999ms;
  stage.stall.blocked(stage.now);
  const auto blocked = stage.stall.flowing(stage.now);
  BOOST_REQUIRE(blocked.has_value());
  BOOST_TEST((blocked->time == 4999ms));
  BOOST_TEST(!blocked->told);
  BOOST_TEST(!stage.stall.is_blocked());
  BOOST_TEST(stage.told.empty());
}

BOOST_AUTO_TEST_CASE(a_stall_is_told_once_and_so_is_its_end) {
  Stage stage;
  stage.stall.blocked(stage.now);
  stage.now += 5s;
  stage.stall.blocked(stage.now);
  BOOST_TEST(!stage.stall.due().has_value());
  stage.now += 5s;
  stage.stall.blocked(stage.now);
  BOOST_REQUIRE(stage.told.size() == 1U);
  BOOST_TEST(!stage.ended(0));
  BOOST_TEST((stage.told[0].dur == 5s));
  const auto blocked = stage.stall.flowing(stage.now);
  BOOST_REQUIRE(blocked.has_value());
  BOOST_TEST((blocked->time == 10s));
  BOOST_TEST(blocked->told);
  BOOST_REQUIRE(stage.told.size() == 2U);
  BOOST_TEST(stage.ended(1));
  BOOST_TEST((stage.told[1].dur == 10s));
  BOOST_TEST(!stage.stall.flowing(stage.now).has_value());
  BOOST_TEST(stage.told.size() == 2U);
}

BOOST_AUTO_TEST_CASE(each_stall_begins_with_its_own_time) {
  Stage stage;
  stage.stall.blocked(stage.now);
  stage.stall.flowing(stage.now + 4s);
  stage.stall.blocked(stage.now + 6s);
  BOOST_TEST((stage.stall.due() == stage.now + 11s));
}

BOOST_AUTO_TEST_CASE(without_a_keepalive_no_stall_is_told) {
  Stage stage;
  OutputStall stall(Duration::zero(), stage);
  stall.blocked(stage.now);
  BOOST_TEST(!stall.due().has_value());
  stall.blocked(stage.now + 1h);
  BOOST_TEST(stage.told.empty());
  BOOST_TEST(stall.is_blocked());
}
