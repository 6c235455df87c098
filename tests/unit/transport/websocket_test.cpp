// SPDX-License-Identifier: Apache-2.0
// WebSocket as bytes: the examples of RFC 6455, every cut of a stream, and what a server must not
// send.
#include "transport/wire/websocket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "transport/wire/clock.hpp"
#include "transport/wire/wire.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

// A frame as a server sends it.
std::string frame(unsigned first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  const std::uint64_t size = payload.size();
  unsigned more = 0;
  if (size <= 125) {
    out += static_cast<char>(size);
  } else {
    more = size <= 0xFFFF ? 2 : 8;
    out += static_cast<char>(more == 2 ? 126 : 127);
  }
  while (more-- > 0) out += static_cast<char>(size >> (8 * more));
  return out.append(payload);
}

constexpr unsigned kBinary = 0x82, kBinaryBegin = 0x02, kMiddle = 0x00, kEnd = 0x80, kPing = 0x89,
                   kPong = 0x8A, kClose = 0x88;

std::string take(FrameReader& reader, std::string bytes) {
  bytes.resize(reader.take(bytes.data(), bytes.size()));
  return bytes;
}

std::string sent(std::string payload, Opcode opcode = Opcode::binary, Mask mask = {1, 2, 3, 4}) {
  std::vector<char> out;
  const iovec piece{payload.data(), payload.size()};
  append_frame(out, opcode, &piece, 1, mask);
  return {out.begin(), out.end()};
}

// Takes a frame of ours apart again.
std::string unmasked(std::string_view frame, std::size_t header) {
  std::string payload(frame.substr(header + 4));
  for (std::size_t i = 0; i < payload.size(); ++i)
    payload[i] = static_cast<char>(payload[i] ^ frame[header + i % 4]);
  return payload;
}

const char* broken_by(const std::string& bytes) {
  FrameReader whole, cut;
  const std::string kept = take(whole, bytes);
  std::string kept_cut;
  for (const char byte : bytes) kept_cut += take(cut, {byte});
  BOOST_TEST(kept == kept_cut);
  BOOST_REQUIRE(whole.broken() != nullptr);
  BOOST_REQUIRE(cut.broken() != nullptr);
  BOOST_TEST(std::string(whole.broken()) == cut.broken());
  return whole.broken();
}

Server server(Scheme scheme = Scheme::ws, std::string host = "h", std::uint16_t port = 80,
              std::string path = "/mqtt") {
  Server it;
  it.scheme = scheme;
  it.host = std::move(host);
  it.port = port;
  it.path = std::move(path);
  return it;
}

// The example of RFC 6455 section 1.3.
const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kAgreed =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

UpgradeFailure refused(const std::string& answer) {
  UpgradeAnswer whole(kKey), cut(kKey);
  whole.take(answer);
  for (const char& byte : answer) {
    if (!cut.failure() && !cut.accepted()) cut.take({&byte, 1});
  }
  BOOST_TEST(!whole.accepted());
  BOOST_REQUIRE(whole.failure().has_value());
  BOOST_REQUIRE_MESSAGE(cut.failure().has_value(), answer);
  BOOST_TEST(whole.failure()->text == cut.failure()->text);
  return *whole.failure();
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_answer_is_read_however_its_lines_come) {
  // Boost.Beast takes the status line apart before the rest is there, if it comes whole at first.
  const std::size_t line = kAgreed.find("\r\n") + 2;
  for (std::size_t first = line - 2; first <= line + 2; ++first) {
    for (const std::size_t piece : {1U, 7U, 40U}) {
      UpgradeAnswer answer(kKey);
      answer.take(std::string_view(kAgreed).substr(0, first));
      for (std::size_t at = first; at < kAgreed.size() && !answer.failure(); at += piece)
        answer.take(std::string_view(kAgreed).substr(at, piece));
      BOOST_TEST(answer.accepted(), first << " bytes, then " << piece << " at a time");
    }
  }
}

