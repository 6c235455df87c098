// SPDX-License-Identifier: Apache-2.0
// That numbers are lost between two servers is told once, and not because of a publisher that does
// not number.
#include "subscribe/lost_numbers.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;

namespace {

struct Stage : Announcer {
  void announce(const Notice& notice) override { told.push_back(notice); }
  void saw(const std::string& server, const std::string& topic, std::uint64_t number,
           Protocol protocol = Protocol::mqtt5) {
    Message message{.topic = topic};
    message.number = number;
    lost.saw(message, server, 2, protocol);
  }
  std::vector<Notice> told;
  LostNumbers lost{*this};
};

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_that_another_server_does_not_bring_are_told_once_with_the_cure) {
  Stage stage;
  for (std::uint64_t i = 1; i <= 3; ++i) stage.saw("a", "t", i);
  stage.saw("b", "t", 0);
  stage.saw("b", "t", 0);
  stage.saw("c", "t", 0);
  BOOST_REQUIRE(stage.told.size() == 1U);
  const Notice& told = stage.told[0];
  BOOST_TEST((told.name == NoticeName::warning && told.level == Level::warning));
  BOOST_TEST(told.server == "b");
  BOOST_TEST(told.reason.find("bridge_protocol_version mqttv50") != std::string::npos);
  BOOST_TEST(told.reason.size() < 256U);
  BOOST_REQUIRE(told.more.size() == 2U);
  BOOST_TEST(std::get<std::string>(told.more[0].second) == "a");
  BOOST_TEST(std::get<std::string>(told.more[1].second) == "t");
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_speak_mqtt_5_is_told_as_that) {
  Stage stage;
  stage.saw("a", "t", 1);
  stage.saw("b", "t", 0, Protocol::mqtt311);
  BOOST_REQUIRE(stage.told.size() == 1U);
  BOOST_TEST(stage.told[0].reason.find("bridge") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(publishers_that_do_not_number_are_not_told) {
  Stage stage;
  stage.saw("a", "t", 0);
  stage.saw("a", "t", 1);
  stage.saw("b", "other", 0);
  stage.saw("a", "t", 0);  // so the topic has both
  stage.saw("b", "t", 0);
  BOOST_TEST(stage.told.empty());
}

BOOST_AUTO_TEST_CASE(each_server_may_bring_the_numbers_of_its_publishers) {
  Stage stage;
  stage.saw("a", "t", 1);
  stage.saw("b", "t", 2);
  stage.saw("b", "t", 0);
  BOOST_TEST(stage.told.empty());
}

BOOST_AUTO_TEST_CASE(the_topics_that_are_looked_at_are_bounded) {
  Stage stage;
  for (std::size_t i = 0; i <= LostNumbers::kMost; ++i) stage.saw("a", std::to_string(i), 1);
  stage.saw("b", std::to_string(LostNumbers::kMost), 0);
  BOOST_TEST(stage.told.empty());
  stage.saw("b", "0", 0);
  BOOST_TEST(stage.told.size() == 1U);
}
