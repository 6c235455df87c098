// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --topic and --cross: a server is good if it delivers, and servers belong together if
// what is published to each arrives through each other one. Also --features.
#include "end_to_end/probed.hpp"

using namespace rig;

namespace {

std::string named(const std::string& uri, const std::string& id) {
  return uri + "?serverId=" + id;
}

/// b is bridged to a in both directions.
struct Bridged {
  Bridged()
      : b(Mosquitto()),
        a({.lines = {"connection to-b", "address 127.0.0.1:" + std::to_string(b.port()),
                     "topic # both 1", "restart_timeout 1", "notifications false"}}) {
    for (const auto& [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      Client listener(to->port(), {.client_id = "listener"});
      listener.subscribe("together", 1);
      Client(from->port(), {.client_id = "bringer"})
          .publish({.topic = "together", .payload = "x", .qos = 1, .retain = true});
      BOOST_REQUIRE(listener.receive(20s).has_value());
    }
  }
  Mosquitto b, a;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_goes_round_through_each_server_and_nothing_is_kept) {
  Mosquitto a, b;
  const Probed probed = probe({"-s", a.uri(), "-s", b.uri(), "--topic", "probe/t"});
  BOOST_TEST(probed.status == 0, probed.out);
  for (const char* const phase : {"suback ", "ping ", "puback ", "round trip "})
    BOOST_TEST(has(probed, phase), phase << probed.out);
  Client later(a.port());
  later.subscribe("#", 1);
  Client(a.port(), {.client_id = "other"}).publish({.topic = "end", .payload = "x", .qos = 1});
  const auto first = later.receive(10s);
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->topic == "end");
}

BOOST_AUTO_TEST_CASE(many_probes_at_once_on_one_topic_do_not_disturb_each_other) {
  Mosquitto server;
  std::vector<std::unique_ptr<Process>> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(std::make_unique<Process>(
        command("mqfail-probe", {"-s", server.uri(), "-s", named(server.uri(), "again"), "--topic",
                                 "probe/t", "--cross"})));
  }
  for (const auto& one : all) CHECK_STATUS(*one, 0);
}

