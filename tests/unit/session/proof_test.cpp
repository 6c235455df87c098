// SPDX-License-Identifier: Apache-2.0
// The count of what a server has read for certain at QoS 0.
#include "session/proof.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1h};

void publish(Proof& proof, std::uint64_t count) {
  for (; count > 0; --count) proof.published();
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_published_needs_no_proof) {
  Proof proof(kStart);
  BOOST_TEST(!proof.is_due(kStart + 1h, true));
  BOOST_TEST(!proof.due().has_value());
  BOOST_TEST(proof.unproven() == 0U);
}

BOOST_AUTO_TEST_CASE(a_proof_is_due_after_a_time_or_a_number_or_at_once) {
  Proof proof(kStart);
  publish(proof, 1);
  BOOST_TEST(!proof.is_due(kStart, false));
  BOOST_TEST(proof.is_due(kStart, true));
  BOOST_REQUIRE(proof.due().has_value());
  BOOST_TEST(!proof.is_due(*proof.due() - 1ms, false));
  BOOST_TEST(proof.is_due(*proof.due(), false));
  publish(proof, Proof::kEvery - 1);
  BOOST_TEST(proof.is_due(kStart, false));
  proof.asked(1, kStart);
  BOOST_TEST(!proof.is_due(kStart + 1h, true));
}

BOOST_AUTO_TEST_CASE(an_answer_proves_what_was_published_before_its_ping) {
  Proof proof(kStart);
  publish(proof, 3);
  proof.asked(7, kStart);  // other pings went before, and their answers prove nothing
  publish(proof, 2);
  proof.asked(9, kStart);
  BOOST_TEST(proof.answered(6) == 0U);
  BOOST_TEST(proof.answered(8) == 3U);
  BOOST_TEST(proof.unproven() == 2U);
  BOOST_TEST(proof.answered(8) == 0U);
  BOOST_TEST(proof.answered(9) == 2U);
  BOOST_TEST(proof.unproven() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_given_up_is_counted_once) {
  Proof proof(kStart);
  publish(proof, 3);
  proof.asked(1, kStart);
  publish(proof, 1);
  BOOST_TEST(proof.give_up() == 4U);
  BOOST_TEST(proof.give_up() == 0U);
  BOOST_TEST(proof.answered(1) == 0U);
  BOOST_TEST(proof.unproven() == 0U);
  BOOST_TEST(!proof.due().has_value());
}
