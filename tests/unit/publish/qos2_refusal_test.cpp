// SPDX-License-Identifier: Apache-2.0
// Which ends of connections show that a server closes at every message of QoS 2.
#include "publish/qos2_refusal.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr ServerKey kA = 0, kB = 1;
const Reason kClosed{Cause::closed, Phase::publish, 0, false, {}};
const Reason kReset{Cause::reset, Phase::publish, 104, false, {}};

Poison::End end(ServerKey server, bool alone = true, bool pinged = true, Duration waited = 0s) {
  return {server, 0, 1, alone, pinged, waited, TimePoint{}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_ends_over_messages_of_which_it_has_never_answered_one_show_it) {
  Qos2Refusal refusal;
  BOOST_TEST(!refusal.ended(end(kA, false, false), kClosed));  // with others under way
  BOOST_TEST(!refusal.ended(end(kB), kClosed));
  BOOST_TEST(!refusal.is_known_of(kA));
  BOOST_TEST(refusal.ended(end(kA), kClosed));
  BOOST_TEST(refusal.is_known_of(kA));
  BOOST_TEST(!refusal.is_known_of(kB));
}

BOOST_AUTO_TEST_CASE(the_end_that_shows_it_must_be_over_that_message_alone_and_at_once) {
  for (const Poison::End& unclear :
       {end(kA, false), end(kA, true, false), end(kA, true, true, 1001ms)}) {
    Qos2Refusal refusal;
    for (int time = 0; time < 5; ++time) BOOST_TEST(!refusal.ended(unclear, kClosed));
    BOOST_TEST(refusal.ended(end(kA), kClosed));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_has_answered_one_is_never_taken_for_it) {
  Qos2Refusal refusal;
  refusal.ended(end(kA), kClosed);
  refusal.answered(kA);
  for (int time = 0; time < 5; ++time) BOOST_TEST(!refusal.ended(end(kA), kClosed));
}

BOOST_AUTO_TEST_CASE(the_ends_of_a_server_that_has_died_do_not_count) {
  Qos2Refusal refusal;
  for (int time = 0; time < 5; ++time) {
    BOOST_TEST(!refusal.ended(end(kA), kClosed));
    refusal.died(kA);
  }
}

BOOST_AUTO_TEST_CASE(a_reset_shows_nothing_because_a_server_that_dies_resets) {
  Qos2Refusal refusal;
  for (int time = 0; time < 5; ++time) BOOST_TEST(!refusal.ended(end(kA), kReset));
  BOOST_TEST(refusal.ended(end(kA), kClosed));
}
