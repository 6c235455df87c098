// SPDX-License-Identifier: Apache-2.0
// --primary-host with real servers: which server is used, when it is left, and that nothing is lost
// on the way. The names of the tests are those of the rules of Sparkplug 3.0, where it has one.
#include <set>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const std::string kTopic = "spBv1.0/STATE/scada";

std::string state(bool online, long time) {
  return std::string("{\"online\":") + (online ? "true" : "false") +
         ",\"timestamp\":" + std::to_string(time) + "}";
}

void say(const Mosquitto& server, const std::string& payload, const std::string& topic = kTopic) {
  Client client(server.port(), {.client_id = "host"});
  client.publish({.topic = topic, .payload = payload, .qos = 1, .retain = true});
}

Arguments to(const std::vector<const Mosquitto*>& servers, const Arguments& more) {
  Arguments arguments;
  for (const Mosquitto* server : servers) {
    arguments.insert(arguments.end(), {"-s", server->uri()});
  }
  arguments.insert(arguments.end(), {"--primary-host", "scada"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// mqfail-pub -l, which reads what the test writes.
Command writing(const std::vector<const Mosquitto*>& servers, Arguments more) {
  more.insert(more.end(), {"-t", "t", "-q", "1", "-l"});
  return {.argv = pub(to(servers, more)), .stdin_pipe = true};
}

std::function<bool(const Said&)> at(const Mosquitto& server) {
  return [id = "127.0.0.1:" + std::to_string(server.port())](const Said& said) {
    return said.get("server") == id;
  };
}

}  // namespace

// The walk of chapter 5: the host is on one of three servers, and moves.
BOOST_AUTO_TEST_CASE(primary_application_state_with_multiple_servers_walk) {
  Mosquitto a, b, c;
  say(a, state(false, 900));
  say(c, state(true, 1000));
  Recorder at_a(a.port(), "t"), at_b(b.port(), "t"), at_c(c.port(), "t");
  Process writer(writing({&a, &b, &c}, {"--state-timeout", "300ms"}));
  Events events(writer);
  writer.write("1\n2\n");
  REQUIRE_EVENT(writer, events, "connected", at(c), 10s);
  BOOST_TEST(at_c.wait_for(2));
  BOOST_TEST(events.count("failed") == 2U);
  say(b, state(true, 2000));
  say(c, state(false, 1999));
  writer.write("3\n4\n");
  REQUIRE_EVENT(writer, events, "lost", 10s);
  REQUIRE_EVENT(writer, events, "connected", at(b), 10s);
  // What c had acknowledged before it was left is there, the rest here.
  writer.write("5\n");
  BOOST_TEST(at_b.wait_for_payload("5"));
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
  std::set<std::string> arrived;
  for (Recorder* one : {&at_b, &at_c}) {
    for (const std::string& payload : one->payloads()) arrived.insert(payload);
  }
  BOOST_TEST((arrived == std::set<std::string>{"1", "2", "3", "4", "5"}));
  BOOST_TEST(at_a.payloads().empty());
}

// tck-id-message-flow-edge-node-birth-publish-phid-wait: nothing is published before.
BOOST_AUTO_TEST_CASE(message_flow_edge_node_birth_publish_phid_wait) {
  Mosquitto server;
  Recorder recorder(server.port(), "t");
  Process writer(writing({&server}, {}));
  Events events(writer);
  writer.write("x\n");
  BOOST_REQUIRE(server.wait_for_log(" 1 spBv1.0/STATE/scada"));
  BOOST_REQUIRE(server.wait_for_log(" 1 STATE/scada"));
  say(server, "");                            // tells nothing
  say(server, "garbage");                     // nor this
  say(server, state(true, 5), kTopic + "2");  // nor another host: ...-phid-wait-id
  REQUIRE_EVENT(writer, events, "warning", 10s);
  BOOST_TEST(events.count("connected") == 0U);
  BOOST_TEST(recorder.payloads().empty());
  say(server, state(true, 6));
  REQUIRE_EVENT(writer, events, "connected", 10s);
  BOOST_TEST(recorder.wait_for(1));
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

// A server that is frozen or never says anything costs --state-timeout, and the cause is told.
BOOST_AUTO_TEST_CASE(a_server_without_a_state_is_left_when_the_time_is_over) {
  Mosquitto a, b;
  say(b, "ONLINE", "STATE/scada");
  const Finished done = run(pub(
      to({&a, &b}, {"--state-timeout", "300ms", "--state-version", "2", "-t", "t", "-m", "x"})));
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(done.err.find("no STATE of the primary host for 0.3 s") != std::string::npos,
             done.err);
  BOOST_TEST(done.err.find("\"phase\":\"subscribe\"") != std::string::npos, done.err);
}

// tck-id-operational-behavior-edge-node-termination-host-offline-timestamp, -host-offline and
// -host-offline-reconnect: an older offline is ignored, an equal one ends the connection, in good
// order, and the next server is tried.
BOOST_AUTO_TEST_CASE(operational_behavior_edge_node_termination_host_offline) {
  Mosquitto a, b;
  say(a, state(true, 1000));
  Process writer(writing({&a, &b}, {"--will-topic", "will", "--will-payload", "died"}));
  Recorder wills(a.port(), "will");
  Events events(writer);
  REQUIRE_EVENT(writer, events, "connected", at(a), 10s);
  say(a, state(false, 999));
  say(b, state(true, 1001));
  Recorder recorder(a.port(), "t");
  writer.write("still here\n");
  BOOST_TEST(recorder.wait_for(1));
  BOOST_TEST(events.count("lost") == 0U);
  say(a, state(false, 1000));
  const auto lost = events.wait("lost");
  BOOST_REQUIRE(lost);
  BOOST_TEST(lost->get("reason") == "the primary host is not online there");
  BOOST_TEST(lost->get("text") == "its STATE says offline");
  REQUIRE_EVENT(writer, events, "connected", at(b), 10s);
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
  say(a, "end", "will");
  BOOST_TEST(wills.wait_for_payload("end"));
  BOOST_TEST(wills.payloads() == std::vector<std::string>{"end"});
}

// tck-id-...-phid-wait-timestamp: what was superseded elsewhere is not used while there is better.
BOOST_AUTO_TEST_CASE(message_flow_edge_node_birth_publish_phid_wait_timestamp) {
  Mosquitto a, b, c;
  say(a, state(true, 1000));
  say(b, state(true, 900));
  say(c, state(true, 1000));
  Process writer(writing({&a, &b, &c}, {}));
  Events events(writer);
  REQUIRE_EVENT(writer, events, "connected", at(a), 10s);
  a.kill9();
  REQUIRE_EVENT(writer, events, "failed", at(b), 10s);
  BOOST_TEST(events.last("failed")->get("text") ==
             "its STATE is older than that on another server");
  REQUIRE_EVENT(writer, events, "connected", at(c), 10s);
  // The host keeps a time for each server, and b is the last one with a host.
  c.kill9();
  REQUIRE_EVENT(writer, events, "connected", at(b), 20s);
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

// While no server has the host, the search goes on, also beyond the startup timeout of other runs.
BOOST_AUTO_TEST_CASE(all_servers_without_the_host_are_walked_until_one_has_it) {
  Mosquitto a, b;
  for (const Mosquitto* server : {&a, &b}) say(*server, state(false, 5));
  Process writer(writing({&a, &b}, {"--max-reconnect-delay", "100ms"}));
  Events events(writer);
  writer.write("x\n");
  for (int pass = 0; pass < 3; ++pass) REQUIRE_EVENT(writer, events, "backoff", 10s);
  BOOST_TEST(events.count("connected") == 0U);
  say(b, state(true, 6));
  REQUIRE_EVENT(writer, events, "connected", at(b), 10s);
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

// The subscriptions wait, too: what an unusable server has is not printed. A STATE under the user's
// own filter is printed once.
BOOST_AUTO_TEST_CASE(a_subscriber_subscribes_only_where_the_host_is) {
  Mosquitto a, b;
  for (const std::string version : {"5", "311"}) {
    say(a, state(false, 900));
    say(a, "of a", "plant/x");
    say(b, state(true, 1000));
    Process reader(sub(to({&a, &b}, {"-V", version, "-q", "1", "-t", "#", "-F", "%p"})));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed", at(b), 10s);
    say(b, state(true, 1001));
    Client client(b.port(), {.client_id = "teller"});
    client.publish({.topic = "plant/x", .payload = "of b", .qos = 1});
    BOOST_REQUIRE(reader.wait_for_line(Stream::out, "of b", 10s));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(reader.bytes(Stream::out) ==
               state(true, 1000) + "\n" + state(true, 1001) + "\nof b\n");
    BOOST_TEST(a.log().find(" 1 #") == std::string::npos);
  }
}

// tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server
BOOST_AUTO_TEST_CASE(primary_application_state_with_multiple_servers_single_server) {
  for (const Arguments& several :
       {Arguments{"--acks", "2", "-q", "1"}, Arguments{"--standby", "warm"},
        Arguments{"--priority-backup"}, Arguments{"--rebalance-update-uris"},
        Arguments{"--connect-stagger", "1s"}}) {
    Arguments arguments{"-s",    dead_uri(), "-s", dead_uri(), "--primary-host",
                        "scada", "-t",       "t",  "-m",       "x"};
    arguments.insert(arguments.end(), several.begin(), several.end());
    const Finished refused = run(command("mqfail-pub", arguments));
    BOOST_TEST(refused.exit.status == 64);
    BOOST_TEST(refused.err.find("--primary-host does not go with") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_the_topic_of_the_host_is_left) {
  ScriptedServer refusing(
      {.suback = [](const std::string& filter, int qos) { return filter == kTopic ? 0x87 : qos; }});
  Mosquitto good;
  say(good, state(true, 1));
  const Finished done = run(pub(
      {"-s", refusing.uri(), "-s", good.uri(), "--primary-host", "scada", "-t", "t", "-m", "x"}));
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(done.err.find("subscription refused: not authorized (0x87)") != std::string::npos);
}

// The connect timeout ends with the CONNACK.
BOOST_AUTO_TEST_CASE(a_probe_waits_for_the_state_as_long_as_the_state_timeout) {
  Mosquitto server({.lines = {"log_type all"}});
  Process probe(command("mqfail-probe",
                        to({&server}, {"--connect-timeout", "300ms", "--state-timeout", "8s"})));
  BOOST_REQUIRE(server.wait_for_log("Sending SUBACK to .*"));
  BOOST_TEST(!probe.wait_exit(600ms).has_value());
  say(server, state(true, 1000));
  CHECK_STATUS(probe, 0);
}

BOOST_AUTO_TEST_CASE(a_server_without_the_host_does_not_hold_up_the_messages_of_the_others) {
  Mosquitto a, b;
  say(a, state(true, 1000));
  const Finished probed =
      run(command("mqfail-probe", to({&a, &b}, {"--topic", "p", "--cross", "-t", "3"})));
  BOOST_TEST(probed.exit.status != 2, probed.out);
  BOOST_TEST(probed.out.find("1/2 up") != std::string::npos, probed.out);
}
