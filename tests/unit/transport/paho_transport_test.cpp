// SPDX-License-Identifier: Apache-2.0
// Each attempt has its own connection, however many there are.
#include "transport/paho_transport.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.hpp"
#include "recorded_events.hpp"
#include "transport/wire/clock.hpp"

using namespace mqfail;
using test::Listener;
using test::RecordedEvents;
using test::settings;

namespace {

constexpr std::string_view kConnack("\x20\x03\0\0\0", 5);

// Accepts one connection and its CONNECT, and answers; the caller closes it.
int welcome(const Listener& listener, std::string_view answer = kConnack) {
  const int peer = listener.accept();
  std::array<char, 256> connect{};
  BOOST_REQUIRE(recv(peer, connect.data(), connect.size(), 0) > 0);
  BOOST_REQUIRE(send(peer, answer.data(), answer.size(), 0) == std::ssize(answer));
  return peer;
}

bool comes_within(int fd, std::chrono::milliseconds patience) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(patience.count())) > 0;
}

// While a message is handed over, it gives the attempt time to go on: our next packet goes out.
class SlowReader final : public TransportListener {
 public:
  void post(Event /*event*/) override {}
  void wake() override {}
  void heard(AttemptId /*attempt*/, const Message& message) override {
    comes_within(peer.get_future().get(), std::chrono::milliseconds(300));
    told.set_value(std::string(message.topic) + " " + std::string(message.payload));
  }

  std::promise<int> peer;
  std::promise<std::string> told;
};

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

// Paho empties its queue when the connect call returns: a message that it is just handing over must
// have left the queue by then, or it is freed while we read it.
BOOST_AUTO_TEST_CASE(a_message_right_behind_the_connack_is_not_freed_while_it_is_handed_over) {
  SlowReader listener;
  const Listener server;
  PahoTransport transport(listener);
  ConnectSettings watching = settings();
  watching.watched = {{"t", false}};
  transport.connect(AttemptId{1}, server.server(), watching, Protocol::mqtt5);
  const int peer = welcome(server, std::string(kConnack) + std::string("\x30\x09\0\1t\0hello", 11));
  listener.peer.set_value(peer);
  BOOST_TEST(listener.told.get_future().get() == "t hello");
  BOOST_TEST(comes_within(peer, std::chrono::seconds(20)));  // the SUBSCRIBE
  transport.abandon(AttemptId{1});
  close(peer);
}

// Paho waits ten seconds for a SUBACK, also if the connection has ended.
BOOST_AUTO_TEST_CASE(a_thread_that_waits_for_a_suback_ends_with_its_connection) {
  for (const bool by_us : {true, false}) {
    RecordedEvents events;
    const Listener server;
    auto transport = std::make_unique<PahoTransport>(events);
    ConnectSettings reading = settings();
    reading.subscriptions.push_back({.filter = "t"});
    transport->connect(AttemptId{1}, server.server(), reading, Protocol::mqtt5);
    const int peer = welcome(server);
    BOOST_TEST(comes_within(peer, std::chrono::seconds(20)));  // the SUBSCRIBE
    const TimePoint begun = wire_now();
    if (by_us) {
      transport->abandon(AttemptId{1});
    } else {
      close(peer);
      BOOST_TEST((events.failure_of(AttemptId{1}).phase == Phase::subscribe));
    }
    transport.reset();  // waits for the thread
    BOOST_TEST((wire_now() - begun < std::chrono::seconds(5)));
    if (by_us) close(peer);
  }
}
