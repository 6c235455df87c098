// SPDX-License-Identifier: Apache-2.0
// A payload that the wire sends from Paho's memory stays there until it is sent, whatever Paho
// does.
#include "transport/paho_seams/lent_memory.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.hpp"
#include "recorded_events.hpp"
#include "transport/paho_transport.hpp"

using namespace mqfail;
using test::Listener;
using test::RecordedEvents;

extern "C" {
void* mymalloc(char* file, int line, std::size_t size);
void myfree(char* file, int line, void* memory);
}

namespace {

constexpr std::size_t kLarge = 1U << 20U;

/// What Paho writes: a head and a block of its own.
struct Written {
  explicit Written(unsigned char first, std::size_t size = kLarge)
      : head{first}, block(mymalloc(nullptr, 0, size)), pieces{{{head.data(), 1}, {block, size}}} {
    std::memset(block, 'x', size);
  }
  std::array<unsigned char, 1> head;
  void* block;
  std::array<iovec, 2> pieces;
};

// Different bytes at each place.
std::string payload_of(std::size_t size) {
  std::string payload;
  for (std::uint32_t i = 0; payload.size() < size; ++i) payload += std::to_string(i) + ' ';
  payload.resize(size);
  return payload;
}

std::string read_exactly(int fd, std::size_t size) {
  std::string all(size, '\0');
  const ssize_t got = recv(fd, all.data(), size, MSG_WAITALL);
  all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_block_that_is_freed_while_it_is_lent_lives_until_it_is_given_back) {
  const Written one(0x32);
  auto lent = borrow_payload(one.pieces.data(), 2);
  BOOST_REQUIRE(lent);
  BOOST_TEST(!borrow_payload(one.pieces.data(), 2));  // one borrower
  myfree(nullptr, 0, one.block);
  BOOST_TEST(std::string_view(static_cast<const char*>(one.block), kLarge) ==
             std::string(kLarge, 'x'));
  lent.reset();  // frees it: the sanitizer sees it if not, or if twice
  const Written other(0x32);
  lent = borrow_payload(other.pieces.data(), 2);
  lent.reset();
  BOOST_TEST(mqfail_is_lent(other.block) == 0);
  myfree(nullptr, 0, other.block);
}

// A CONNECT has the password in it, which is overwritten when Paho frees it.
BOOST_AUTO_TEST_CASE(only_what_is_large_and_of_a_message_is_lent) {
  for (const Written& one : {Written(0x32, kLarge - 1), Written(0x10), Written(0x82)}) {
    BOOST_TEST(!borrow_payload(one.pieces.data(), 2));
    BOOST_TEST(mqfail_is_lent(one.block) == 0);
    myfree(nullptr, 0, one.block);
  }
}

// Paho frees a message of QoS 0 at once, one of QoS 1 when it is acknowledged, here long before it
// is sent, and all when the connection is given up.
BOOST_AUTO_TEST_CASE(a_message_arrives_whole_although_paho_has_freed_it) {
  constexpr std::size_t kSize = 16U << 20U;
  const std::string payload = payload_of(kSize);
  for (const int qos : {0, 1}) {
    RecordedEvents events;
    const Listener listener;
    PahoTransport transport(events);
    transport.connect(AttemptId{1}, listener.server(), test::settings(), Protocol::mqtt5);
    const int peer = listener.accept();
    std::array<char, 256> connect{};
    BOOST_REQUIRE(recv(peer, connect.data(), connect.size(), 0) > 0);
    BOOST_REQUIRE(send(peer, "\x20\x03\0\0\0", 5, 0) == 5);
    events.wait_for<event::Connected>(AttemptId{1});
    const auto id = transport.publish(AttemptId{1}, {.topic = "t", .payload = payload, .qos = qos});
    BOOST_REQUIRE(id.has_value());
    transport.flush(AttemptId{1}, 0);
    BOOST_TEST(transport.backlog(AttemptId{1}) > 0U);  // the kernel does not take all
    if (qos == 1) {
      const std::string puback{'\x40', 2, static_cast<char>(*id >> 8U),
                               static_cast<char>(*id & 0xffU)};
      BOOST_REQUIRE(send(peer, puback.data(), puback.size(), 0) == 4);
      std::vector<Acknowledged> acknowledged;
      for (int i = 0; i < 20'000 && acknowledged.empty(); ++i) {
        transport.take_acknowledged(AttemptId{1}, acknowledged);
        usleep(1000);  // nobody tells of it without a session
      }
      BOOST_TEST(acknowledged.size() == 1U);
    }
    const std::size_t head = 5 + 3 + 1 + (qos == 0 ? 0 : 2);  // fixed header, topic, no properties
    BOOST_TEST(read_exactly(peer, head + kSize).substr(head) == payload);
    // And one that is given up half way.
    BOOST_REQUIRE(transport.publish(AttemptId{1}, {.topic = "t", .payload = payload, .qos = qos}));
    transport.abandon(AttemptId{1});
    close(peer);
  }
}
