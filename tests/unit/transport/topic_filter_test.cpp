// SPDX-License-Identifier: Apache-2.0
#include "transport/topic_filter.hpp"

#include <boost/test/unit_test.hpp>

using mqfail::matches;
using mqfail::without_share;

// The examples of MQTT 5, 4.7.1 and 4.7.2.
BOOST_AUTO_TEST_CASE(the_examples_of_the_standard_match) {
  for (const char* topic : {"sport/tennis/player1", "sport/tennis/player1/ranking",
                            "sport/tennis/player1/score/wimbledon"})
    BOOST_TEST(matches("sport/tennis/player1/#", topic), topic);
  BOOST_TEST(matches("sport/#", "sport"));
  BOOST_TEST(matches("#", "sport"));
  BOOST_TEST(matches("sport/tennis/+", "sport/tennis/player1"));
  BOOST_TEST(matches("sport/+", "sport/"));
  BOOST_TEST(matches("+/+", "/finance"));
  BOOST_TEST(matches("/+", "/finance"));
  BOOST_TEST(matches("$SYS/#", "$SYS/"));
  BOOST_TEST(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
}

BOOST_AUTO_TEST_CASE(the_counterexamples_of_the_standard_do_not_match) {
  BOOST_TEST(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
  BOOST_TEST(!matches("sport/+", "sport"));
  BOOST_TEST(!matches("+", "/finance"));
  BOOST_TEST(!matches("#", "$SYS/"));
  BOOST_TEST(!matches("+/monitor/Clients", "$SYS/monitor/Clients"));
  BOOST_TEST(!matches("ACCOUNTS", "Accounts"));
}

BOOST_AUTO_TEST_CASE(without_wildcards_only_the_same_topic_matches) {
  BOOST_TEST(matches("a/b", "a/b"));
  BOOST_TEST(!matches("a/b", "a"));
  BOOST_TEST(!matches("a", "a/b"));
  BOOST_TEST(!matches("a/b", "a/b/"));
}

BOOST_AUTO_TEST_CASE(filters_match_as_the_standard_says) {
  BOOST_TEST(matches("a/b", "a/b"));
  BOOST_TEST(matches("a/+", "a/b"));
  BOOST_TEST(matches("+/+", "/b"));
  BOOST_TEST(matches("#", "a/b/c"));
  BOOST_TEST(matches("a/#", "a"));
  BOOST_TEST(matches("a/#", "a/b/c"));
  BOOST_TEST(!matches("a/+", "a/b/c"));
  BOOST_TEST(!matches("+", "a/b"));
  BOOST_TEST(!matches("a", "A"));
  BOOST_TEST(!matches("#", "$SYS/x"));
  BOOST_TEST(matches("$SYS/#", "$SYS/x"));
}

BOOST_AUTO_TEST_CASE(the_filter_in_a_shared_subscription) {
  BOOST_TEST(without_share("$share/group/a/#") == "a/#");
  BOOST_TEST(without_share("$share/group/$SYS/#") == "$SYS/#");
  BOOST_TEST(without_share("a/$share/b") == "a/$share/b");
  BOOST_TEST(without_share("$share/group") == "$share/group");
}
