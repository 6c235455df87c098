// SPDX-License-Identifier: Apache-2.0
// Filters that overlap: a message that matches several filters is printed once, and a message that
// was published twice is printed twice. The subscription identifiers do not appear in the output.
#include <set>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const Arguments kOverlapping{"-t", "a/b", "-t", "a/+", "-t", "#"};

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The output, up to -C, for four messages. The first two are equal.
std::string printed(const Arguments& options) {
  Mosquitto server;
  Process reader(sub(with({"-s", server.uri(), "-i", "ours"}, with(kOverlapping, options))));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed", 10s);
  Client client(server.port(), {.client_id = "sender", .version = 5});
  for (const std::string payload : {"same", "same", "other", "end"})
    client.publish({.topic = "a/b", .payload = payload, .qos = 1});
  CHECK_STATUS(reader, 0);
  return reader.bytes(Stream::out);
}

/// The SUBSCRIBE packets of a run, until it is subscribed.
std::vector<Subscribe> subscribes(ScriptedServer& server, const Arguments& options) {
  Process reader(sub(with({"-s", server.uri()}, options)));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed", 10s);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  std::vector<Subscribe> result;
  for (const Seen& seen : server.log(What::subscribe)) result.push_back(seen.subscribe);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_that_matches_several_filters_is_printed_once) {
  for (const std::string version : {"5", "311"}) {
    for (const std::string qos : {"0", "1", "2"}) {
      BOOST_TEST(printed({"-V", version, "-q", qos, "-C", "4"}) == "same\nsame\nother\nend\n",
                 "-V " << version << " -q " << qos);
    }
  }
  // Also with --standby hot.
  BOOST_TEST(printed({"--standby", "hot", "-C", "4"}) == "same\nsame\nother\nend\n");
}

BOOST_AUTO_TEST_CASE(without_dedupe_all_that_comes_through_overlapping_filters_is_printed) {
  BOOST_TEST(printed({"-V", "5", "--no-dedupe", "-C", "9"}) ==
             "same\nsame\nsame\nsame\nsame\nsame\nother\nother\nother\n");
}

BOOST_AUTO_TEST_CASE(the_identifiers_that_tell_filters_apart_are_not_printed) {
  const std::string json = printed({"-V", "5", "--json", "-C", "4"});
  BOOST_TEST(json.find("\"topic\":\"a/b\"") != std::string::npos, json);
  BOOST_TEST(json.find("properties") == std::string::npos, json);
  BOOST_TEST(json.find("identifier") == std::string::npos, json);
  BOOST_TEST(printed({"-V", "5", "-F", "%S|%p", "-C", "1"}) == "|same\n");
}

BOOST_AUTO_TEST_CASE(retained_messages_come_once_through_overlapping_filters) {
  Mosquitto server;
  Client client(server.port(), {.client_id = "sender", .version = 5});
  client.publish({.topic = "a/b", .payload = "kept", .qos = 1, .retain = true});
  Process reader(sub(with({"-s", server.uri(), "-V", "5", "-C", "2"}, kOverlapping)));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed", 10s);
  client.publish({.topic = "a/b", .payload = "end", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "kept\nend\n");
}

BOOST_AUTO_TEST_CASE(only_filters_that_overlap_are_subscribed_to_apart) {
  {
    ScriptedServer server;
    const auto all = subscribes(server, with({"-t", "x"}, kOverlapping));
    std::set<std::uint32_t> identifiers;
    std::size_t filters = 0;
    for (const Subscribe& one : all) {
      BOOST_TEST(one.properties.size() == 1U);
      identifiers.insert(number_of(one.properties, property::subscription_id).value_or(0));
      filters += one.filters.size();
    }
    BOOST_TEST(all.size() == 3U);
    BOOST_TEST(identifiers.size() == 3U);
    BOOST_TEST(identifiers.count(0) == 0U);
    BOOST_TEST(filters == 4U);
  }
  const auto in_one_packet = [](ScriptedServer& server, const Arguments& options) {
    const auto all = subscribes(server, options);
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all[0].properties.empty());
  };
  ScriptedServer plain,
      modest({.connack_properties = {{property::subscription_ids_available, 0, {}, {}}}}), old, all;
  in_one_packet(plain, {"-t", "a/b", "-t", "a/c", "-t", "b/#"});
  in_one_packet(modest, kOverlapping);
  in_one_packet(old, with({"-V", "311"}, kOverlapping));
  in_one_packet(all, with({"--no-dedupe"}, kOverlapping));
}
