// SPDX-License-Identifier: Apache-2.0
#include "subscribe/missing_report.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

struct Stage : Announcer {
  void announce(const Notice& notice) override {
    std::string text = notice.server + " " + std::to_string(*notice.epoch);
    for (const auto& [key, value] : notice.more) {
      text += " " + key + "=";
      const auto* const number = std::get_if<std::int64_t>(&value);
      text += number != nullptr ? std::to_string(*number) : std::get<std::string>(value);
    }
    told.push_back(text);
  }
  void add(std::uint64_t missing, std::uint64_t first) {
    report.add({missing, first, "publisher", "server", 3});
  }
  std::vector<std::string> told;
  MissingReport report{*this};
  TimePoint now{TimePoint::duration(1h)};
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_hole_is_told_at_once_with_its_numbers) {
  Stage stage;
  BOOST_TEST(!stage.report.due().has_value());
  stage.add(2, 10);
  stage.report.tend(stage.now);
  BOOST_REQUIRE(stage.told.size() == 1U);
  BOOST_TEST(stage.told[0] == "server 3 missing=2 first_missing=10 publisher=publisher");
  BOOST_TEST(!stage.report.due().has_value());
}

BOOST_AUTO_TEST_CASE(the_holes_of_a_second_are_told_together) {
  Stage stage;
  stage.add(2, 10);
  stage.report.tend(stage.now);
  stage.add(1, 20);
  stage.add(4, 30);
  stage.report.tend(stage.now + 999ms);
  BOOST_TEST(stage.told.size() == 1U);
  BOOST_TEST((stage.report.due() == stage.now + 1s));
  stage.report.tend(stage.now + 1s);
  BOOST_REQUIRE(stage.told.size() == 2U);
  BOOST_TEST(stage.told[1] == "server 3 missing=5 holes=2");
}

BOOST_AUTO_TEST_CASE(at_the_end_of_the_run_the_rest_is_told_without_waiting) {
  Stage stage;
  stage.add(2, 10);
  stage.report.tend(stage.now);
  stage.add(1, 20);
  stage.report.tell(stage.now);
  BOOST_TEST(stage.told.size() == 2U);
  stage.report.tell(stage.now);
  BOOST_TEST(stage.told.size() == 2U);
}
