// SPDX-License-Identifier: Apache-2.0
// The wire against a socket pair: what is collected, what is held back, what silence means.
#include "transport/wire/wire.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loopback.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/wire/clock.hpp"

using namespace mqfail;
using namespace std::chrono_literals;
using test::TcpPair;

namespace {

struct Line {
  explicit Line(Duration keepalive = 0s, bool hold = false) {
    BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    wire = std::make_unique<Wire>(ends[0], keepalive, hold,
                                  WireCallbacks{.wake = [this] { ++wakes; }});
  }
  ~Line() {
    close(ends[0]);
    close(ends[1]);
  }
  std::string arrived() const {
    std::string all(1 << 20, '\0');
    std::size_t have = 0;
    while (true) {
      const ssize_t got = recv(ends[1], all.data() + have, all.size() - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    all.resize(have);
    return all;
  }
  void append(const std::string& bytes) const { wire->append(bytes.data(), bytes.size()); }
  /// What poll(2) says of Paho's end.
  bool is_ready() const {
    pollfd one{ends[0], POLLIN, 0};
    return poll(&one, 1, 0) == 1;
  }

  std::array<int, 2> ends{};
  int wakes = 0;
  std::unique_ptr<Wire> wire;
};

const std::string kConnect = "\x10";
const std::string kPingreq("\xC0\0", 2);

std::string ack(char type, int id) {
  return {type, 2, static_cast<char>(id >> 8), static_cast<char>(id & 0xFF)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(small_packets_wait_for_a_flush_and_go_together) {
  const Line line;
  line.append("ab");
  line.append("cd");
  BOOST_TEST(line.arrived().empty());
  BOOST_TEST(line.wire->backlog() == 4U);
  line.wire->flush();
  BOOST_TEST(line.arrived() == "abcd");
  BOOST_TEST(line.wire->backlog() == 0U);
}

// Between SSL_shutdown() and close() another thread may flush.
BOOST_AUTO_TEST_CASE(nothing_leaves_in_plain_text_once_tls_has_gone) {
  const Line line;
  line.append("secret");
  line.wire->detach_tls();
  line.append("more");
  line.wire->flush();
  BOOST_TEST(line.arrived().empty());
}

BOOST_AUTO_TEST_CASE(enough_packets_go_by_themselves) {
  const Line line;
  for (std::size_t i = 0; i < Wire::kFlushBytes; i += 1024) line.append(std::string(1024, 'x'));
  BOOST_TEST(line.arrived().size() == Wire::kFlushBytes);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_does_not_take_is_kept_in_order_and_room_is_told) {
  Line line;
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string packet(8192, static_cast<char>('a' + i % 26));
    line.append(packet);
    all += packet;
  }
  BOOST_TEST(line.wire->backlog() > Wire::kBacklogBytes);
  std::string got;
  while (got.size() < all.size()) {
    got += line.arrived();
    line.wire->flush();
  }
  BOOST_TEST((got == all));
  BOOST_TEST(line.wakes == 1);
}

// It polls with nothing to write when the kernel has no more room, and must not find out only when
// its time is over.
BOOST_AUTO_TEST_CASE(the_receive_thread_waits_for_room_as_soon_as_there_is_none) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const auto wire =
      std::make_shared<Wire>(ends[0], 0s, false, WireCallbacks{.full = wake_receiver});
  register_wire(wire);
  std::atomic<bool> done{false};
  std::thread receiver([&] {
    while (!done) {
      pollfd one{ends[0], POLLIN, 0};
      poll(&one, 1, 20000);
    }
  });
  send_receiver_round(10s);
  const std::string packets(4'000'000, 'x');
  wire->append(packets.data(), packets.size());
  wire->flush();
  BOOST_TEST(wire->backlog() != 0U);
  std::size_t arrived = 0;
  std::vector<char> chunk(65536);
  const auto begun = std::chrono::steady_clock::now();
  while (arrived < packets.size() && std::chrono::steady_clock::now() - begun < 10s) {
    pollfd other{ends[1], POLLIN, 0};
    poll(&other, 1, 100);
    const ssize_t got = recv(ends[1], chunk.data(), chunk.size(), 0);
    if (got > 0) arrived += static_cast<std::size_t>(got);
  }
  BOOST_TEST(arrived == packets.size());
  done = true;
  wake_receiver();
  receiver.join();
  forget_wire(ends[0]);
  close(ends[0]);
  close(ends[1]);
}

// A server that waits for it holds back its next packets; later it would cost 40 ms or more.
BOOST_AUTO_TEST_CASE(what_was_read_is_acknowledged_by_tcp_when_asked) {
  const TcpPair pair;
  const int ours = pair.ours, server = pair.server;
  const auto unacknowledged = [&pair] { return pair.unacknowledged(); };
  Wire wire(ours, 0s, false, WireCallbacks{});
  const auto receive = [&wire, server](const std::string& bytes) {
    BOOST_REQUIRE(send(server, bytes.data(), bytes.size(), 0) != -1);
    std::string got(bytes.size(), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
      const std::ptrdiff_t some = wire.read(got.data() + have, got.size() - have);
      if (some > 0) have += static_cast<std::size_t>(some);
    }
  };
  receive({"\x20\3\0\0\0", 5});
  int waiting = 0;
  for (int i = 0; i < 50; ++i) {
    // What we send acknowledges by the way; a connection that often does puts off all others.
    wire.append("\x30", 1);
    wire.flush();
    BOOST_TEST(unacknowledged() == 0U);
    receive({"\x40\2\0\1", 4});
    waiting += unacknowledged() != 0 ? 1 : 0;
    wire.confirm_receipt();
    BOOST_TEST(unacknowledged() == 0U);
  }
  BOOST_TEST(waiting > 0);
}

BOOST_AUTO_TEST_CASE(a_failed_write_is_silent_and_ends_the_reading_side) {
  Line line;
  close(line.ends[1]);
  line.append("lost");
  line.wire->flush();
  line.append("lost too");
  BOOST_TEST(line.wire->backlog() == 0U);
  char byte = 0;
  BOOST_TEST(line.wire->read(&byte, 1) <= 0);
  line.ends[1] = dup(line.ends[0]);
}

BOOST_AUTO_TEST_CASE(acknowledgements_wait_for_their_message_to_be_written) {
  const Line line(0s, true);
  line.append(ack(0x40, 1));
  line.wire->claim(1);
  line.append(ack(0x50, 258));
  line.wire->claim(258);
  line.wire->prepare_to_wait(wire_now());
  BOOST_TEST(line.arrived().empty());
  const std::array<std::uint16_t, 1> first{1};
  line.wire->release(first);
  line.wire->flush();
  BOOST_TEST(line.arrived() == ack(0x40, 1));
  const std::array<std::uint16_t, 1> second{258};
  line.wire->release(second);
  line.wire->flush();
  BOOST_TEST(line.arrived() == ack(0x50, 258));
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_without_a_message_goes_by_itself) {
  const Line line(0s, true);
  line.append(ack(0x50, 7));  // a repeated QoS 2 PUBLISH is not delivered twice
  line.append(ack(0x40, 8));
  line.wire->claim(8);
  line.wire->prepare_to_wait(wire_now());
  BOOST_TEST(line.arrived() == ack(0x50, 7));
}

BOOST_AUTO_TEST_CASE(a_server_that_reads_no_acknowledgements_is_left) {
  const Line line(0s, true);
  const std::size_t enough = (Wire::kMostAcknowledgements + (1U << 20U)) / 4;
  for (std::size_t i = 0; i < enough; ++i) line.append(ack(0x70, 1));
  line.wire->prepare_to_wait(wire_now());
  BOOST_TEST(line.wire->backlog() == 0U);
  char byte = 0;
  BOOST_TEST(line.wire->read(&byte, 1) <= 0);
  BOOST_TEST((line.wire->end() == WireEnd::error || line.wire->end() == WireEnd::end_of_stream));
}

BOOST_AUTO_TEST_CASE(a_publisher_holds_nothing_back) {
  const Line line;
  line.append(ack(0x40, 1));
  line.wire->flush();
  BOOST_TEST(line.arrived() == ack(0x40, 1));
}

BOOST_AUTO_TEST_CASE(reading_ahead_hands_out_small_pieces) {
  const Line line;
  const std::string connack("\x20\x03\1\0\0", 5);
  BOOST_REQUIRE(send(line.ends[1], connack.data(), connack.size(), 0) == 5);
  std::array<char, 4> piece{};
  BOOST_TEST(line.wire->read(piece.data(), 1) == 1);
  BOOST_TEST(line.wire->readable() == 4U);
  BOOST_TEST(line.wire->read(piece.data(), 4) == 4);
  BOOST_TEST(std::string(piece.data(), 4) == connack.substr(1));
  BOOST_TEST(line.wire->facts().connack == connack.substr(2));
}

BOOST_AUTO_TEST_CASE(large_and_small_bodies_follow_each_other_exactly) {
  const Line line;
  std::string all("\x20\3\0\0\0", 5);
  std::vector<std::size_t> asked{1, 1, 3};
  const std::string head("\0\1t\0", 4);
  for (const std::size_t body : {40000, 40000, 20000, 10, 70000, 5, 20000, 100, 100, 30000}) {
    std::string packet = "\x30";
    std::size_t left = body;
    do {
      packet += static_cast<char>((left & 0x7FU) | (left > 127 ? 0x80U : 0U));
      asked.push_back(1);
      left >>= 7;
    } while (left > 0);
    asked.insert(asked.end(), {1, body});
    packet += head;
    for (std::size_t i = head.size(); i < body; ++i) packet += static_cast<char>(i * 31 + body);
    all += packet;
  }
  std::thread sender([&] {
    std::size_t sent = 0;
    while (sent < all.size()) {
      pollfd room{line.ends[1], POLLOUT, 0};
      poll(&room, 1, 1000);
      const ssize_t some = send(line.ends[1], all.data() + sent, all.size() - sent, MSG_DONTWAIT);
      if (some > 0) sent += static_cast<std::size_t>(some);
    }
  });
  std::string got;
  std::vector<char> into(70000);
  for (const std::size_t size : asked) {
    for (std::size_t have = 0; have < size;) {
      const std::ptrdiff_t some = line.wire->read(into.data(), size - have);
      if (some <= 0) continue;
      got.append(into.data(), static_cast<std::size_t>(some));
      have += static_cast<std::size_t>(some);
    }
  }
  sender.join();
  BOOST_TEST((got == all));
}

BOOST_AUTO_TEST_CASE(nonsense_behind_the_rest_of_a_body_ends_the_stream_at_once) {
  const Line line;
  const auto say = [&](std::string_view bytes) {
    BOOST_REQUIRE(send(line.ends[1], bytes.data(), bytes.size(), 0) ==
                  static_cast<ssize_t>(bytes.size()));
  };
  using namespace std::string_view_literals;
  say("\x20\3\0\0\0\x30\12\0\1t\0"sv);
  std::array<char, 16> into{};
  for (const std::size_t size : {1, 1, 3, 1, 1})
    BOOST_REQUIRE(line.wire->read(into.data(), size) == static_cast<std::ptrdiff_t>(size));
  say("efghij\0\0"sv);           // a type of packet that does not exist
  for (int i = 0; i < 2; ++i) {  // Paho may not have seen the first one
    BOOST_TEST(line.is_ready());
    BOOST_TEST(line.wire->read(into.data(), 10) == -1);
    BOOST_TEST(errno == EPROTO);
    BOOST_TEST(line.wire->readable() == 0U);  // the guest of the receive thread works, too
  }
  BOOST_TEST(line.is_ready());
  BOOST_TEST((line.wire->end() == WireEnd::nonsense));
}

// 0x15 begins a TLS record, but it may also be the length of a CONNACK.
BOOST_AUTO_TEST_CASE(the_first_bytes_are_those_of_the_connection) {
  for (const std::string before : {"", "\x20"}) {
    const Line line;
    std::array<char, 16> into{};
    const std::string record = "\x15\x03\x01" + std::string(0x13, 'x');
    for (const std::string& some : {before, record}) {
      BOOST_REQUIRE(send(line.ends[1], some.data(), some.size(), 0) ==
                    static_cast<ssize_t>(some.size()));
      line.wire->read(into.data(), 1);
    }
    BOOST_TEST((line.wire->end() == WireEnd::nonsense));
    const std::string first = line.wire->facts().first_bytes;
    BOOST_TEST((before.empty() ? first.starts_with("\x15\x03\x01") : first.empty()));
  }
}

BOOST_AUTO_TEST_CASE(a_ping_is_sent_when_nothing_else_was) {
  const Line line(10s);
  line.append(kConnect);
  line.wire->flush();
  line.arrived();
  const TimePoint begin = wire_now();
  line.wire->prepare_to_wait(begin + 9s);
  BOOST_TEST(line.arrived().empty());
  line.wire->prepare_to_wait(begin + 10s);
  BOOST_TEST(line.arrived() == kPingreq);
}

BOOST_AUTO_TEST_CASE(silence_after_an_unanswered_ping_is_a_loss_and_pausing_is_not) {
  for (const bool paused : {false, true}) {
    const Line line(100ms);
    line.append(kConnect);
    line.wire->flush();
    line.wire->pause(paused);
    const TimePoint begin = wire_now();
    line.wire->prepare_to_wait(begin + 100ms);
    BOOST_TEST((line.wire->end() == WireEnd::open));
    line.wire->prepare_to_wait(begin + 10s);
    BOOST_TEST((line.wire->end() == (paused ? WireEnd::open : WireEnd::silent)));
  }
}

BOOST_AUTO_TEST_CASE(after_a_pause_the_server_may_be_silent_as_long_as_ever) {
  const Line line(20ms);
  line.append(kConnect);
  line.wire->flush();
  line.wire->pause(true);
  const TimePoint begin = wire_now();
  line.wire->prepare_to_wait(begin + 20ms);
  while (wire_now() < begin + 60ms) usleep(5000);
  line.wire->pause(false);
  line.wire->prepare_to_wait(wire_now());
  BOOST_TEST((line.wire->end() == WireEnd::open));
}

BOOST_AUTO_TEST_CASE(a_process_that_slept_gives_the_server_time_to_answer_first) {
  const Line line(10s);
  line.append(kConnect);
  line.wire->flush();
  const TimePoint begin = wire_now();
  line.wire->prepare_to_wait(begin + 60s);  // no ping was out: one goes now
  BOOST_TEST((line.wire->end() == WireEnd::open));
}

BOOST_AUTO_TEST_CASE(what_is_here_and_not_read_yet_speaks_before_silence_does) {
  const Line line(100ms);
  line.append(kConnect);
  line.wire->flush();
  const TimePoint begin = wire_now();
  line.wire->prepare_to_wait(begin + 100ms);
  BOOST_REQUIRE(send(line.ends[1], "\x20", 1, 0) == 1);
  line.wire->prepare_to_wait(begin + 10s);
  BOOST_TEST((line.wire->end() == WireEnd::open));
  char byte = 0;
  BOOST_TEST(line.wire->read(&byte, 1) == 1);
  line.wire->prepare_to_wait(begin + 20s);  // asks again
  line.wire->prepare_to_wait(begin + 30s);
  BOOST_TEST((line.wire->end() == WireEnd::silent));
}

// Over a slow line our question waits behind all that was published before it.
BOOST_AUTO_TEST_CASE(a_server_that_still_takes_what_came_before_our_question_is_not_silent) {
  for (const bool slow : {true, false}) {
    const TcpPair pair;
    fcntl(pair.ours, F_SETFL, O_NONBLOCK);
    fcntl(pair.server, F_SETFL, O_NONBLOCK);
    const int little = 65536;  // waits at the server; the rest is on its way
    setsockopt(pair.server, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    Wire wire(pair.ours, 10s, false, WireCallbacks{});
    wire.append("\x10", 1);
    std::string published(8'000'000, 'x');
    wire.append(published.data(), published.size());
    wire.flush();
    BOOST_REQUIRE(wire.backlog() != 0U);
    TimePoint now = wire_now() + 10s;
    wire.prepare_to_wait(now);  // asks
    std::vector<char> into(500'000);
    std::size_t taken = 0;
    const std::size_t all = 1 + published.size() + kPingreq.size();
    while (slow && taken < all) {
      const std::size_t before = taken;
      while (taken < all && taken - before < into.size()) {
        pollfd readable{pair.server, POLLIN, 0};
        BOOST_REQUIRE(poll(&readable, 1, 10000) == 1);
        const ssize_t got = recv(pair.server, into.data(), into.size(), 0);
        BOOST_REQUIRE(got > 0);
        taken += static_cast<std::size_t>(got);
        wire.flush();
      }
      now += 5s;
      wire.prepare_to_wait(now);
      BOOST_TEST((wire.end() == WireEnd::open));
    }
    // It has all of it, or takes no more: from here on only an answer helps.
    now += 5s;
    wire.prepare_to_wait(now);
    now += 5s;
    wire.prepare_to_wait(now);
    BOOST_TEST((wire.end() == WireEnd::silent));
  }
}

BOOST_AUTO_TEST_CASE(answers_in_a_packet_that_never_ends_are_no_life_and_the_rest_of_it_is) {
  const std::string connack("\x20\x03\0\0\0", 5), answer("\xd0\0", 2);
  const Line line(10s);
  line.append(kConnect);
  line.wire->flush();
  std::array<char, 64> into{};
  const auto receive = [&](const std::string& bytes) {
    BOOST_REQUIRE(send(line.ends[1], bytes.data(), bytes.size(), 0) ==
                  static_cast<ssize_t>(bytes.size()));
    std::size_t have = 0;
    while (have < bytes.size()) {
      const auto got = line.wire->read(into.data(), bytes.size() - have);
      BOOST_REQUIRE(got > 0);
      have += static_cast<std::size_t>(got);
    }
    return line.wire->last_life();
  };
  TimePoint life = receive(connack);
  const auto lives = [&](const std::string& bytes) {
    while (wire_now() <= life) {
    }
    const TimePoint now = receive(bytes);
    return std::exchange(life, now) != now;
  };
  line.wire->ping();
  BOOST_TEST(lives(answer));  // a packet of its own
  line.wire->pong();
  BOOST_TEST(lives("\x30\xff\xff\xff\x7f"));
  line.wire->ping();
  BOOST_TEST(!lives(answer));
  line.wire->ping();
  BOOST_TEST(!lives(answer));
  BOOST_TEST(lives("x"));
}

// A server with Nagle's algorithm sends no more until TCP has acknowledged its answer, which may be
// here before the one that asked has even come back from send(2).
BOOST_AUTO_TEST_CASE(an_answer_is_acknowledged_however_soon_it_comes) {
  const TcpPair pair;
  const int ours = pair.ours, theirs = pair.server;
  fcntl(ours, F_SETFL, O_NONBLOCK);
  const int on = 1;
  setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Wire wire(ours, 0s, false, WireCallbacks{});
  std::thread server([&] {
    char byte = 0;
    const std::string connack("\x20\x02\0\0", 4), pingresp("\xd0\0", 2);
    bool first = true;
    while (recv(theirs, &byte, 1, 0) == 1) {
      if (byte != '\xc0') continue;  // the second byte of a PINGREQ
      const std::string& answer = std::exchange(first, false) ? connack : pingresp;
      send(theirs, answer.data(), answer.size(), 0);
    }
  });
  constexpr int kRounds = 20000;
  const TimePoint end = wire_now() + 2s;  // on a busy machine fewer rounds must do
  std::atomic<int> rounds = 0;
  int unacknowledged = 0;
  std::atomic<int> asked = 0, answered = 0;
  std::thread receiver([&] {
    std::array<char, 4> into{};
    while (rounds < kRounds) {
      pollfd one{ours, POLLIN, 0};
      poll(&one, 1, 1000);
      const auto got = wire.read(into.data(), 1);
      if (got <= 0) continue;
      while (wire.readable() != 0) wire.read(into.data(), 1);
      wire.confirm_receipt();
      // By itself TCP takes 40 ms; a busy kernel works off an acknowledgement a little later.
      const TimePoint soon = wire_now() + 10ms;
      while (pair.unacknowledged() != 0 && wire_now() < soon) std::this_thread::yield();
      if (pair.unacknowledged() != 0) ++unacknowledged;
      if (wire_now() >= end) rounds = kRounds;
      ++rounds;
      ++answered;
    }
  });
  // The server wakes up where the one that asks is about to come back, and the receiver elsewhere.
  cpu_set_t before;
  pthread_getaffinity_np(pthread_self(), sizeof before, &before);
  const auto on_processor = [](pthread_t thread, std::size_t processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    pthread_setaffinity_np(thread, sizeof one, &one);
  };
  on_processor(pthread_self(), 0);
  on_processor(server.native_handle(), 0);
  on_processor(receiver.native_handle(), 1);
  while (rounds < kRounds) {
    ++asked;
    wire.append("\xc0\0", 2);
    wire.flush();
    while (answered < asked && rounds < kRounds) std::this_thread::yield();
  }
  receiver.join();
  shutdown(ours, SHUT_RDWR);
  server.join();
  pthread_setaffinity_np(pthread_self(), sizeof before, &before);
  BOOST_TEST(unacknowledged == 0);
}

BOOST_AUTO_TEST_CASE(news_are_told_once) {
  Line line;
  line.wire->note_news();
  line.wire->note_news();
  line.wire->prepare_to_wait(wire_now());
  line.wire->prepare_to_wait(wire_now());
  BOOST_TEST(line.wakes == 1);
}

BOOST_AUTO_TEST_CASE(a_detached_wire_touches_its_descriptor_no_more) {
  const Line line;
  line.append("x");
  line.wire->detach();
  line.wire->flush();
  line.wire->shut();
  BOOST_TEST(line.arrived().empty());
  BOOST_TEST(send(line.ends[0], "still open", 10, MSG_NOSIGNAL) == 10);
}

BOOST_AUTO_TEST_CASE(a_disconnect_ends_the_stream_behind_what_came_before_it) {
  const std::string before = std::string("\x20\x03\0\0\0", 5) + std::string("\x30\x04\0\1t\0", 6);
  const std::string goodbye = std::string("\xe0\x07\x8b\x05\x1f\0\2by", 9);
  for (const std::string& disconnect_packet : {goodbye, std::string("\xe0\0", 2)}) {
    const std::string all = before + disconnect_packet + "what follows is nobody's";
    for (const std::size_t piece : {all.size(), std::size_t{1}}) {
      const Line line;
      std::string got;
      std::array<char, 16> into{};
      for (std::size_t at = 0; at < all.size(); at += piece) {
        const std::string some = all.substr(at, piece);
        const ssize_t sent = send(line.ends[1], some.data(), some.size(), MSG_NOSIGNAL);
        BOOST_REQUIRE((sent > 0 || line.wire->end() == WireEnd::disconnect));
        // Paho asks for a byte, and for more only of a body.
        for (std::ptrdiff_t read = 1; read > 0;) {
          read = line.wire->read(into.data(), 1);
          if (read > 0) got.append(into.data(), static_cast<std::size_t>(read));
          // Nothing more may come, so poll(2) would not say that there is an end to be read.
          if (read > 0 && got == before && piece == all.size())
            BOOST_TEST(line.wire->readable() == 1U);
        }
      }
      BOOST_TEST(got == before);
      BOOST_TEST((line.wire->end() == WireEnd::disconnect));
      BOOST_TEST(line.wire->facts().disconnect_packet == disconnect_packet);
      BOOST_TEST(line.is_ready());  // Paho may not have seen it
      BOOST_TEST(line.wire->readable() == 0U);
      BOOST_TEST(line.wire->read(into.data(), 1) == -1);
      BOOST_TEST(errno == ECONNRESET);
    }
  }
}
