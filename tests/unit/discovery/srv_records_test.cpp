// SPDX-License-Identifier: Apache-2.0
// What --srv NAME asks for, and in which order the answers are used.
#include "discovery/srv_records.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

using namespace mqfail;

namespace {

const SrvQuestion kTls{"_secure-mqtt._tcp.example.com", Scheme::tls};

std::string asked(std::string_view name, bool tls_only = false) {
  const auto questions = srv_questions(name, tls_only);
  if (!questions) return "error: " + questions.error().message + " | " + questions.error().hint;
  std::string all;
  for (const SrvQuestion& question : *questions)
    all += std::string(scheme_name(question.scheme)) + " " + question.name + "; ";
  return all;
}

SrvAnswer answer(std::vector<SrvTarget> targets, int ttl = 60) {
  return {std::move(targets), std::chrono::seconds(ttl), {}};
}

std::string hosts(const SrvList& list) {
  std::string all;
  for (const Server& server : list.servers) all += server.host + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_domain_stands_for_its_tls_service_and_then_for_plain_text) {
  BOOST_TEST(asked("Example.com.") ==
             "mqtts _secure-mqtt._tcp.example.com; tcp _mqtt._tcp.example.com; ");
  BOOST_TEST(asked("example.com", true) == "mqtts _secure-mqtt._tcp.example.com; ");
}

BOOST_AUTO_TEST_CASE(a_whole_name_is_asked_for_as_it_is) {
  BOOST_TEST(asked("_secure-mqtt._tcp.a.b") == "mqtts _secure-mqtt._tcp.a.b; ");
  BOOST_TEST(asked("_MQTTS._tcp.a.b") == "mqtts _mqtts._tcp.a.b; ");
  BOOST_TEST(asked("_mqtt._tcp.a.b", true) == "tcp _mqtt._tcp.a.b; ");
}

BOOST_AUTO_TEST_CASE(a_scheme_before_the_name_decides) {
  BOOST_TEST(asked("mqtts://a.b") == "mqtts _secure-mqtt._tcp.a.b; ");
  BOOST_TEST(asked("mqtt://a.b") == "tcp _mqtt._tcp.a.b; ");
  BOOST_TEST(asked("wss://_web._tcp.a.b") == "wss _web._tcp.a.b; ");
  BOOST_TEST(asked("ssl://_broker._tcp.a.b") == "mqtts _broker._tcp.a.b; ");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_for_is_refused_with_advice) {
  for (const auto& [name, part] :
       std::map<std::string, std::string>{{"", "'' is not a domain"},
                                          {"a b", "without port, user or path"},
                                          {"example.com:8883", "without port"},
                                          {"10.0.0.1", "is not a domain"},
                                          {std::string(64, 'a') + ".com", "is not a domain"},
                                          {"_wss._tcp.a.b", "mqtts://_wss._tcp.a.b"},
                                          {"wss://a.b", "wss://_NAME._tcp.a.b"},
                                          {"http://a.b", "unknown scheme 'http'"},
                                          {"mqtts://user@a.b", "without port, user"},
                                          {"\x1b[31m", "\\x1b[31m"}}) {
    const std::string said = asked(name);
    BOOST_TEST(said.starts_with("error: "), name << ": " << said);
    BOOST_TEST(said.find(part) != std::string::npos, name << ": " << said);
  }
}

BOOST_AUTO_TEST_CASE(priorities_come_first_and_ids_are_host_and_port) {
  const auto list = srv_servers(
      kTls, answer({{20, 9, 1, "C"}, {0, 1, 8883, "A.example"}, {10, 65535, 2, "b"}}), 1);
  BOOST_TEST(hosts(list) == "a.example b c ");
  const Server& first = list.servers.front();
  BOOST_TEST((first.id == "a.example:8883" && first.port == 8883 && first.scheme == Scheme::tls));
  BOOST_TEST(list.warnings.empty());
}

// RFC 2782: the chance to be first is weight / sum of weights.
BOOST_AUTO_TEST_CASE(weights_are_chances) {
  constexpr int kRuns = 20000;
  std::map<std::string, int> first, second_after_c;
  for (int seed = 0; seed < kRuns; ++seed) {
    const auto list = srv_servers(
        kTls, answer({{0, 10, 1, "a"}, {0, 20, 1, "b"}, {0, 70, 1, "c"}, {0, 0, 1, "zero"}}), seed);
    ++first[list.servers.front().host];
    if (list.servers.front().host == "c") ++second_after_c[list.servers.at(1).host];
  }
  const auto near = [](int count, double share, int of) {
    return std::abs(count - share * of) < 5 * std::sqrt(share * (1 - share) * of);
  };
  BOOST_TEST(near(first["a"], 0.1, kRuns), first["a"]);
  BOOST_TEST(near(first["b"], 0.2, kRuns), first["b"]);
  BOOST_TEST(near(first["c"], 0.7, kRuns), first["c"]);
  BOOST_TEST(first["zero"] < kRuns / 1000);
  const int of = second_after_c["a"] + second_after_c["b"];
  BOOST_TEST(near(second_after_c["b"], 2.0 / 3, of), second_after_c["b"] << " of " << of);
}

BOOST_AUTO_TEST_CASE(servers_of_weight_0_alone_are_equals) {
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 3000; ++seed)
    ++first[srv_servers(kTls, answer({{0, 0, 1, "a"}, {0, 0, 1, "b"}, {0, 0, 1, "c"}}), seed)
                .servers.front()
                .host];
  for (const char* host : {"a", "b", "c"}) BOOST_TEST(std::abs(first[host] - 1000) < 150);
}

