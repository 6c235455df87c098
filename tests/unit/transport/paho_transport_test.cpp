// SPDX-License-Identifier: Apache-2.0
// Each attempt has its own connection, however many there are.
#include "transport/paho_transport.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.hpp"
#include "recorded_events.hpp"

using namespace mqfail;
using test::Listener;
using test::RecordedEvents;
using test::settings;

namespace {

// Accepts one connection and its CONNECT; the caller closes it.
int welcome(const Listener& listener) {
  const int peer = listener.accept();
  std::array<char, 256> connect{};
  BOOST_REQUIRE(recv(peer, connect.data(), connect.size(), 0) > 0);
  constexpr std::string_view kConnack("\x20\x03\0\0\0", 5);
  BOOST_REQUIRE(send(peer, kConnack.data(), kConnack.size(), 0) == 5);
  return peer;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_attempt_keeps_its_connection_while_others_come_and_go) {
  RecordedEvents events;
  const Listener first, other;
  PahoTransport transport(events);
  std::vector<int> peers;
  const auto connect = [&](std::uint64_t attempt, const Listener& listener) {
    transport.connect(AttemptId{attempt}, listener.server(), settings(), Protocol::mqtt5);
    peers.push_back(welcome(listener));
    events.wait_for<event::Connected>(AttemptId{attempt});
  };
  const auto port_of = [&](std::uint64_t attempt) {
    const ConnectionFacts* const facts = transport.facts(AttemptId{attempt});
    return facts == nullptr ? std::string("none") : facts->address;
  };
  const std::string first_port = "127.0.0.1:" + std::to_string(first.port());
  const std::string other_port = "127.0.0.1:" + std::to_string(other.port());
  connect(1, first);
  for (const std::uint64_t attempt : {17U, 33U, 65U, 2U, 129U}) connect(attempt, other);
  BOOST_TEST(port_of(1) == first_port);
  for (const std::uint64_t attempt : {17U, 33U, 65U, 2U, 129U}) {
    BOOST_TEST(port_of(attempt) == other_port);
    transport.abandon(AttemptId{attempt});
    BOOST_TEST(port_of(attempt) == "none");
    BOOST_TEST(port_of(1) == first_port);
  }
  BOOST_TEST(port_of(3) == "none");
  BOOST_TEST(port_of(1 + (1U << 20U)) == "none");
  BOOST_TEST(transport.backlog(AttemptId{3}) == 0U);  // an attempt that is not known has nothing
  BOOST_TEST(!transport.publish(AttemptId{3}, Message{"t", "x"}).has_value());
  BOOST_TEST(!transport.disconnect(AttemptId{1}, Duration::zero()));
  BOOST_TEST(port_of(1) == "none");
  for (const int peer : peers) close(peer);
}
