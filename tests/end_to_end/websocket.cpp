// SPDX-License-Identifier: Apache-2.0
// MQTT over WebSocket, plain and with TLS, with a real server (mosquitto on libwebsockets) in a
// network of its own.
#include "end_to_end/in_own_network.hpp"
#include "end_to_end/tools.hpp"

using namespace rig;
namespace utf = boost::unit_test;

namespace {

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

/// One mosquitto with a WebSocket listener, and a plain listener for the other client.
class WebServer {
 public:
  explicit WebServer(bool tls = false) : tls_(tls), plain_(free_port()), server_(settings()) {}

  std::string uri() const {
    return (tls_ ? "wss://localhost:" : "ws://127.0.0.1:") + std::to_string(server_.port());
  }
  std::uint16_t plain() const { return plain_; }
  std::uint16_t port() const { return server_.port(); }
  Mosquitto* operator->() { return &server_; }

 private:
  // The plain listener is the second one of the file; options after a listener belong to it.
  MosquittoSettings settings() const {
    MosquittoSettings it;
    it.lines = {"protocol websockets", "max_queued_messages 0", "max_inflight_messages 0",
                "listener " + std::to_string(plain_) + " 127.0.0.1"};
    if (tls_) {
      it.certificate = certificates().certificate();
      it.key = certificates().key();
    }
    return it;
  }

