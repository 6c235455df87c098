// SPDX-License-Identifier: Apache-2.0
// mqfail-sub as a Sparkplug host application, and mqfail-probe that looks for one, with real
// servers. The names of the tests are those of the rules of Sparkplug 3.0, where it has one.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const std::string kTopic = "spBv1.0/STATE/scada";
const std::string kOffline = R"({"online":false,"timestamp":7})";

Command host(const std::vector<const Mosquitto*>& servers, const Arguments& more = {}) {
  Arguments arguments{"-t", "spBv1.0/#", "--publish-state", "--host-id", "scada", "-F", "%p"};
  for (const Mosquitto* server : servers) {
    arguments.insert(arguments.end(), {"-s", server->uri()});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  return {.argv = sub(arguments)};
}

/// The time of a STATE payload that says online or offline as expected; -1 if it says else.
long time_in(const std::string& payload, bool online) {
  const std::string head =
      std::string("{\"online\":") + (online ? "true" : "false") + ",\"timestamp\":";
  if (!payload.starts_with(head) || !payload.ends_with('}')) return -1;
  return std::stol(payload.substr(head.size()));
}

long now_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

// tck-id-host-topic-phid-birth-payload-timestamp: birth and will have the time of their connection.
BOOST_AUTO_TEST_CASE(host_topic_phid_birth_payload_timestamp_and_death) {
  Mosquitto server;
  Recorder recorder(server.port(), kTopic);
  const long before = now_ms();
  Process reader(host({&server}));
  BOOST_REQUIRE(recorder.wait_for(1));
  reader.signal(SIGKILL);
  BOOST_REQUIRE(recorder.wait_for(2));
  const std::vector<Recorded> said = recorder.all();
  const long birth = time_in(said[0].publish.payload, true);
  BOOST_TEST(birth >= before);
  BOOST_TEST(birth <= now_ms());
  BOOST_TEST(time_in(said[1].publish.payload, false) == birth);
  BOOST_TEST(said[0].publish.qos == 1);
  // tck-id-host-topic-phid-birth-retain, -death-retain
  Client later(server.port());
  later.subscribe(kTopic, 1);
  const auto kept = later.receive(5s);
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->retain);
  BOOST_TEST(kept->payload == said[1].publish.payload);
}

// tck-id-host-topic-phid-death-payload-disconnect-clean; and what the host hears of it itself is no
// reason to say that it is online (eclipse-sparkplug/sparkplug issue 539).
BOOST_AUTO_TEST_CASE(host_topic_phid_death_payload_disconnect_clean) {
  Mosquitto server;
  Recorder recorder(server.port(), kTopic);
  Process reader(host({&server}));
  BOOST_REQUIRE(recorder.wait_for(1));
  const long birth = time_in(recorder.payloads()[0], true);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_REQUIRE(recorder.wait_for(2));
  BOOST_TEST(time_in(recorder.payloads()[1], false) > birth);
  Client(server.port(), {.client_id = "end"}).publish({.topic = kTopic, .payload = "end"});
  BOOST_REQUIRE(recorder.wait_for_payload("end"));
  BOOST_TEST(recorder.payloads().size() == 3U);
}

// tck-id-message-flow-hid-sparkplug-state-message-delivered
BOOST_AUTO_TEST_CASE(message_flow_hid_sparkplug_state_message_delivered) {
  Mosquitto server;
  Client other(server.port(), {.client_id = "other"});
  Recorder recorder(server.port(), kTopic);
  Process reader(host({&server}));
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, ".*online.:true.*", 10s));
  BOOST_REQUIRE(recorder.wait_for(1));
  other.publish({.topic = kTopic, .payload = kOffline, .qos = 1, .retain = true});
  BOOST_REQUIRE(recorder.wait_for(3));
  const auto said = recorder.payloads();
  BOOST_TEST(time_in(said[0], true) > 7);
  BOOST_TEST(said[1] == kOffline);
  BOOST_TEST(said[2] == said[0]);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

