// SPDX-License-Identifier: Apache-2.0
// Why a connection ended, from what the wire saw.
#include "transport/end_reason.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

using namespace mqfail;
using namespace std::string_literals;

namespace {

const TimePoint kOnce{std::chrono::seconds(1)};

Server at(Scheme scheme) {
  Server server;
  server.id = server.host = "127.0.0.1";
  server.port = 1883;
  server.scheme = scheme;
  return server;
}

/// As far as CONNECT, and then this end.
WireFacts ended(WireEnd end) {
  WireFacts facts;
  facts.made = facts.spoke = kOnce;
  facts.end = end;
  return facts;
}

Reason failed(const WireFacts& facts, Scheme scheme = Scheme::tcp,
              Protocol protocol = Protocol::mqtt5) {
  return connect_failure(facts, at(scheme), protocol, -1, "");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_refusal_is_told_with_its_code_and_the_servers_words) {
  WireFacts facts = ended(WireEnd::end_of_stream);
  facts.connack = "\x00\x87\x07\x1f\x00\x04none"s;
  const Reason five = failed(facts);
  BOOST_TEST((five.cause == Cause::connack));
  BOOST_TEST((five.phase == Phase::connack));
  BOOST_TEST(five.code == 0x87);
  BOOST_TEST(five.mqtt5);
  BOOST_TEST(five.text == "none");
  facts.connack = "\x00\x05"s;
  BOOST_TEST(!failed(facts, Scheme::tcp, Protocol::mqtt311).mqtt5);
  BOOST_TEST(!failed(facts).mqtt5);  // a server that knows only MQTT 3 answers in its own form
  BOOST_TEST(failed(facts).code == 5);
}

BOOST_AUTO_TEST_CASE(a_close_without_a_connack_says_what_may_be_wrong) {
  const WireFacts facts = ended(WireEnd::end_of_stream);
  BOOST_TEST(failed(facts).text ==
             "the port may want TLS (mqtts://), or the server speaks no MQTT 5");
  BOOST_TEST(failed(facts, Scheme::tcp, Protocol::mqtt311).text ==
             "the port may want TLS (mqtts://)");
  BOOST_TEST(failed(facts, Scheme::tls).text.empty());
  BOOST_TEST((failed(facts, Scheme::ws).phase == Phase::ws));
  BOOST_TEST(failed(facts, Scheme::ws).text ==
             "the port may want TLS (wss://), or it is not for WebSocket");
  WireFacts agreed = facts;
  agreed.web = kOnce;
  BOOST_TEST((failed(agreed, Scheme::ws).phase == Phase::connack));
  BOOST_TEST(failed(agreed, Scheme::ws).text.empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_mqtt_is_named) {
  WireFacts facts = ended(WireEnd::nonsense);
  facts.first_bytes = "HTTP/1.1 400 Bad";
  BOOST_TEST(failed(facts).text ==
             "the server answers in HTTP; for MQTT over WebSocket write ws://");
  facts.first_bytes = "\x15\x03\x01";
  BOOST_TEST(failed(facts).text == "the server answers in TLS: write mqtts://");
  facts.first_bytes = "SSH-2.0";
  BOOST_TEST(failed(facts).text == "the server sent something that is not MQTT");
  facts.flaw = "SUBACK of 2 bytes";
  BOOST_TEST(failed(facts).text == "the server broke the protocol: SUBACK of 2 bytes");
  BOOST_TEST((failed(facts).cause == Cause::closed));
}

BOOST_AUTO_TEST_CASE(tls_that_did_not_come_about_is_no_matter_of_mqtt) {
  WireFacts facts = ended(WireEnd::end_of_stream);
  facts.spoke = TimePoint();
  facts.tls_failure = "certificate expired";
  BOOST_TEST((failed(facts, Scheme::tls).cause == Cause::tls));
  BOOST_TEST(failed(facts, Scheme::tls).text == "certificate expired");
  facts.tls_failure.clear();
  BOOST_TEST(connect_failure(facts, at(Scheme::tls), Protocol::mqtt5, -1, "OpenSSL's words").text ==
             "OpenSSL's words");
  BOOST_TEST(failed(facts, Scheme::tls).text == "connection closed during the TLS handshake");
  facts.spoke = kOnce;  // TLS 1.3: the client certificate is refused after the handshake
  facts.tls_failure = "client certificate required";
  BOOST_TEST((failed(facts, Scheme::tls).cause == Cause::tls));
  BOOST_TEST((failed(WireFacts{}, Scheme::tcp).cause == Cause::local));
}

BOOST_AUTO_TEST_CASE(a_loss_is_told_by_how_it_came) {
  BOOST_TEST((loss(ended(WireEnd::end_of_stream), Scheme::tcp).cause == Cause::closed));
  BOOST_TEST((loss(ended(WireEnd::shut), Scheme::tcp).cause == Cause::closed));
  BOOST_TEST((loss(ended(WireEnd::silent), Scheme::tcp).cause == Cause::keepalive));
  WireFacts reset = ended(WireEnd::error);
  reset.error = ECONNRESET;
  BOOST_TEST((loss(reset, Scheme::tcp).cause == Cause::reset));
  BOOST_TEST(loss(reset, Scheme::tcp).code == ECONNRESET);
  WireFacts refused = ended(WireEnd::refused);
  refused.web_failure = {404, "404 Not Found"};
  BOOST_TEST((loss(refused, Scheme::ws).cause == Cause::ws));
  BOOST_TEST(loss(refused, Scheme::ws).code == 404);
}

BOOST_AUTO_TEST_CASE(a_disconnect_is_read_in_each_of_its_lengths) {
  const auto told = [](const std::string& packet) {
    WireFacts facts = ended(WireEnd::disconnect);
    facts.disconnect_packet = packet;
    return loss(facts, Scheme::tcp);
  };
  BOOST_TEST(told("\xe0\x00"s).code == 0);
  BOOST_TEST(told("\xe0\x01\x8b"s).code == 0x8b);
  BOOST_TEST(told("\xe0\x07\x9c\x05\x1f\x00\x02up"s).code == 0x9c);
  BOOST_TEST(told("\xe0\x07\x9c\x05\x1f\x00\x02up"s).text == "up");
  const std::string text(200, 'x');
  const Reason longest = told("\xe0\xcd\x01\x9c\xcb\x01\x1f\x00\xc8"s + text);
  BOOST_TEST(longest.text == text);
  BOOST_TEST((longest.cause == Cause::disconnect));
  BOOST_TEST(longest.mqtt5);
}