  bool tls_;
  std::uint16_t plain_;
  Mosquitto server_;
};

Arguments with_trust(Arguments arguments) {
  arguments.insert(arguments.begin(), {"--cafile", certificates().authority()});
  return arguments;
}

void there_and_back(bool tls) {
  WebServer server(tls);
  Process reader(sub(with_trust({"-s", server.uri(), "-t", "t", "-q", "2", "-C", "4"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("connected")->get("uri") == server.uri() + "/mqtt");
  const std::string big(65536, 'b');
  for (int qos = 0; qos <= 2; ++qos) {
    Process publisher(pub(with_trust({"-s", server.uri(), "-t", "t", "-q", std::to_string(qos),
                                      "-m", "q" + std::to_string(qos)})));
    CHECK_STATUS(publisher, 0);
  }
  Process publisher({.argv = pub(with_trust({"-s", server.uri(), "-t", "t", "-q", "1", "-s"})),
                     .stdin_pipe = true});
  publisher.feed(big);
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
  BOOST_TEST((reader.bytes(Stream::out) == "q0\nq1\nq2\n" + big + "\n"));
  BOOST_TEST(events.count("lost") == 0U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(messages_go_there_and_back_at_every_qos, *in_own_network()) {
  there_and_back(false);
}
BOOST_AUTO_TEST_CASE(messages_go_there_and_back_over_tls, *in_own_network()) {
  there_and_back(true);
}

BOOST_AUTO_TEST_CASE(many_messages_are_exact, *in_own_network()) {
  for (const bool tls : {false, true}) {
    WebServer server(tls);
    Recorder recorder(server.plain(), "t");
    Process publisher({.argv = pub(with_trust({"-s", server.uri(), "-t", "t", "-l", "-q", "1"})),
                       .stdin_pipe = true});
    publisher.feed(numbered_lines(1, 5000, 100));
    CHECK_STATUS(publisher, 0);
    BOOST_REQUIRE(recorder.wait_for(5000));
    const auto payloads = recorder.payloads();
    BOOST_TEST(payloads.size() == 5000U);
    BOOST_TEST(complete(numbers(payloads)));
  }
}

BOOST_AUTO_TEST_CASE(a_large_payload_arrives_whole, *in_own_network()) {
  const std::string mebibyte(1U << 20U, 'm');
  for (const bool tls : {false, true}) {
    WebServer server(tls);
    Recorder recorder(server.plain(), "t");
    Process publisher({.argv = pub(with_trust({"-s", server.uri(), "-t", "t", "-q", "1", "-s"})),
                       .stdin_pipe = true});
    publisher.feed(mebibyte);
    CHECK_STATUS(publisher, 0);
    BOOST_REQUIRE(recorder.wait_for(1));
    BOOST_TEST((recorder.payloads().front() == mebibyte));
  }
}

BOOST_AUTO_TEST_CASE(a_roster_of_all_four_schemes_is_walked_kill_by_kill, *in_own_network()) {
  WebServer web, web_tls(true);
  Mosquitto tls({.certificate = certificates().certificate(), .key = certificates().key()});
  Mosquitto plain;
  Process reader(
      sub(with_trust({"-s", web.uri(), "-s", "mqtts://localhost:" + std::to_string(tls.port()),
                      "-s", web_tls.uri(), "-s", plain.uri(), "-t", "t", "-q", "1"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  web->kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("connected")->get("uri").substr(0, 5) == "mqtts");
  tls.kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("connected")->get("uri").substr(0, 3) == "wss");
  web_tls->kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("connected")->get("uri").substr(0, 3) == "tcp");
  web->restart();
  plain.kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  Process publisher(pub({"-s", web.uri(), "-t", "t", "-m", "still here", "-q", "1"}));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s), what_it_said(reader));
  BOOST_TEST(events.count("failover") == 4U);
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_the_server_dies, *in_own_network()) {
  WebServer a;
  WebServer b(true);
  Recorder at_b(b.plain(), "t");
  Process publisher(
      {.argv = pub(with_trust({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-l", "-q", "1"})),
       .stdin_pipe = true});
  Recorder at_a(a.plain(), "t", 0);
  publisher.write(numbered_lines(1, 500));
  BOOST_REQUIRE(at_a.wait_for(100));
  a->kill9();
  publisher.feed(numbered_lines(501, 1000));
  CHECK_STATUS(publisher, 0);
  BOOST_REQUIRE(at_a.wait_for_the_end());
  BOOST_REQUIRE(at_b.wait_for_payload(numbered_line(1000)));
  std::vector<bool> seen(1001);
  for (Recorder* one : {&at_a, &at_b}) {
    for (const std::uint32_t number : numbers(one->payloads())) seen.at(number) = true;
  }
  BOOST_TEST(std::count(seen.begin(), seen.end(), true) == 1000);
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_left_for_the_next, *in_own_network()) {
  WebServer a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-k", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const Moment frozen = Clock::now();
  a->freeze();
  REQUIRE_EVENT(reader, events, "lost");
  BOOST_TEST(events.last("lost")->get("reason").find("silent") == 0U);
  BOOST_TEST(seconds_between(frozen, Clock::now()) < 4.0);
  REQUIRE_EVENT(reader, events, "subscribed");
  a->thaw();
}

BOOST_AUTO_TEST_CASE(a_document_names_a_websocket_server, *in_own_network()) {
  WebServer server;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, R"([{"hostNameOrIpAddress": "127.0.0.1", "port": )" +
                       std::to_string(server.port()) + R"(, "protocol": "WS", "tls": "None"}])");
  Process reader(sub({"--servers", file, "-t", "t", "-C", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  Process publisher(pub({"--servers", file, "-t", "t", "-m", "x", "-q", "1"}));
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(the_probe_times_the_upgrade, *in_own_network()) {
  WebServer plain, secure(true);
  for (const auto& [uri, tls] : {std::pair{plain.uri(), false}, std::pair{secure.uri(), true}}) {
    const Finished probed =
        run(command("mqfail-probe", with_trust({"-s", uri, "--format", "json"})));
    BOOST_TEST(probed.exit.status == 0, probed.out << probed.err);
    BOOST_TEST(probed.out.find("\"ws_ms\":") != std::string::npos, probed.out);
    BOOST_TEST((probed.out.find("\"tls_ms\":") != std::string::npos) == tls, probed.out);
  }
  // An MQTT server without WebSocket, and a WebSocket server with a certificate.
  const Finished wrong = run(command(
      "mqfail-probe", {"-s", "ws://127.0.0.1:" + std::to_string(plain.plain()), "-t", "3"}));
  BOOST_TEST(wrong.exit.status == 2, wrong.out);
  BOOST_TEST(wrong.out.find("(ws)") != std::string::npos, wrong.out);
}
