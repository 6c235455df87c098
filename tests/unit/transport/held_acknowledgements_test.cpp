// SPDX-License-Identifier: Apache-2.0
// Which acknowledgements wait, and for what.
#include "transport/wire/held_acknowledgements.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>

using namespace mqfail;

namespace {

bool take(HeldAcknowledgements& held, const std::string& packet) {
  // As Paho writes it: header and packet id apart.
  const iovec pieces[] = {{const_cast<char*>(packet.data()), 2},
                          {const_cast<char*>(packet.data()) + 2, packet.size() - 2}};
  return held.take(pieces, 2, packet.size());
}

std::string ack(char type, int id) {
  return {type, 2, static_cast<char>(id >> 8), static_cast<char>(id & 0xFF)};
}

std::string released(HeldAcknowledgements& held, std::uint16_t id) {
  std::string all;
  held.release(id, [&all](const auto& packet) { all.append(packet.begin(), packet.end()); });
  return all;
}

std::string orphans(HeldAcknowledgements& held) {
  std::string all;
  held.release_orphans([&all](const auto& packet) { all.append(packet.begin(), packet.end()); });
  return all;
}

std::string passed(HeldAcknowledgements& held, std::uint16_t id) {
  std::string all;
  held.pass(id, [&all](const auto& packet) { all.append(packet.begin(), packet.end()); });
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(only_acknowledgements_without_a_reason_are_held) {
  HeldAcknowledgements held;
  for (const char type : {'\x40', '\x50', '\x70'}) BOOST_TEST(take(held, ack(type, 1)));
  BOOST_TEST(!take(held, ack('\x62', 1)));                          // PUBREL
  BOOST_TEST(!take(held, std::string("\x50\x03\x00\x01\x92", 5)));  // with a reason
  BOOST_TEST(!take(held, std::string("\x30\x02\x00\x01", 4)));
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_goes_with_its_message_in_any_order) {
  HeldAcknowledgements held;
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{1, 2, 258}) {
    take(held, ack('\x40', id));
    held.claim(id);
  }
  BOOST_TEST(orphans(held).empty());
  BOOST_TEST(released(held, 258) == ack('\x40', 258));
  BOOST_TEST(released(held, 1) == ack('\x40', 1));
  BOOST_TEST(released(held, 1).empty());
  BOOST_TEST(released(held, 2) == ack('\x40', 2));
}

// A packet id is used again once it was acknowledged.
BOOST_AUTO_TEST_CASE(a_message_claims_the_newest_acknowledgement_of_its_packet_id) {
  HeldAcknowledgements held;
  take(held, ack('\x50', 9));
  take(held, ack('\x40', 9));
  held.claim(9);
  BOOST_TEST(orphans(held) == ack('\x50', 9));
  take(held, ack('\x50', 9));
  take(held, ack('\x50', 9));
  held.claim(9);
  held.claim(9);
  BOOST_TEST(orphans(held).empty());
  take(held, ack('\x50', 7));
  held.claim(7);
  take(held, ack('\x70', 7));  // PUBCOMP of the same message
  BOOST_TEST(orphans(held) == ack('\x70', 7));
  BOOST_TEST(released(held, 7) == ack('\x50', 7));
}

// MQTT 5, 4.6.0-2: in the order in which the messages came.
BOOST_AUTO_TEST_CASE(a_message_that_is_not_for_the_session_is_acknowledged_behind_those_before_it) {
  HeldAcknowledgements held;
  take(held, ack('\x40', 1));
  BOOST_TEST(passed(held, 1) == ack('\x40', 1));  // nothing is before it
  BOOST_TEST(passed(held, 1).empty());
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{2, 3, 4, 5, 6}) {
    take(held, ack('\x40', id));
    if (id == 2 || id == 5) {
      held.claim(id);
    } else {
      BOOST_TEST(passed(held, id).empty());
    }
  }
  BOOST_TEST(orphans(held).empty());
  BOOST_TEST(released(held, 2) == ack('\x40', 2) + ack('\x40', 3) + ack('\x40', 4));
  BOOST_TEST(released(held, 5) == ack('\x40', 5) + ack('\x40', 6));
  take(held, ack('\x50', 7));  // nobody's yet: it holds up nothing
  take(held, ack('\x40', 8));
  BOOST_TEST(passed(held, 8) == ack('\x40', 8));
  BOOST_TEST(orphans(held) == ack('\x50', 7));
}
