// SPDX-License-Identifier: Apache-2.0
// What is found on a network, from the records that machines of it send.
#include "discovery/multicast_message.hpp"

#include <boost/test/unit_test.hpp>

#include "base/random.hpp"
#include "dns_bytes.hpp"

using namespace mqfail;
using namespace dns_bytes;

namespace {

constexpr int kA = 1, kPtr = 12, kTxt = 16, kAaaa = 28;

std::string text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

Record named(Record record, const std::string& owner) {
  record.owner = owner;
  return record;
}

// A service that is announced with everything that belongs to it.
std::vector<Record> service(const std::string& instance, const std::string& type,
                            std::uint16_t port, const std::string& host,
                            const std::string& group = "") {
  const std::string whole = instance + "." + type;
  std::vector<Record> records{{kPtr, 10, name(whole), type},
                              named(srv(0, 0, port, host), whole),
                              {kA, 10, {192, 0, 2, 7}, host}};
  if (!group.empty()) {
    Bytes strings{3, 'a', '=', 'b'};
    add(strings, group.size() + 6, 1);
    for (const char c : "group=" + group) strings.push_back(static_cast<unsigned char>(c));
    records.push_back({kTxt, 10, strings, whole});
  }
  return records;
}

const std::string kSecure = "_secure-mqtt._tcp.local", kPlain = "_mqtt._tcp.local";

std::string found(const MulticastAnswers& answers, std::string_view group = "default",
                  bool tls_only = false) {
  const auto list = answers.servers(group, tls_only, 1);
  if (!list) return "error: " + list.error().message + " | " + list.error().hint;
  std::string all;
  for (const Server& server : list->servers) all += server.id + "=" + redacted_uri(server) + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_question_asks_for_both_services) {
  const std::string question = text(MulticastAnswers::question());
  BOOST_TEST(question.size() == 12 + 25 + 4 + 18 + 4);
  BOOST_TEST(question.find(text(name(kSecure))) == 12);
  BOOST_TEST(question.find(text(name(kPlain))) == 12 + 25 + 4);
}

BOOST_AUTO_TEST_CASE(a_plain_server_is_its_address_and_a_tls_server_its_name) {
  MulticastAnswers answers;
  answers.take(message(service("One", kPlain, 1883, "Broker.local")));
  BOOST_TEST(found(answers) == "broker.local:1883=tcp://192.0.2.7:1883 ");
  BOOST_TEST(answers.servers("default", false, 1)->warnings.size() == 1U);
  answers.take(message(service("Two", kSecure, 8883, "safe.local")));
  BOOST_TEST(found(answers) == "safe.local:8883=mqtts://safe.local:8883 ");
  BOOST_TEST(answers.servers("default", false, 1)->warnings.empty());
}

BOOST_AUTO_TEST_CASE(tls_only_leaves_plain_servers_out) {
  MulticastAnswers answers;
  answers.take(message(service("One", kPlain, 1883, "broker.local")));
  BOOST_TEST(found(answers, "default", true) ==
             "error: no MQTT server with TLS announces itself on this network | announce one where "
             "it runs: avahi-publish -s NAME _secure-mqtt._tcp 8883");
}

BOOST_AUTO_TEST_CASE(a_group_is_a_text_record) {
  MulticastAnswers answers;
  answers.take(message(service("One", kPlain, 1, "one.local", "Plant-1")));
  answers.take(message(service("Two", kPlain, 2, "two.local", "plant-2")));
  answers.take(message(service("Three", kPlain, 3, "three.local")));
  BOOST_TEST(found(answers, "plant-1") == "one.local:1=tcp://192.0.2.7:1 ");
  BOOST_TEST(answers.servers("default", false, 1)->servers.size() == 3U);
  BOOST_TEST(found(answers, "plant-3").find("of group 'plant-3' announces itself") !=
             std::string::npos);
}

// RFC 6763, section 12: a responder need not add the other records.
BOOST_AUTO_TEST_CASE(what_is_missing_is_asked_for_once) {
  MulticastAnswers answers;
  const auto whole = service("One", kPlain, 1883, "broker.local");
  answers.take(message({whole[0]}));
  const std::string more = text(answers.question_left());
  BOOST_TEST(more.find(text(name("one." + kPlain))) == 12U);
  BOOST_TEST(answers.question_left().empty());
  answers.take(message({whole[1]}));
  BOOST_TEST(found(answers) == "broker.local:1883=tcp://broker.local:1883 ");
}

BOOST_AUTO_TEST_CASE(ipv4_wins_and_an_address_that_needs_a_zone_does_not_count) {
  MulticastAnswers answers;
  auto records = service("One", kPlain, 1883, "broker.local");
  const Record four = records.back();
  Bytes six(16, 0);
  six[0] = 0x20, six[15] = 1;
  records.back() = {kAaaa, 10, six, "broker.local"};
  answers.take(message(records));
  BOOST_TEST(found(answers) == "broker.local:1883=tcp://[2000::1]:1883 ");
  six[0] = 0xFE, six[1] = 0x80;
  answers.take(message({{kAaaa, 10, six, "broker.local"}}));
  BOOST_TEST(found(answers) == "broker.local:1883=tcp://[2000::1]:1883 ");
  answers.take(message({four}));
  answers.take(message({{kAaaa, 10, Bytes(16, 0x20), "broker.local"}}));
  BOOST_TEST(found(answers) == "broker.local:1883=tcp://192.0.2.7:1883 ");
}

BOOST_AUTO_TEST_CASE(others_services_and_questions_do_not_count) {
  MulticastAnswers answers;
  answers.take(message(service("Printer", "_ipp._tcp.local", 631, "printer.local")));
  answers.take(message(service("One", kPlain, 1883, "broker.local"), 0));
  BOOST_TEST(found(answers).starts_with("error: no MQTT server announces itself"));
}

BOOST_AUTO_TEST_CASE(no_more_than_300_services_are_kept) {
  MulticastAnswers answers;
  for (int i = 1; i <= 1000; ++i) {
    const std::string name = "h" + std::to_string(i);
    answers.take(message(service(name, kPlain, 1883, name + ".local")));
  }
  BOOST_TEST(answers.servers("default", false, 1)->servers.size() == 300U);
}

BOOST_AUTO_TEST_CASE(any_bytes_are_survived) {
  Random random(20261129);
  const Bytes whole = message(service("One", kSecure, 8883, "broker.local", "g"));
  MulticastAnswers answers;
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = whole;
    for (std::uint64_t i = 0; i <= random.below(4); ++i)
      bytes[random.below(bytes.size())] = static_cast<unsigned char>(random.next());
    bytes.resize(random.below(bytes.size()) + 1);
    bytes.shrink_to_fit();
    answers.take(bytes);
    (void)answers.question_left();
  }
  (void)answers.servers("g", true, 1);
}
