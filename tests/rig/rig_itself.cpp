// SPDX-License-Identifier: Apache-2.0
// Every other test trusts the rig, so the rig is tested first, with the clients of mosquitto.
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "rig/bare_server.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"
#include "rig/mosquitto.hpp"
#include "rig/recording_proxy.hpp"
#include "rig/scripted_server.hpp"

using namespace rig;

namespace {
std::vector<std::string> pub(std::uint16_t port, std::vector<std::string> rest) {
  rest.insert(rest.begin(),
              {"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port), "-t", "t"});
  return rest;
}
std::vector<std::string> sub(std::uint16_t port, std::vector<std::string> rest) {
  rest.insert(rest.begin(),
              {"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(port), "-t", "t"});
  return rest;
}
std::string lines(std::uint32_t count) {
  std::string all;
  for (std::uint32_t i = 1; i <= count; ++i) all += numbered_line(i) + "\n";
  return all;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_numbered_line_notices_any_damage) {
  const std::string line = numbered_line(42, 60);
  BOOST_TEST(line.size() == 60U);
  BOOST_TEST(number_of(line).value_or(0) == 42U);
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string damaged = line;
    damaged[i] ^= 1;
    BOOST_TEST(!number_of(damaged).has_value(), "damage at " << i);
  }
  BOOST_TEST(number_of(numbered_line(7)).value_or(0) == 7U);
  BOOST_TEST(!number_of("00000007").has_value());
}

BOOST_AUTO_TEST_CASE(a_server_is_killed_frozen_and_restarted_on_its_port) {
  Mosquitto server;
  const std::uint16_t port = server.port();
  BOOST_TEST(run(pub(port, {"-m", "x"})).exit.status == 0);
  server.kill9();
  BOOST_TEST(!connect_to(port, 0ms));
  BOOST_TEST(run(pub(port, {"-m", "x"})).exit.status != 0);
  server.restart();
  BOOST_TEST(server.port() == port);
  BOOST_TEST(run(pub(port, {"-m", "x"})).exit.status == 0);
  server.freeze();
  BOOST_CHECK_THROW(Client{port}, Broken);
  server.thaw();
  Client{port};
}

BOOST_AUTO_TEST_CASE(a_recorder_hears_everything_in_order) {
  Mosquitto server({.lines = {"max_queued_messages 0"}});
  Recorder recorder(server.port(), "t");
  Process publisher({.argv = pub(server.port(), {"-l", "-q", "1"}), .stdin_pipe = true});
  publisher.feed(lines(1000));
  BOOST_REQUIRE(publisher.wait_exit(20s).has_value());
  BOOST_REQUIRE(recorder.wait_for(1000));
  std::uint32_t expected = 0;
  for (const std::string& payload : recorder.payloads())
    BOOST_TEST(number_of(payload).value_or(0) == ++expected);
}

BOOST_AUTO_TEST_CASE(a_stream_goes_to_all_servers_and_survives_one) {
  Mosquitto a, b;
  Process reader(sub(b.port(), {"-q", "1"}));
  StreamPublisher stream({a.port(), b.port()}, {.every = 1ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  a.kill9();
  const std::size_t then = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, then + 50, 10s));
  stream.stop();
  std::uint32_t last = 0;
  for (const Line& line : reader.lines(Stream::out)) {
    const std::uint32_t number = number_of(line.text).value_or(0);
    BOOST_TEST((last == 0 || number == last + 1));
    last = number;
  }
}

BOOST_AUTO_TEST_CASE(a_scripted_server_tells_received_from_acknowledged) {
  ScriptedServer server({.at_publish = 3, .then = Then::stop_acking});
  Process publisher({.argv = pub(server.port(), {"-l", "-q", "1", "-V", "5"}), .stdin_pipe = true});
  publisher.feed(lines(5));
  BOOST_REQUIRE(server.wait_for(What::publish, 5));
  BOOST_TEST(server.wait_for(What::acknowledged, 2));
  BOOST_TEST(server.count(What::acknowledged) == 2U);
  const auto connects = server.log(What::connect);
  BOOST_REQUIRE(connects.size() == 1U);
  BOOST_TEST(connects[0].connect.version == 5);
  BOOST_TEST(server.count(What::malformed) == 0U);
}

BOOST_AUTO_TEST_CASE(a_scripted_server_serves_a_subscriber_in_slices_and_counts_its_acks) {
  ScriptedServer server({.slices = true});
  Process reader(sub(server.port(), {"-q", "1", "-C", "3"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (const char* payload : {"one", "two", "three"})
    server.publish({.topic = "t", .payload = payload, .qos = 1});
  BOOST_REQUIRE(reader.wait_exit(5s).has_value());
  BOOST_TEST(reader.bytes(Stream::out) == "one\ntwo\nthree\n");
  BOOST_TEST(server.wait_for(What::ack, 3));
}

BOOST_AUTO_TEST_CASE(a_scripted_server_refuses_as_told) {
  ScriptedServer server({.connack_v5 = 0x89, .connack_v3 = 3});
  BOOST_TEST(run(pub(server.port(), {"-m", "x", "-V", "5"})).exit.status == 0x89);
  BOOST_TEST(run(pub(server.port(), {"-m", "x", "-V", "311"})).exit.status == 3);
  server.change([](Script& script) {
    script = {};
    script.suback = [](const std::string&, int) { return 0x87; };
  });
  const Finished refused = run(sub(server.port(), {"-V", "5", "-E"}));
  BOOST_TEST(refused.err.find("denied") != std::string::npos, refused.err);
  server.refuse();
  BOOST_TEST(!connect_to(server.port(), 0ms));
  server.accept();
  BOOST_TEST(!!connect_to(server.port(), 1s));
}

BOOST_AUTO_TEST_CASE(a_proxy_dies_at_the_chosen_packet_and_knows_what_was_acknowledged) {
  Mosquitto server;
  RecordingProxy proxy(server.port());
  proxy.on_publish([&](std::size_t count) {
    if (count < 100) return RecordingProxy::Do::forward;
    ::kill(server.pid(), SIGKILL);
    return RecordingProxy::Do::die;
  });
  Process publisher({.argv = pub(proxy.port(), {"-l", "-q", "1"}), .stdin_pipe = true});
  publisher.feed(lines(200));
  const Moment end = Clock::now() + 10s;
  while (!proxy.dead() && Clock::now() < end) std::this_thread::sleep_for(1ms);
  BOOST_TEST(proxy.dead());
  const auto passed = proxy.passed();
  BOOST_TEST(passed.size() == 100U);
  std::size_t acknowledged = 0;
  for (std::size_t i = 0; i < passed.size(); ++i) {
    BOOST_TEST(number_of(passed[i].payload).value_or(0) == i + 1);
    acknowledged += passed[i].acknowledged ? 1 : 0;
  }
  BOOST_TEST(acknowledged < 100U);
  BOOST_TEST(acknowledged == proxy.acknowledged());
}

BOOST_AUTO_TEST_CASE(a_line_on_stderr_is_one_json_object_or_a_finding) {
  BOOST_TEST(parse_event(R"({"v":1,"event":"lost","server":"a","n":3})").has_value());
  BOOST_TEST(!parse_event(R"({"event":"a"}{"event":"b"})").has_value());
  BOOST_TEST(!parse_event("{\"event\":\"a\x1b[31m\"}").has_value());
  BOOST_TEST(!parse_event("warning: x").has_value());
  BOOST_TEST(parse_event(R"({"event":"exit","exit":75})")->number("exit") == 75);
}

BOOST_AUTO_TEST_CASE(a_process_tells_its_status_its_lines_and_its_memory) {
  Process shell(std::vector<std::string>{"sh", "-c", "echo out; echo err >&2; exit 7"});
  const auto exit = shell.wait_exit(5s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 7);
  BOOST_TEST(shell.bytes(Stream::out) == "out\n");
  BOOST_TEST(shell.bytes(Stream::err) == "err\n");
  Process sleeper(std::vector<std::string>{"sleep", "100"});
  BOOST_TEST(!sleeper.wait_exit(50ms).has_value());
  BOOST_TEST(sleeper.peak_kib() > 100);
  BOOST_TEST(sleeper.peak_kib() < 10'000);
  sleeper.signal(SIGTERM);
  BOOST_TEST(sleeper.wait_exit(5s)->status == 128 + SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_bare_server_takes_what_a_publisher_sends) {
  for (const int qos : {0, 1, 2}) {
    for (const char* version : {"311", "5"}) {
      // Of both sizes of a length, and one that does not fit into a read.
      for (const std::size_t size : {10U, 1'000U, 300'000U}) {
        BareServer server({.window = 3});
        Command command{
            .argv = pub(server.port(), {"-l", "-q", std::to_string(qos), "-V", version}),
            .stdin_pipe = true};
        Process process(command);
        std::string all;
        for (int i = 0; i < 7; ++i) all += std::string(size, 'x') + '\n';
        process.feed(all);
        BOOST_CHECK_NO_THROW(server.received(7, 10s));
        BOOST_CHECK_THROW(server.received(8, 10s), Broken);
        const auto exit = process.wait_exit(10s);
        BOOST_TEST((exit && exit->status == 0), "QoS " << qos << ", " << size << " bytes");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_bare_server_sends_what_a_subscriber_takes) {
  const std::vector<std::string> payloads{numbered_line(1), numbered_line(2, 200'000)};
  for (const int qos : {0, 1, 2}) {
    for (const std::uint32_t batch : {0U, 4U}) {
      BareServer server(
          {.window = 5, .batch = batch, .count = 12, .qos = qos, .payloads = payloads});
      Process process(sub(server.port(), {"-q", std::to_string(qos), "-C", "12", "-V", "5"}));
      server.wait_for_subscription();
      server.send_all();
      if (batch != 0 && qos == 0) {
        for (std::size_t have = batch; have < 12; have += batch) {
          BOOST_TEST(process.wait_for_lines(Stream::out, have, 10s));
          BOOST_TEST(process.line_count(Stream::out) == have);
          server.release();
        }
      }
      const auto exit = process.wait_exit(10s);
      BOOST_TEST((exit && exit->status == 0), "QoS " << qos << ", batch " << batch);
      std::string wanted;
      for (int i = 0; i < 12; ++i) wanted += payloads[static_cast<std::size_t>(i % 2)] + '\n';
      BOOST_TEST((process.bytes(Stream::out) == wanted), "QoS " << qos << ", batch " << batch);
    }
  }
}
