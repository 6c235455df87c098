// SPDX-License-Identifier: Apache-2.0
// What a resumed session brings again is told from a message that only looks like it.
#include "subscribe/redelivered.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

bool again(Redelivered& redelivered, std::uint16_t packet_id, std::uint64_t digest,
           bool duplicate = true) {
  Message message;
  message.packet_id = packet_id;
  message.duplicate = duplicate;
  return redelivered.is_again(message, {digest, digest});
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_taken_comes_again_with_dup_and_its_packet_id) {
  Redelivered redelivered;
  for (std::uint16_t id = 101; id <= 150; ++id) BOOST_TEST(!again(redelivered, id, id, false));
  // The connection was lost, and then once more.
  for (int times = 0; times < 2; ++times) {
    for (std::uint16_t id = 120; id <= 150; ++id) BOOST_TEST(again(redelivered, id, id));
    BOOST_TEST(!again(redelivered, 151, 151));  // not received
  }
}

BOOST_AUTO_TEST_CASE(another_message_is_not_taken_for_it) {
  Redelivered redelivered;
  again(redelivered, 101, 1, false);
  BOOST_TEST(!again(redelivered, 101, 2));
  BOOST_TEST(!again(redelivered, 102, 1));
  BOOST_TEST(!again(redelivered, 101, 1, false));  // MQTT 5, 4.3.2: a new one
}

// It may be the next message with the same content, which was lost on the way.
BOOST_AUTO_TEST_CASE(a_server_that_takes_the_lowest_free_packet_id_is_not_trusted) {
  Redelivered redelivered;
  again(redelivered, 1, 1, false);
  BOOST_TEST(!again(redelivered, 1, 1));
  again(redelivered, Redelivered::kUnderWay, 2, false);
  BOOST_TEST(!again(redelivered, Redelivered::kUnderWay, 2));
}

BOOST_AUTO_TEST_CASE(what_is_remembered_is_bounded) {
  Redelivered redelivered;
  const auto last = static_cast<std::uint16_t>(1009 + Redelivered::kMost);
  for (std::uint16_t id = 1000; id <= last; ++id) again(redelivered, id, id, false);
  for (std::uint16_t id = 1000; id <= last; ++id) {
    BOOST_TEST(again(redelivered, id, id) == (id >= 1010));
  }
}

BOOST_AUTO_TEST_CASE(a_new_session_brings_nothing_again) {
  Redelivered redelivered;
  again(redelivered, 101, 1, false);
  redelivered.forget();
  BOOST_TEST(!again(redelivered, 101, 1));
}