BOOST_AUTO_TEST_CASE(frames_are_masked_with_the_shortest_header) {
  // The masked "Hello" of section 5.7, as binary.
  const std::string hello = sent("Hello", Opcode::binary, {0x37, 0xfa, 0x21, 0x3d});
  BOOST_TEST(hello == "\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  const std::string longest_short(125, 'x'), shortest_middle(126, 'x'), longest_middle(65535, 'x'),
      shortest_long(65536, 'x');
  BOOST_TEST(sent(longest_short).substr(0, 2) == "\x82\xFD");
  BOOST_TEST(sent(shortest_middle).substr(0, 4) == std::string("\x82\xFE\0\x7E", 4));
  BOOST_TEST(sent(longest_middle).substr(0, 4) == "\x82\xFE\xFF\xFF");
  BOOST_TEST(sent(shortest_long).substr(0, 10) == std::string("\x82\xFF\0\0\0\0\0\x01\0\0", 10));
}

BOOST_AUTO_TEST_CASE(the_mask_holds_for_every_length_and_cut_into_pieces) {
  std::string payload;
  for (int i = 0; i < 120; ++i) {
    for (std::size_t cut = 0; cut <= payload.size(); cut += 1 + payload.size() / 7) {
      std::vector<char> out{'o', 'l', 'd'};
      const iovec pieces[] = {{payload.data(), cut}, {payload.data() + cut, payload.size() - cut}};
      append_frame(out, Opcode::binary, pieces, 2, {9, 200, 77, 1});
      BOOST_REQUIRE(std::string(out.data(), 3) == "old");
      BOOST_REQUIRE(unmasked({out.data() + 3, out.size() - 3}, 2) == payload);
    }
    payload += static_cast<char>(i * 37);
  }
}

BOOST_AUTO_TEST_CASE(a_stream_is_the_same_at_every_cut) {
  const std::string big(70000, 'b'), middle(300, 'm');
  const std::string bytes = frame(kBinary, "a") + frame(kBinaryBegin, "fr") + frame(kPing, "one") +
                            frame(kMiddle, "") + frame(kMiddle, "ag") + frame(kPing, "two") +
                            frame(kEnd, "ments") + frame(kBinary, "") + frame(kBinary, middle) +
                            frame(kPong, "unasked") + frame(kBinary, "z");
  const std::string wanted = "afragments" + middle + "z";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameReader reader;
    std::string kept = take(reader, bytes.substr(0, cut));
    kept += take(reader, bytes.substr(cut));
    BOOST_REQUIRE(kept == wanted);
    BOOST_REQUIRE(reader.take_ping() == "two");
    BOOST_REQUIRE(!reader.take_ping().has_value());
    BOOST_REQUIRE(reader.broken() == nullptr);
    BOOST_REQUIRE(!reader.closing());
  }
  FrameReader by_the_byte;
  std::string all;
  for (const char byte : frame(kBinary, big) + bytes) all += take(by_the_byte, {byte});
  BOOST_TEST((all == big + wanted));
}

BOOST_AUTO_TEST_CASE(a_close_frame_ends_the_stream_and_says_why) {
  for (const auto& [payload, code, text] : std::vector<std::tuple<std::string, int, std::string>>{
           {"", 0, ""}, {"\x03\xE8", 1000, ""}, {"\x03\xE9 bye\n", 1001, " bye\n"}}) {
    FrameReader reader;
    BOOST_TEST(take(reader, frame(kBinary, "last") + frame(kClose, payload) +
                                frame(kBinary, "more")) == "last");
    BOOST_REQUIRE(reader.closing().has_value());
    BOOST_TEST(reader.closing()->code == code);
    BOOST_TEST(reader.closing()->text == text);
  }
}

BOOST_AUTO_TEST_CASE(what_a_server_must_not_send_is_named) {
  BOOST_TEST(broken_by(frame(0x81, "text")) == "a text message");
  BOOST_TEST(broken_by(frame(0xC2, "compressed")) == "a frame with reserved bits");
  BOOST_TEST(broken_by(frame(0x83, "")) == "an unknown frame");
  BOOST_TEST(broken_by(frame(0x8B, "")) == "an unknown frame");
  BOOST_TEST(broken_by(sent("masked")) == "a masked frame");
  BOOST_TEST(broken_by(frame(kEnd, "x")) == "the rest of a message that was not begun");
  BOOST_TEST(broken_by(frame(kBinaryBegin, "x") + frame(kBinary, "y")) ==
             "a message within another one");
  BOOST_TEST(broken_by(frame(0x09, "")) == "a control frame in pieces");
  BOOST_TEST(broken_by(frame(kPing, std::string(126, 'x'))) == "a control frame in pieces");
  BOOST_TEST(broken_by(frame(kClose, "x")) == "half a close code");
  BOOST_TEST(broken_by(std::string("\x82\x7E\0\x05", 4)) == "a length in more bytes than it needs");
  BOOST_TEST(broken_by(std::string("\x82\x7F\0\0\0\0\0\0\xFF\xFF", 10)) ==
             "a length in more bytes than it needs");
  BOOST_TEST(broken_by("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") == "a frame that is too long");
}

BOOST_AUTO_TEST_CASE(what_came_before_the_nonsense_is_kept) {
  FrameReader reader;
  BOOST_TEST(take(reader, frame(kBinary, "good") + frame(0x81, "bad")) == "good");
  BOOST_TEST(take(reader, frame(kBinary, "more")).empty());
}

BOOST_AUTO_TEST_CASE(the_request_names_host_path_and_subprotocol) {
  const std::string plain = upgrade_request(server(), kKey);
  BOOST_TEST(plain ==
             "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
             "Sec-WebSocket-Version: 13\r\n\r\n");
  const auto begins = [](const Server& it, const std::string& with) {
    const std::string request = upgrade_request(it, kKey);
    BOOST_TEST(request.substr(0, with.size()) == with);
  };
  begins(server(Scheme::wss, "h", 443), "GET /mqtt HTTP/1.1\r\nHost: h\r\n");
  begins(server(Scheme::wss, "h", 80), "GET /mqtt HTTP/1.1\r\nHost: h:80\r\n");
  begins(server(Scheme::ws, "::1", 8080, "/"), "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n");
  begins(server(Scheme::ws, "h", 80, "/a b\r\nX: y?\xC3\xA9%"),
         "GET /a%20b%0D%0AX:%20y%3F%C3%A9%25 HTTP/1.1\r\n");
}

