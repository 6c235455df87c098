// SPDX-License-Identifier: Apache-2.0
// What a server sends, before Paho sees it. Laws: how the bytes are cut changes nothing; a flaw may
// be shown; a CONNACK, SUBACK, PUBLISH or DISCONNECT that is let through can be taken apart.
#include "transport/wire/packet_filter.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "transport/direct/packets.hpp"
#include "transport/end_reason.hpp"
#include "transport/wire/properties.hpp"

using namespace mqfail;

namespace {

void ask(PacketFilter& filter, Protocol protocol) {
  filter.speak(protocol);
  filter.expect_answer_to(subscribe_packet(1, {"a", "b"}, 1, protocol));
  filter.expect_pingresp();
}

void take_apart(const Packet& packet, Protocol protocol) {
  if (packet.type == PacketType::suback) suback_codes(packet.body, protocol);
  if (packet.type == PacketType::puback) puback_code(packet.body);
  if (packet.type != PacketType::publish) return;
  const Message message = read_publish(packet, protocol);
  fuzz::law(message.topic.size() + message.payload.size() <= packet.body.size(),
            "nothing is added");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choice = input.byte();
  const std::size_t piece = input.byte() % 7 + 1;
  const Protocol protocol =
      std::array{Protocol::mqtt5, Protocol::mqtt311, Protocol::mqtt31}[choice % 3];
  const std::string& bytes = input.rest();

  PacketFilter whole, cut;
  ask(whole, protocol);
  ask(cut, protocol);
  const auto admitted = whole.admit(bytes);
  fuzz::law(!admitted || *admitted <= bytes.size(), "nothing is added");
  std::optional<std::size_t> in_pieces = 0;
  for (std::size_t at = 0; at < bytes.size() && in_pieces; at += piece) {
    const auto some = cut.admit(std::string_view(bytes).substr(at, piece));
    if (some)
      *in_pieces += *some;
    else
      in_pieces.reset();
  }
  fuzz::law(in_pieces == admitted, "the same is admitted in pieces", cut.flaw());
  fuzz::law(whole.flaw() == cut.flaw() && whole.ended() == cut.ended() &&
                whole.connack() == cut.connack(),
            "the same is found in pieces", whole.flaw());
  fuzz::law_shown(whole.flaw());
  // There is none to tell if the first byte is no CONNACK.
  fuzz::law(!admitted || whole.flaw().empty(), "what has a flaw is not admitted", whole.flaw());
  if (!whole.connack().empty() && protocol == Protocol::mqtt5)
    text_property(std::string_view(whole.connack()).substr(2), property::reason_string);
  if (!admitted) return 0;

  std::string_view rest = std::string_view(bytes).substr(0, *admitted);
  while (const auto packet = first_packet(rest)) {
    take_apart(*packet, protocol);
    rest.remove_prefix(packet->size);
  }
  return 0;
}