BOOST_AUTO_TEST_CASE(a_server_that_answers_pings_and_does_not_deliver_is_down_with_its_phase) {
  ScriptedServer keeps;  // acknowledges and delivers nothing
  ScriptedServer hangs({.at_publish = 1, .then = Then::stop_acking});
  ScriptedServer deaf({.answer_subscribe = false});
  ScriptedServer shut({.suback = [](const std::string&, int) { return 0x87; }});
  ScriptedServer full({.puback = [](const Publish&) { return 0x97; }});
  const Probed probed =
      probe({"-s", named(keeps.uri(), "keeps"), "-s", named(hangs.uri(), "hangs"), "-s",
             named(deaf.uri(), "deaf"), "--topic", "t", "--connect-timeout", "500ms"});
  BOOST_TEST(probed.status == 2, probed.out);
  BOOST_TEST(has(probed, "keeps answers and does not deliver a message (round trip)"), probed.out);
  BOOST_TEST(has(probed, "hangs does not acknowledge a message (puback)"), probed.out);
  BOOST_TEST(has(probed, "deaf does not answer a SUBSCRIBE (suback)"), probed.out);
  BOOST_TEST(probed.seconds < at_most(5.0));
  const Probed refused = probe({"-s", named(shut.uri(), "shut"), "-s", named(full.uri(), "full"),
                                "--topic", "t", "--format", "json"});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(has(refused, R"("phase":"suback","code":135,)"), refused.out);
  BOOST_TEST(has(refused, R"("phase":"puback","code":151,)"), refused.out);
  BOOST_TEST(has(refused, "shut refuses the topic: not authorized"), refused.out);
  // Without a topic all of them answer.
  BOOST_TEST(probe({"-s", keeps.uri(), "-s", hangs.uri(), "-s", deaf.uri()}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_server_with_an_acl_refuses_the_topic_and_is_told_so) {
  Scratch scratch;
  write_file(scratch / "acl", "topic read allowed\n");
  Mosquitto server({.lines = {"acl_file " + (scratch / "acl").string()}});
  const Probed probed =
      probe({"-s", named(server.uri(), "a"), "--topic", "closed", "--connect-timeout", "500ms"});
  BOOST_TEST(probed.status == 2);
  BOOST_TEST((has(probed, "(puback)") || has(probed, "(round trip)") || has(probed, "refuses")),
             probed.out);
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_qos_0_only_is_probed_with_that) {
  ScriptedServer server({.connack_properties = {{property::maximum_qos, 0, {}, {}}}});
  Process process(
      command("mqfail-probe", {"-s", server.uri(), "--topic", "t", "--connect-timeout", "5s"}));
  BOOST_REQUIRE(server.wait_for(What::publish));
  const Publish seen = server.log(What::publish)[0].publish;
  BOOST_TEST(seen.qos == 0);
  BOOST_TEST(!seen.retain);
  server.publish(seen);
  CHECK_STATUS(process, 0);
  BOOST_TEST(process.bytes(Stream::out).find("puback") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_others_say_on_the_topic_is_no_answer) {
  ScriptedServer server;
  Process process(
      command("mqfail-probe", {"-s", server.uri(), "--topic", "t", "--connect-timeout", "1s"}));
  BOOST_REQUIRE(server.wait_for(What::publish));
  Publish other = server.log(What::publish)[0].publish;
  // As that of another probe: one letter of its name differs.
  char& letter = other.payload.at(other.payload.size() / 2);
  letter = letter == 'a' ? 'b' : 'a';
  server.publish(other);
  server.publish({.topic = "t", .payload = std::string(100000, 'x'), .qos = 1});
  CHECK_STATUS(process, 2);
}

BOOST_AUTO_TEST_CASE(a_message_of_many_megabytes_before_the_answer_is_passed_over) {
  ScriptedServer server;
  Process process(
      command("mqfail-probe", {"-s", server.uri(), "--topic", "t", "--connect-timeout", "10s"}));
  BOOST_REQUIRE(server.wait_for(What::publish));
  const Publish own = server.log(What::publish)[0].publish;
  server.publish({.topic = "t", .payload = std::string(100'000'000, 'x')});
  server.publish(own);
  const auto exit = process.wait_exit(20s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 0, process.bytes(Stream::out));
  BOOST_TEST(memory_within(exit->usage.ru_maxrss, 60L * 1024), exit->usage.ru_maxrss);
  BOOST_TEST(process.bytes(Stream::out).find("OK - 1/1 up") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(between_bridged_servers_every_pair_has_a_time) {
  Bridged servers;
  const Arguments arguments{"-s",      named(servers.a.uri(), "a"),
                            "-s",      named(servers.b.uri(), "b"),
                            "--topic", "probe/t",
                            "--cross"};
  const Probed text = probe(arguments);
  BOOST_TEST(text.status == 0, text.out);
  const std::regex row("\nto a +[0-9.]+ +[0-9.]+\nto b +[0-9.]+ +[0-9.]+\nOK - ");
  BOOST_TEST(std::regex_search(text.out, row), text.out);
  for (const auto& [format, part] :
       {std::pair{"json", R"({"to":"a","at":"b","arrived":true,"ms":)"},
        {"prometheus", "mqfail_probe_cross_arrived{to=\"a\",at=\"b\"} 1\n"},
        {"nagios", "\nto a "},
        {"html", "<td class=\"yes\">"}}) {
    Arguments all = arguments;
    all.insert(all.end(), {"--format", format});
    const Probed probed = probe(all);
    BOOST_TEST(probed.status == 0, format);
    BOOST_TEST(has(probed, part), format << probed.out);
  }
}

BOOST_AUTO_TEST_CASE(servers_that_are_not_bridged_are_a_warning_that_names_the_pair) {
  Mosquitto a, b;
  const Probed probed = probe({"-s", named(a.uri(), "a"), "-s", named(b.uri(), "b"), "--topic", "t",
                               "--cross", "--connect-timeout", "500ms"});
  BOOST_TEST(probed.status == 1, probed.out);
  BOOST_TEST(has(probed, "; nothing passes between a and b\n"), probed.out);
  BOOST_TEST(has(probed, "missing"), probed.out);
}

BOOST_AUTO_TEST_CASE(a_bridge_in_one_direction_is_told_with_its_direction) {
  Mosquitto b;
  Mosquitto a({.lines = {"connection to-b", "address 127.0.0.1:" + std::to_string(b.port()),
                         "topic # out 1", "restart_timeout 1", "notifications false"}});
  Client listener(b.port(), {.client_id = "listener"});
  listener.subscribe("together", 1);
  Client(a.port()).publish({.topic = "together", .payload = "x", .qos = 1, .retain = true});
  BOOST_REQUIRE(listener.receive(20s).has_value());
  const Probed probed = probe({"-s", named(a.uri(), "a"), "-s", named(b.uri(), "b"), "--topic", "t",
                               "--cross", "--connect-timeout", "1s"});
  BOOST_TEST(probed.status == 1, probed.out);
  BOOST_TEST(has(probed, "; what is published to b does not arrive through a\n"), probed.out);
}

BOOST_AUTO_TEST_CASE(a_dead_server_does_not_take_the_time_of_the_exchange) {
  Bridged servers;
  ScriptedServer silent({.connack = false});
  const Probed probed =
      probe({"-s", named(servers.a.uri(), "a"), "-s", named(servers.b.uri(), "b"), "-s",
             named(silent.uri(), "silent"), "--topic", "t", "--cross", "-t", "2"});
  BOOST_TEST(probed.status == 0, probed.out);
  BOOST_TEST(has(probed, "silent does not answer (connack)"), probed.out);
  const std::regex row("\nto a +[0-9.]+ +[0-9.]+ +-\n");
  BOOST_TEST(std::regex_search(probed.out, row), probed.out);
  BOOST_TEST(probed.seconds < at_most(4.0));
}

BOOST_AUTO_TEST_CASE(features_show_what_the_server_says_of_itself) {
  ScriptedServer server({.connack_properties = {{property::receive_maximum, 7, {}, {}},
                                                {property::retain_available, 0, {}, {}},
                                                {property::maximum_packet_size, 5000, {}, {}},
                                                {property::server_keep_alive, 77, {}, {}},
                                                {property::assigned_client_id, 0, "given", {}},
                                                {property::reason_string, 0, "hi\x1b", {}}}});
  const Probed text = probe({"-s", server.uri(), "--features"});
  BOOST_TEST(has(text, "receive maximum 7, maximum QoS 2, retain no, maximum packet size 5000, "),
             text.out);
  BOOST_TEST(has(text, "server keepalive 77 s, assigned client id given, reason string hi\\x1b\n"),
             text.out);
  const Probed json = probe({"-s", server.uri(), "--features", "--format", "json"});
  BOOST_TEST(is_json(json.out));
  BOOST_TEST(has(json, R"("receive_maximum":7,"maximum_qos":2,"retain_available":false,)"),
             json.out);
  BOOST_TEST(!has(probe({"-s", server.uri()}), "receive maximum"));
}

BOOST_AUTO_TEST_CASE(a_server_that_names_another_one_is_told_with_the_name) {
  ScriptedServer server(
      {.connack_v5 = 0x9C,
       .connack_properties = {{property::server_reference, 0, "other.example:1883", {}}}});
  const Probed probed = probe({"-s", named(server.uri(), "a")});
  BOOST_TEST(has(probed,
                 "the preferred a refuses us: use another server (0x9C), it names "
                 "other.example:1883\n"),
             probed.out);
}