// What was retained before the host came is heard before its birth, or behind it and answered. In
// both cases the last word is the birth.
BOOST_AUTO_TEST_CASE(a_retained_message_that_says_offline_is_not_the_last_word) {
  Mosquitto server;
  Client other(server.port(), {.client_id = "other"});
  other.publish({.topic = kTopic, .payload = kOffline, .qos = 1, .retain = true});
  Recorder recorder(server.port(), kTopic);
  BOOST_REQUIRE(recorder.wait_for(1));
  Process reader(host({&server}));
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, ".*online.:true.*", 10s));
  BOOST_REQUIRE(recorder.wait_for(2));
  const std::string birth = recorder.payloads()[1];
  BOOST_TEST(time_in(birth, true) > 7);
  BOOST_TEST(recorder.payloads().back() == birth);
  Client later(server.port());
  later.subscribe(kTopic, 1);
  const auto kept = later.receive(5s);
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->payload == birth);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

// tck-id-operational-behavior-host-application-multi-server-timestamp: a session and a time a
// server.
BOOST_AUTO_TEST_CASE(operational_behavior_host_application_multi_server_timestamp) {
  Mosquitto a, b;
  Recorder at_a(a.port(), kTopic), at_b(b.port(), kTopic);
  Process reader(host({&a, &b}, {"--standby", "hot"}));
  BOOST_REQUIRE(at_a.wait_for(1));
  BOOST_REQUIRE(at_b.wait_for(1));
  const std::string first_of_b = at_b.payloads()[0];
  a.kill9();
  a.restart();
  Recorder again(a.port(), kTopic);
  BOOST_REQUIRE(again.wait_for(1, 20s));
  BOOST_TEST(time_in(again.payloads()[0], true) > time_in(at_a.payloads()[0], true));
  BOOST_TEST(at_b.payloads() == std::vector<std::string>{first_of_b});
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(again.wait_for(2));
  BOOST_TEST(at_b.wait_for(2));
}

BOOST_AUTO_TEST_CASE(what_a_host_cannot_be_besides_is_a_usage_error) {
  for (const Arguments& wrong :
       {Arguments{"--publish-state"}, Arguments{"--host-id", "scada"},
        Arguments{"--publish-state", "--host-id", "a/b"},
        Arguments{"--publish-state", "--host-id", "scada", "--will-topic", "w"},
        Arguments{"--publish-state", "--host-id", "scada", "--primary-host", "other"},
        Arguments{"--publish-state", "--host-id", "scada", "--standby", "warm"}}) {
    Arguments arguments{"-s", dead_uri(), "-s", dead_uri(), "-t", "t"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const Finished refused = run(command("mqfail-sub", arguments));
    BOOST_TEST(refused.exit.status == 64, refused.err);
  }
}

BOOST_AUTO_TEST_CASE(a_probe_finds_the_servers_that_have_the_host) {
  Mosquitto has, lost, never;
  Client(lost.port())
      .publish({.topic = kTopic,
                .payload = R"({"online":false,"timestamp":1000})",
                .qos = 1,
                .retain = true});
  Process reader(host({&has}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed", 10s);
  Arguments arguments{"-s",        has.uri(),        "-s",    lost.uri(),        "-s",
                      never.uri(), "--primary-host", "scada", "--state-timeout", "300ms"};
  const Finished text = run(command("mqfail-probe", arguments));
  BOOST_TEST(text.exit.status == 0, text.err);
  for (const std::string part :
       {", host online since ", ", host offline since 1000 (", ", host none",
        "the primary host is not online there (suback): its STATE says offline",
        "no STATE of the primary host for 0.3 s", "OK - 1/3 up"}) {
    BOOST_TEST(text.out.find(part) != std::string::npos, part << " is not in:\n" << text.out);
  }
  arguments.insert(arguments.end(), {"--format", "json"});
  const Finished json = run(command("mqfail-probe", arguments));
  BOOST_TEST(is_json(json.out));
  for (const std::string part :
       {R"("state":{"host":"online","version":3,"timestamp":)", R"("age_ms":)",
        R"("state":{"host":"offline","version":3,"timestamp":1000,)",
        R"("state":{"host":"none")"}) {
    BOOST_TEST(json.out.find(part) != std::string::npos, part << " is not in:\n" << json.out);
  }
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(
      run(command("mqfail-probe", {"-s", has.uri(), "--primary-host", "scada"})).exit.status == 2);
}
