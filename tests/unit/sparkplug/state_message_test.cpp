// SPDX-License-Identifier: Apache-2.0
// STATE messages of both specifications, and what is none.
#include "sparkplug/state_message.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace mqfail;
using Says = StateMessage::Says;

namespace {

StateMessage v3(std::string_view payload) {
  return read_state("spBv1.0/STATE/scada", payload);
}
StateMessage v2(std::string_view payload) {
  return read_state("STATE/scada", payload);
}

}  // namespace

// tck-id-host-topic-phid-birth-topic
BOOST_AUTO_TEST_CASE(the_topics_of_a_host) {
  using Topics = std::vector<std::string>;
  BOOST_TEST((state_topics("a b", StateVersion::v3) == Topics{"spBv1.0/STATE/a b"}));
  BOOST_TEST((state_topics("scada", StateVersion::v2) == Topics{"STATE/scada"}));
  BOOST_TEST((state_topics("scada", StateVersion::automatic) ==
              Topics{"spBv1.0/STATE/scada", "STATE/scada"}));
}

BOOST_AUTO_TEST_CASE(a_host_id_is_one_level_of_a_topic) {
  for (const std::string good : {"scada", "SCADA 1", "a.b-c", "\xc3\xa4"})
    BOOST_TEST(!!check_host_id("--primary-host", good), good);
  for (const std::string& bad : {std::string(), std::string("a/b"), std::string("+"),
                                 std::string("a#"), std::string("a\0b", 3)}) {
    const auto checked = check_host_id("--primary-host", bad);
    BOOST_REQUIRE(!checked);
    BOOST_TEST((checked.error().kind == ErrorKind::usage));
    BOOST_TEST(checked.error().message.starts_with("--primary-host: "));
  }
}

// tck-id-host-topic-phid-birth-payload, tck-id-host-topic-phid-death-payload
BOOST_AUTO_TEST_CASE(the_payload_of_3_0_is_written_and_read) {
  BOOST_TEST(write_state(true, 1700000000000) == R"({"online":true,"timestamp":1700000000000})");
  for (const bool online : {true, false}) {
    const StateMessage read = v3(write_state(online, 1234));
    BOOST_TEST((read == StateMessage{online ? Says::online : Says::offline, 1234, true}));
  }
  BOOST_TEST(
      (v3("{ \"timestamp\" : 5 ,\n\"online\":false}") == StateMessage{Says::offline, 5, true}));
}

// The next version of the specification adds bd_seq and client_id.
BOOST_AUTO_TEST_CASE(unknown_keys_are_ignored) {
  BOOST_TEST((v3(R"({"bd_seq":7,"online":true,"client_id":"x","timestamp":9,"more":{"a":[1]}})") ==
              StateMessage{Says::online, 9, true}));
}

BOOST_AUTO_TEST_CASE(the_payload_of_2_2_is_a_bare_word) {
  BOOST_TEST((v2("ONLINE") == StateMessage{Says::online, std::nullopt, false}));
  BOOST_TEST((v2("OFFLINE") == StateMessage{Says::offline, std::nullopt, false}));
  for (const std::string_view bad : {"online", "ONLINE ", "\"ONLINE\"", R"({"online":true})"})
    BOOST_TEST((v2(bad).says == Says::unreadable), bad);
}

BOOST_AUTO_TEST_CASE(an_empty_payload_deletes_the_message_and_says_nothing_of_the_host) {
  BOOST_TEST((v3("").says == Says::unknown));
  BOOST_TEST((v2("").says == Says::unknown));
}

BOOST_AUTO_TEST_CASE(what_is_no_state_message) {
  for (const std::string_view bad :
       {"ONLINE", "null", "[]", "{}", R"({"online":true})", R"({"timestamp":1})",
        R"({"online":"true","timestamp":1})", R"({"online":1,"timestamp":1})",
        R"({"online":true,"timestamp":"1"})", R"({"online":true,"timestamp":-1})",
        R"({"online":true,"timestamp":1.5})", R"({"online":true,"timestamp":1e3})",
        R"({"online":true,"timestamp":99999999999999999999})", R"({"online":null,"timestamp":1})",
        R"({"online":true,"timestamp":1)", R"({"online":true,"timestamp":1}{"online":true})",
        R"({"Online":true,"timestamp":1})"}) {
    BOOST_TEST((v3(bad).says == Says::unreadable), bad);
  }
  const std::string large =
      R"({"online":true,"timestamp":1,"x":")" + std::string(kLargestState, 'x');
  BOOST_TEST((v3(large + "\"}").says == Says::unreadable));
}

BOOST_AUTO_TEST_CASE(hostile_bytes_are_unreadable) {
  std::mt19937 dice(7);
  const std::string good = write_state(true, 1700000000000);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (int change = 0; change < 3; ++change) {
      bytes[dice() % bytes.size()] = static_cast<char>(dice());
    }
    bytes.resize(dice() % (bytes.size() + 1));
    v3(bytes);
  }
  BOOST_TEST((v3(std::string(4000, '[')).says == Says::unreadable));
  BOOST_TEST((v3(std::string("\xff\xfe\0{", 4)).says == Says::unreadable));
}
