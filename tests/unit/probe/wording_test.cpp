// SPDX-License-Identifier: Apache-2.0
#include "probe/wording.hpp"

#include <boost/test/unit_test.hpp>

#include "reports.hpp"

using namespace mqfail;

namespace {

std::string said(Cause cause, ProbePhase phase, int code = 0) {
  return complaint(down("a", {cause, Phase::connack, code, true, {}}, phase));
}

}  // namespace

BOOST_AUTO_TEST_CASE(at_most_three_servers_that_are_down_are_named) {
  const std::string text =
      summary(outcome({up("a"), down("b"), down("c"), down("d"), down("e"), down("f")}));
  BOOST_TEST(text ==
             "1/6 up, the preferred a answers; b refuses the connection; c refuses the "
             "connection; d refuses the connection; 2 more are down");
}

BOOST_AUTO_TEST_CASE(refused_credentials_are_told_from_other_refusals) {
  BOOST_TEST(has(said(Cause::connack, ProbePhase::connack, 0x87), "refuses the credentials: "));
  BOOST_TEST(has(said(Cause::connack, ProbePhase::connack, 0x97), "refuses us: "));
}

BOOST_AUTO_TEST_CASE(a_closed_connection_is_told_with_what_may_be_wrong) {
  BOOST_TEST(said(Cause::closed, ProbePhase::connack) == "closes the connection (connack)");
  BOOST_TEST(complaint(down("a", {Cause::closed, Phase::connack, 0, false, "it may want TLS"})) ==
             "closes the connection (connack): it may want TLS");
}

BOOST_AUTO_TEST_CASE(silence_is_told_with_the_phase_in_which_it_began) {
  BOOST_TEST(said(Cause::timeout, ProbePhase::connack) == "does not answer (connack)");
  BOOST_TEST(said(Cause::timeout, ProbePhase::suback) == "does not answer a SUBSCRIBE (suback)");
  BOOST_TEST(said(Cause::timeout, ProbePhase::ping) ==
             "accepts the connection and does not answer a ping");
  BOOST_TEST(said(Cause::timeout, ProbePhase::puback) == "does not acknowledge a message (puback)");
  BOOST_TEST(said(Cause::timeout, ProbePhase::round_trip) ==
             "answers and does not deliver a message (round trip)");
}

BOOST_AUTO_TEST_CASE(with_first_the_server_that_was_found_is_named) {
  ServerReport late = up("c");
  late.up = late.asked_to_the_end = false;
  BOOST_TEST(summary(outcome({down("a"), up("b"), late}, {.first = true})) ==
             "1/3 up, the preferred a refuses the connection; b answers; 1 not waited for");
}

BOOST_AUTO_TEST_CASE(remarks_stand_behind_the_servers) {
  Limits limits;
  limits.warn = parse_range("0.001");
  BOOST_TEST(summary(outcome({up("a")}, limits)) ==
             "1/1 up, the preferred a answers; a: total time 0.01 s, -w 0.001");
}

BOOST_AUTO_TEST_CASE(numbers_have_their_units) {
  BOOST_TEST(in_ms(2500us) == "2.500");
  BOOST_TEST(in_seconds(2500us) == "0.0025");
  BOOST_TEST(in_seconds(3s) == "3");
  BOOST_TEST(in_seconds(0us) == "0");
}

BOOST_AUTO_TEST_CASE(the_words_of_a_server_are_one_printable_line) {
  const Reason reason{Cause::tls, Phase::tls, 0, false, kHostile};
  for (const std::string& text : {why(down("a", reason)), complaint(down("a", reason)),
                                  summary(outcome({down(kHostile, reason)}))}) {
    BOOST_TEST(!has(text, "\n"), text);
    BOOST_TEST(!has(text, "\x1b"), text);
  }
}