BOOST_AUTO_TEST_CASE(the_answer_is_read_at_every_cut_and_gives_back_the_frames) {
  for (std::size_t cut = 0; cut <= kAgreed.size(); ++cut) {
    UpgradeAnswer answer(kKey);
    BOOST_REQUIRE(answer.take(kAgreed.substr(0, cut)) == cut);
    BOOST_REQUIRE(answer.accepted() == (cut == kAgreed.size()));
    if (!answer.accepted())
      BOOST_REQUIRE(answer.take(kAgreed.substr(cut) + "frames") == kAgreed.size() - cut);
    BOOST_REQUIRE(answer.accepted());
  }
  // Names in any case, lists, and no subprotocol at all: the packet filter sees whether it is MQTT.
  UpgradeAnswer lists(kKey);
  lists.take(replaced(replaced(kAgreed, "Connection: Upgrade", "CONNECTION: keep-alive, upgrade"),
                      "Sec-WebSocket-Protocol: mqtt\r\n", ""));
  BOOST_TEST(lists.accepted());
}

BOOST_AUTO_TEST_CASE(what_is_no_agreement_is_named) {
  const UpgradeFailure missing = refused("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi");
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.text == "HTTP/1.1 404 Not Found");
  const UpgradeFailure moved =
      refused("HTTP/1.1 302 Found\r\nLocation: https://elsewhere/mqtt\r\n\r\n");
  BOOST_TEST(moved.status == 302);
  BOOST_TEST(moved.text == "HTTP/1.1 302 Found, to https://elsewhere/mqtt");
  BOOST_TEST(refused("HTTP/1.0 200 \r\n\r\n").text == "HTTP/1.0 200 OK");
  const auto without = [](const std::string& from, const std::string& to) {
    return refused(replaced(kAgreed, from, to)).text;
  };
  BOOST_TEST(without("xOo=", "xOO=") == "Sec-WebSocket-Accept is not the answer to our key");
  BOOST_TEST(without("Upgrade: websocket", "Upgrade: h2c") ==
             "the server switched to something that is not WebSocket");
  BOOST_TEST(without("Connection: Upgrade", "Connection: close") ==
             "the server switched to something that is not WebSocket");
  BOOST_TEST(without("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n") ==
             "the server uses an extension that was not asked for");
  BOOST_TEST(without(": mqtt", ": chat") == "the server speaks another subprotocol: chat");
  BOOST_TEST(refused("\x20\x02" + std::string(200, '\0')).text == "the answer is not HTTP");
  BOOST_TEST(refused(std::string("\x15\x03\x03\0\x02\x02\x0a", 7)).text ==
             "the server answers in TLS: write wss://");
  BOOST_TEST(refused("HTTP/1.1 101 S\r\nX: " + std::string(9000, 'x')).text ==
             "the answer is too long");
}

BOOST_AUTO_TEST_CASE(packets_wait_for_the_upgrade_and_go_out_a_frame_each) {
  WebSocket web(server());
  std::vector<char> out;
  std::string first = "one", second = "two";
  const iovec pieces[] = {{first.data(), 3}, {second.data(), 3}};
  web.put(out, pieces, 1);
  web.put(out, pieces + 1, 1);
  const std::string request(out.begin(), out.end());
  BOOST_TEST(request.substr(request.size() - 4) == "\r\n\r\n");
  const std::string key = request.substr(request.find("-Key: ") + 6, 24);
  BOOST_TEST(key.substr(22) == "==");
  out.clear();
  std::string bad = kAgreed;
  BOOST_TEST(web.take(bad.data(), bad.size(), out, false) == 0U);
  BOOST_TEST(web.ended());  // our key is another one
  BOOST_TEST(out.empty());
}

// A proxy sends them by itself.
BOOST_AUTO_TEST_CASE(a_ping_of_websocket_is_no_sign_of_life_of_the_server) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  {
    Wire wire(ends[0], 10s, false, WireCallbacks{}, std::make_unique<WebSocket>(server(), kKey));
    const TimePoint made = wire.last_life();
    std::array<char, 16> into{};
    const auto come = [&](const std::string& bytes) {
      while (wire_now() <= made) {
      }
      BOOST_REQUIRE(send(ends[1], bytes.data(), bytes.size(), 0) ==
                    static_cast<ssize_t>(bytes.size()));
      return wire.read(into.data(), 1);
    };
    BOOST_TEST(come(kAgreed + frame(kPing, "are you there?")) == -1);
    BOOST_TEST((wire.last_life() == made));
    BOOST_TEST(come(frame(kBinary, std::string_view("\x20\x02\0\0", 4))) == 1);
    BOOST_TEST((wire.last_life() > made));
  }
  close(ends[0]);
  close(ends[1]);
}
