// SPDX-License-Identifier: Apache-2.0
// When the receive thread lets packets gather, and for how long.
#include "transport/paho_seams/receive_moderation.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(Duration)

namespace {

ReceiveModeration under_a_stream() {
  ReceiveModeration moderation;
  for (int i = 0; i < ReceiveModeration::kRounds; ++i) moderation.found_after(10us);
  return moderation;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_packet_that_comes_alone_never_waits) {
  ReceiveModeration moderation;
  for (int i = 0; i < 1000; ++i) {
    BOOST_TEST(moderation.pause(0) == 0us);
    BOOST_TEST(moderation.pause(100) == 0us);
    moderation.found_after(60us);  // a request, an answer, a request …
  }
}

BOOST_AUTO_TEST_CASE(the_first_packets_of_a_burst_do_not_wait) {
  ReceiveModeration moderation;
  for (int i = 0; i < ReceiveModeration::kRounds; ++i) {
    BOOST_TEST(moderation.pause(0) == 0us);
    moderation.found_after(10us);
  }
  BOOST_TEST(moderation.pause(0) == ReceiveModeration::kMost);
}

BOOST_AUTO_TEST_CASE(one_long_wait_ends_the_stream) {
  ReceiveModeration moderation = under_a_stream();
  moderation.found_after(ReceiveModeration::kDense);
  BOOST_TEST(moderation.pause(0) == 0us);
}

BOOST_AUTO_TEST_CASE(a_pause_is_a_small_part_of_what_the_server_still_has_to_do) {
  const ReceiveModeration moderation = under_a_stream();
  BOOST_TEST(moderation.pause(1) == 0us);
  BOOST_TEST(moderation.pause(20) == 6us);  // the window of a mosquitto with its default settings
  BOOST_TEST(moderation.pause(100) == 33us);
  BOOST_TEST(moderation.pause(60'000) == ReceiveModeration::kMost);
}
