// SPDX-License-Identifier: Apache-2.0
// Every server of a list has an id of its own, and keeps it.
#include "config/document/server_ids.hpp"

#include <boost/test/unit_test.hpp>
#include <regex>

#include "config/document/document.hpp"
#include "unit/config/samples.hpp"

using namespace mqfail;
using test::sample;

namespace {

std::vector<DocumentServer> servers(const std::string& text) {
  const DocumentReading reading = read_document("doc", text);
  BOOST_TEST_REQUIRE(reading.valid(), text);
  return reading.servers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_missing_id_is_a_random_uuid_that_is_kept_when_the_document_comes_again) {
  auto list = servers(sample("minimal-as-documented.json"));
  BOOST_TEST_REQUIRE(static_cast<bool>(make_server_ids(list)));
  const std::regex version4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  BOOST_TEST(std::regex_match(list[0].server_id, version4), list[0].server_id);
  BOOST_TEST(list[0].server_id != list[1].server_id);
  auto again = servers(sample("minimal-as-documented.json"));
  std::swap(again[0], again[1]);
  adopt_server_ids(again, list);
  BOOST_TEST_REQUIRE(static_cast<bool>(make_server_ids(again)));
  BOOST_TEST(again[1].server_id == list[0].server_id);
  BOOST_TEST(again[0].server_id == list[1].server_id);
  // Another port is another server.
  auto moved = servers(R"({"hostNameOrIpAddress":"125.1.1.1","port":1883})");
  adopt_server_ids(moved, list);
  BOOST_TEST_REQUIRE(static_cast<bool>(make_server_ids(moved)));
  BOOST_TEST(moved[0].server_id != list[0].server_id);
}

BOOST_AUTO_TEST_CASE(an_id_that_is_kept_is_never_used_twice) {
  const auto old = servers(R"([{"hostNameOrIpAddress":"a","serverId":"x"}])");
  auto list = servers(
      R"([{"hostNameOrIpAddress":"a"},{"hostNameOrIpAddress":"a"},{"hostNameOrIpAddress":"b","serverId":"y"}])");
  adopt_server_ids(list, old);
  BOOST_TEST_REQUIRE(static_cast<bool>(make_server_ids(list)));
  BOOST_TEST(list[0].server_id == "x");
  BOOST_TEST(list[1].server_id.size() == 36U);
}

BOOST_AUTO_TEST_CASE(a_server_is_found_by_its_id_letter_case_aside) {
  const auto list = servers(
      R"([{"hostNameOrIpAddress":"a","serverId":"One"},{"hostNameOrIpAddress":"b","serverId":"two"}])");
  BOOST_TEST(find_server(list, "ONE") == &list[0]);
  BOOST_TEST(find_server(list, "three") == nullptr);
  const ServersById by_id(list);
  BOOST_TEST(by_id.find("TWO") == &list[1]);
  BOOST_TEST(by_id.find("three") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_id_is_not_blank_has_100_characters_at_most_and_no_braces) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "ü";
  for (const std::string& good : {std::string("a"), std::string("Süd 1"), longest})
    BOOST_TEST(!wrong_with_server_id(good), good);
  for (const std::string& bad : {std::string(), std::string(" "), longest + "x", std::string("a{b"),
                                 std::string("a}b"), std::string("a\nb"), std::string("a\x7f")})
    BOOST_TEST(wrong_with_server_id(bad).has_value(), bad);
}
