// SPDX-License-Identifier: Apache-2.0
// The answer to a WebSocket upgrade, and frames. Law: how the bytes are cut changes nothing.
#include "transport/wire/websocket.hpp"

#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

Server server() {
  Server it;
  it.scheme = Scheme::ws;
  it.host = "h";
  it.port = 80;
  it.path = "/mqtt";
  return it;
}

// The nonce of the example in RFC 6455, section 1.3, for which the seeds have the answer.
const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";

struct Taken {
  std::string mqtt;
  std::string why;
  bool open = false, ended = false;
  friend bool operator==(const Taken&, const Taken&) = default;
};

Taken take(WebSocket& socket, std::string bytes, std::size_t piece) {
  Taken all;
  std::vector<char> out;
  for (std::size_t at = 0; at < bytes.size() && !socket.ended(); at += piece) {
    std::string some = bytes.substr(at, piece);
    const std::size_t kept = socket.take(some.data(), some.size(), out, false);
    fuzz::law(kept <= some.size(), "nothing is added");
    all.mqtt += some.substr(0, kept);
  }
  all.open = socket.open();
  all.ended = socket.ended();
  if (all.ended) all.why = socket.why_ended().text;
  return all;
}

void frames(const std::string& bytes, std::size_t piece) {
  FrameReader whole, cut;
  std::string at_once = bytes, in_pieces;
  at_once.resize(whole.take(at_once.data(), at_once.size()));
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string some = bytes.substr(at, piece);
    some.resize(cut.take(some.data(), some.size()));
    in_pieces += some;
  }
  fuzz::law(at_once == in_pieces, "the same in pieces");
  fuzz::law(std::string(whole.broken() == nullptr ? "" : whole.broken()) ==
                (cut.broken() == nullptr ? "" : cut.broken()),
            "broken in the same way");
  fuzz::law(whole.closing().has_value() == cut.closing().has_value(), "closed in the same way");
  if (whole.closing()) fuzz::law(whole.closing()->text.size() <= 123, "a reason fits its frame");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choice = input.byte();
  const std::size_t piece = choice / 2 % 16 + 1;
  if ((choice & 1U) != 0) {
    frames(input.rest(), piece);
    return 0;
  }
  // Whether a head without an end is refused at once may depend on the cut; it is not accepted.
  if (input.rest().find("\r\n\r\n") == std::string::npos) {
    WebSocket any(server(), kKey);
    fuzz::law(!take(any, input.rest(), piece).open, "a head has an end");
    return 0;
  }
  WebSocket whole(server(), kKey), cut(server(), kKey);
  const Taken at_once = take(whole, input.rest(), input.rest().size() + 1);
  const Taken in_pieces = take(cut, input.rest(), piece);
  fuzz::law(at_once == in_pieces, "the same in pieces", at_once.why + " | " + in_pieces.why);
  return 0;
}