BOOST_AUTO_TEST_CASE(the_same_records_in_any_order_are_the_same_list) {
  std::vector<SrvTarget> targets;
  for (std::uint16_t i = 1; i <= 20; ++i) targets.push_back({0, i, i, "h" + std::to_string(i)});
  const auto list = srv_servers(kTls, answer(targets), 7);
  std::rotate(targets.begin(), targets.begin() + 7, targets.end());
  for (SrvTarget& target : targets) target.host[0] = 'H';  // DNS servers may change the letter case
  BOOST_TEST((srv_servers(kTls, answer(targets), 7).servers == list.servers));
  BOOST_TEST((srv_servers(kTls, answer(targets), 8).servers != list.servers));
}

BOOST_AUTO_TEST_CASE(a_record_that_goes_moves_no_other) {
  std::vector<SrvTarget> targets;
  for (std::uint16_t i = 1; i <= 20; ++i) targets.push_back({0, i, i, "h" + std::to_string(i)});
  auto before = srv_servers(kTls, answer(targets), 7).servers;
  targets.erase(targets.begin() + 11);
  const auto after = srv_servers(kTls, answer(targets), 7).servers;
  before.erase(std::find_if(before.begin(), before.end(),
                            [](const Server& server) { return server.host == "h12"; }));
  BOOST_TEST((before == after));
}

BOOST_AUTO_TEST_CASE(what_no_server_can_be_is_left_out_and_told) {
  const auto list = srv_servers(kTls,
                                answer({{0, 0, 0, "port-0"},
                                        {1, 0, 1, "good"},
                                        {2, 0, 1, "GOOD"},
                                        {3, 0, 1, "10.0.0.1"},
                                        {4, 0, 1, "-x\\032\x1b[31m"},
                                        {5, 0, 0, ""}}),
                                1);
  BOOST_TEST(hosts(list) == "good ");
  BOOST_REQUIRE(list.warnings.size() == 1);
  BOOST_TEST(list.warnings.front() ==
             "_secure-mqtt._tcp.example.com: 3 SRV records without a usable host name and port, "
             "such as port-0 port 0");
}

BOOST_AUTO_TEST_CASE(the_best_300_are_used_and_the_rest_is_told) {
  std::vector<SrvTarget> targets;
  for (std::uint16_t i = 1; i <= 400; ++i)
    targets.push_back({static_cast<std::uint16_t>(500 - i), 0, i, "h"});
  const auto list = srv_servers(kTls, answer(targets), 1);
  BOOST_TEST(list.servers.size() == 300);
  BOOST_TEST(list.servers.front().port == 400);
  BOOST_TEST(list.servers.back().port == 101);
  BOOST_REQUIRE(list.warnings.size() == 1);
  BOOST_TEST(list.warnings.front().find("100 SRV records left out") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_next_look_is_due_with_the_ttl_within_bounds) {
  for (const auto& [ttl, seconds] :
       std::map<int, int>{{0, 5}, {4, 5}, {6, 6}, {3600, 3600}, {2147483647, 86400}}) {
    const auto list = srv_servers(kTls, answer({{0, 0, 1, "a"}}, ttl), 1);
    BOOST_TEST((list.again == std::chrono::seconds(seconds)), ttl);
  }
}

BOOST_AUTO_TEST_CASE(a_web_socket_server_has_its_usual_path) {
  const auto list = srv_servers({"_w._tcp.a", Scheme::wss}, answer({{0, 0, 443, "a"}}), 1);
  BOOST_TEST(list.servers.front().path == "/mqtt");
}
