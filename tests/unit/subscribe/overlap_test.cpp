// SPDX-License-Identifier: Apache-2.0
// Filters that overlap: which do, how they are told apart, and that of the copies which a server
// sends for each of them one is printed and every legal repeat survives.
#include "subscribe/overlap.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "subscribe/novelty.hpp"
#include "transport/topic_filter.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

std::vector<std::uint32_t> identifiers(const std::vector<std::string>& filters) {
  std::vector<Subscription> all;
  for (const std::string& filter : filters) all.push_back({filter});
  set_apart(all);
  std::vector<std::uint32_t> result;
  for (const Subscription& one : all) result.push_back(one.identifier);
  return result;
}

constexpr std::uint32_t kFirst = 268'435'455, kSecond = kFirst - 1, kThird = kFirst - 2;

/// Servers with so many identifiers, and what is printed of what they send through them.
struct Stage {
  explicit Stage(bool several_servers = false) : novelty({several_servers, 20s, false, {1, 2}}) {}
  void join(char server, std::size_t identifiers = 3) {
    ConnectionFacts facts;
    facts.subscribed_at = now += 1ms;
    facts.identifiers = identifiers;
    feeds[server] = novelty.online(Server{.id = std::string(1, server)}, facts, now);
  }
  void send(char server, const std::string& payload, std::uint32_t identifier) {
    now += 1ms;
    Message message{"t", payload};
    message.subscription = identifier;
    if (novelty.judge(message, feeds[server], now) != Novelty::News::fresh) return;
    novelty.printed(feeds[server], now);
    printed += payload;
  }

  Novelty novelty;
  std::map<char, Novelty::Feed> feeds;
  TimePoint now{1h};
  std::string printed;
};

}  // namespace

BOOST_AUTO_TEST_CASE(filters_overlap_if_a_topic_matches_both) {
  struct Row {
    std::string one, other;
    bool overlap;
  };
  for (const Row& row : {Row{"a", "a", true},
                         Row{"a", "b", false},
                         Row{"a/b", "a/+", true},
                         Row{"a/b", "#", true},
                         Row{"a/+", "+/b", true},
                         Row{"a/+", "+/b/c", false},
                         Row{"a/#", "a", true},
                         Row{"a/#", "b/#", false},
                         Row{"a/#", "+/b/c", true},
                         Row{"a/b/#", "a", false},
                         Row{"a/+/c", "a/b/+", true},
                         Row{"a/+", "a", false},
                         Row{"+", "a/b", false},
                         Row{"/a", "+/a", true},
                         Row{"a/", "a/+", true},
                         Row{"$SYS/#", "#", false},
                         Row{"$SYS/+", "$SYS/a", true},
                         Row{"+/a", "$SYS/a", false},
                         Row{"$share/g/a/#", "a/b", true},
                         Row{"$share/g/a", "$share/h/b", false}}) {
    BOOST_TEST(overlap(row.one, row.other) == row.overlap, row.one << " and " << row.other);
    BOOST_TEST(overlap(row.other, row.one) == row.overlap, row.other << " and " << row.one);
  }
}

// Against the other answer to nearly the same question: every filter and topic of three levels.
BOOST_AUTO_TEST_CASE(no_topic_matches_two_filters_that_do_not_overlap) {
  std::vector<std::string> filters{"#"}, topics;
  const std::vector<std::string> levels{"a", "b", "+"};
  for (const std::string& x : levels) {
    filters.insert(filters.end(), {x, x + "/#"});
    for (const std::string& y : levels) {
      filters.insert(filters.end(), {x + "/" + y, x + "/" + y + "/#"});
      for (const std::string& z : levels) filters.push_back(x + "/" + y + "/" + z);
    }
  }
  for (const std::string& filter : filters)
    if (filter.find_first_of("+#") == std::string::npos) topics.push_back(filter);
  for (const std::string& one : filters) {
    for (const std::string& other : filters) {
      bool both = false;
      for (const std::string& topic : topics)
        both = both || (matches(one, topic) && matches(other, topic));
      BOOST_TEST(overlap(one, other) == both, one << " and " << other);
    }
  }
}

BOOST_AUTO_TEST_CASE(filters_that_overlap_get_identifiers_of_their_own_and_no_more_than_needed) {
  using Identifiers = std::vector<std::uint32_t>;
  BOOST_TEST(identifiers({"a"}) == (Identifiers{0}));
  BOOST_TEST(identifiers({"a", "b/+", "c/#"}) == (Identifiers{0, 0, 0}));
  BOOST_TEST(identifiers({"a/b", "a/+", "#"}) == (Identifiers{kFirst, kSecond, kThird}));
  BOOST_TEST(identifiers({"a", "b", "c", "#"}) == (Identifiers{kFirst, kFirst, kFirst, kSecond}));
  BOOST_TEST(identifiers({"a/+", "+/b", "x/#"}) == (Identifiers{kFirst, kSecond, kFirst}));
}

BOOST_AUTO_TEST_CASE(a_message_through_overlapping_filters_is_printed_once) {
  Stage stage;
  stage.join('a');
  for (const char* const payload : {"x", "y"}) {
    for (const std::uint32_t id : {kThird, kFirst, kSecond}) stage.send('a', payload, id);
  }
  BOOST_TEST(stage.printed == "xy");
}

BOOST_AUTO_TEST_CASE(a_message_that_was_published_twice_is_printed_twice_through_any_filters) {
  Stage stage;
  stage.join('a');
  for (int i = 0; i < 2; ++i) {
    for (const std::uint32_t id : {kFirst, kSecond, kThird}) stage.send('a', "x", id);
  }
  BOOST_TEST(stage.printed == "xx");
  // A filter's copies one after the other, as another server may send them.
  for (const std::uint32_t id : {kFirst, kFirst, kSecond, kSecond}) stage.send('a', "y", id);
  BOOST_TEST(stage.printed == "xxyy");
}

BOOST_AUTO_TEST_CASE(where_the_server_names_all_filters_at_once_each_packet_is_a_message) {
  Stage stage;
  stage.join('a');
  for (int i = 0; i < 3; ++i) stage.send('a', "x", 0);
  BOOST_TEST(stage.printed == "xxx");
}

BOOST_AUTO_TEST_CASE(overlapping_filters_and_several_servers_together_print_a_message_once) {
  Stage stage(true);
  stage.join('a');
  stage.join('b');
  for (int i = 0; i < 2; ++i) {
    for (const char server : {'a', 'b'})
      for (const std::uint32_t id : {kFirst, kSecond}) stage.send(server, "x", id);
  }
  BOOST_TEST(stage.printed == "xx");
}
