// SPDX-License-Identifier: Apache-2.0
// What a topic and a topic filter may be.
#include "tool/topic.hpp"

#include "command_lines.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(topics_and_filters_are_checked_before_anything_is_connected) {
  BOOST_TEST(pub_refuses({"-t", "a/#", "-n"}) == "-t 'a/#' contains a wildcard");
  BOOST_TEST(pub_refuses({"-t", "", "-n"}) == "-t is empty");
  BOOST_TEST(pub_refuses({"-t", "a\xff", "-n"}) == "-t 'a\\xff' is not UTF-8");
  BOOST_TEST(pub_refuses({"-t", std::string(65536, 'a'), "-n"}).find("is 65536 bytes long") !=
             std::string::npos);
  BOOST_TEST(!check_topic_name("-t", std::string_view("a\0b", 3)));
  BOOST_TEST(sub_refuses({"-t", "a#"}) == "-t 'a#' has a wildcard inside a level");
  BOOST_TEST(sub_refuses({"-t", "#/a"}) == "-t '#/a' goes on after #");
  BOOST_TEST(sub_refuses({"-t", "a", "-T", "+b"}) == "-T '+b' has a wildcard inside a level");
  BOOST_TEST(sub_refuses({"-t", "$share/g"}) == "-t '$share/g' is not a shared subscription");
  for (const char* good : {"#", "+", "a/+/b/#", "/", "$share/g/a/#", "$SYS/#", "+/+"}) {
    BOOST_TEST(static_cast<bool>(check_topic_filter("-t", good)), "refused: " << good);
  }
}

BOOST_AUTO_TEST_CASE(topics_come_from_t_and_from_L) {
  BOOST_TEST(sub_refuses({"-h", "x"}) == "no topic to subscribe to");
  const SubOptions options = sub({"-L", "mqtt://x/a", "-t", "b", "-q", "2", "-R"});
  const auto all = subscriptions(options, {"a"});
  BOOST_REQUIRE(all);
  BOOST_TEST(all->size() == 2U);
  BOOST_TEST(all->at(0).filter == "b");
  BOOST_TEST(all->at(1).filter == "a");
  BOOST_TEST(all->at(1).qos == 2);
  BOOST_TEST(all->at(1).retain_handling == 2);
  BOOST_TEST(!subscriptions(options, {"a#"}));
  const PubOptions publishing = pub({"-L", "mqtt://x/a", "-n"});
  BOOST_TEST(publish_topic(publishing, {"a", "a"}).value() == "a");
  BOOST_TEST(!publish_topic(publishing, {"a", "b"}));
  BOOST_TEST(!publish_topic(publishing, {"a/#"}));
  BOOST_TEST(!publish_topic(pub({"-t", "c", "-n"}), {"a"}));
}

BOOST_AUTO_TEST_CASE(a_topic_is_1_to_65535_bytes_of_utf8_without_nul) {
  BOOST_TEST(static_cast<bool>(check_topic_name("-t", std::string(65535, 'a'))));
  BOOST_TEST(!check_topic_name("-t", std::string(65536, 'a')));
  for (const char* bad : {"a/b+", "#", "+/a"}) BOOST_TEST(!check_topic_name("-t", bad));
  for (const char* bad : {"$share//a", "$share/g+/a", "$share/g/", "a/#/b", "a/b#"})
    BOOST_TEST(!check_topic_filter("-t", bad), bad);
}
