// SPDX-License-Identifier: Apache-2.0
// The table of failover.md section 3: every code of it is a row here.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <ostream>

#include "words.hpp"

namespace mqfail {
// For Boost.Test's messages.
static std::ostream& operator<<(std::ostream& out, Verdict verdict) {
  return out << name(verdict);
}
}  // namespace mqfail

namespace mqfail::test {
namespace {

struct Row {
  Reason reason;
  Verdict verdict;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << name(row.reason.cause) << " " << row.reason.code << " means " << row.verdict;
}

Row connack(int code, Verdict verdict) {
  return {because(Cause::connack, Phase::connack, code, code >= 0x80), verdict};
}

const std::vector<Row> kAttempts{
    {because(Cause::refused, Phase::tcp, ECONNREFUSED), Verdict::next},
    {because(Cause::reset, Phase::tcp, ECONNRESET), Verdict::next},
    {because(Cause::reset, Phase::tls, ECONNRESET), Verdict::next},
    {because(Cause::closed, Phase::ws), Verdict::next},
    {because(Cause::closed, Phase::subscribe), Verdict::next},
    {because(Cause::dns, Phase::dns), Verdict::next},
    {because(Cause::timeout, Phase::connack), Verdict::next},
    {because(Cause::tls, Phase::tls), Verdict::next},
    {because(Cause::tls, Phase::connack), Verdict::next},
    {because(Cause::ws, Phase::ws, 404), Verdict::next},
    {because(Cause::suback, Phase::subscribe, 0x80), Verdict::next},
    {because(Cause::suback, Phase::subscribe, 0x87), Verdict::next},
    {because(Cause::unfit), Verdict::next},
    {because(Cause::local, Phase::tcp, EMFILE), Verdict::next},
    connack(3, Verdict::next),
    connack(0x88, Verdict::next),
    connack(0x8B, Verdict::next),
    connack(0x80, Verdict::next),
    connack(0x83, Verdict::next),
    connack(0x9A, Verdict::next),
    connack(0x9B, Verdict::next),
    connack(0x89, Verdict::cool),
    connack(0x97, Verdict::cool),
    connack(0x9F, Verdict::cool),
    connack(4, Verdict::auth),
    connack(5, Verdict::auth),
    connack(0x86, Verdict::auth),
    connack(0x87, Verdict::auth),
    connack(0x8A, Verdict::auth),
    connack(0x8C, Verdict::auth),
    connack(0x9C, Verdict::redirect),
    connack(0x9D, Verdict::redirect),
    connack(1, Verdict::ours),
    connack(2, Verdict::ours),
    connack(0x81, Verdict::ours),
    connack(0x82, Verdict::ours),
    connack(0x84, Verdict::ours),
    connack(0x85, Verdict::ours),
    connack(0x95, Verdict::ours),
    connack(0x99, Verdict::ours),
};

const std::vector<Row> kFallbacks{
    connack(1, Verdict::older_protocol),
    connack(0x84, Verdict::older_protocol),
    {because(Cause::closed, Phase::connack), Verdict::older_protocol},
    {because(Cause::reset, Phase::connack, ECONNRESET), Verdict::older_protocol},
    {because(Cause::timeout, Phase::connack), Verdict::next},
    {because(Cause::tls, Phase::connack), Verdict::next},
    {because(Cause::closed, Phase::tls), Verdict::next},
    {because(Cause::closed, Phase::subscribe), Verdict::next},
};

Row disconnect(int code, Verdict verdict) {
  return {because(Cause::disconnect, Phase::publish, code), verdict};
}

const std::vector<Row> kLosses{
    {because(Cause::closed, Phase::publish), Verdict::next},
    {because(Cause::closed, Phase::connack), Verdict::next},
    {because(Cause::reset, Phase::publish, ECONNRESET), Verdict::next},
    {because(Cause::keepalive, Phase::publish), Verdict::next},
    {because(Cause::ack_timeout, Phase::publish), Verdict::next},
    {because(Cause::stale, Phase::publish), Verdict::next},
    {because(Cause::ack_refused, Phase::publish, 0x80), Verdict::cool},
    {because(Cause::ack_refused, Phase::publish, 0x83), Verdict::cool},
    {because(Cause::ack_refused, Phase::publish, 0x87), Verdict::cool},
    {because(Cause::ack_refused, Phase::publish, 0x97), Verdict::cool},
    disconnect(0x00, Verdict::next),
    disconnect(0x04, Verdict::next),
    disconnect(0x8B, Verdict::next),
    disconnect(0x8D, Verdict::next),
    disconnect(0x98, Verdict::next),
    disconnect(0x89, Verdict::cool),
    disconnect(0x97, Verdict::cool),
    disconnect(0x9F, Verdict::cool),
    disconnect(0x87, Verdict::auth),
    disconnect(0x9C, Verdict::redirect),
    disconnect(0x9D, Verdict::redirect),
    disconnect(0x81, Verdict::ours),
    disconnect(0x82, Verdict::ours),
    disconnect(0x95, Verdict::next),  // about a message: class poison
    disconnect(0x99, Verdict::next),
    disconnect(0x8E, Verdict::taken_over),
};

}  // namespace

BOOST_DATA_TEST_CASE(what_ends_an_attempt_where_nothing_older_is_left, kAttempts, row) {
  BOOST_TEST(verdict(row.reason, true, false) == row.verdict);
}

BOOST_DATA_TEST_CASE(what_falls_back_to_an_older_protocol, kFallbacks, row) {
  BOOST_TEST(verdict(row.reason, false, false) == row.verdict);
}

BOOST_DATA_TEST_CASE(what_ends_a_connection_in_use, kLosses, row) {
  BOOST_TEST(verdict(row.reason, false, true) == row.verdict);
  BOOST_TEST(verdict(row.reason, true, true) == row.verdict);
}

BOOST_AUTO_TEST_CASE(a_take_over_before_the_connection_is_in_use_may_be_our_own_race) {
  BOOST_TEST(verdict(disconnect(0x8E, {}).reason, false, false) == Verdict::next);
}

BOOST_AUTO_TEST_CASE(a_mqtt_3_refusal_of_a_mqtt_5_connect_is_read_by_its_code) {
  BOOST_TEST(verdict(because(Cause::connack, Phase::connack, 1, true), false, false) ==
             Verdict::older_protocol);
  BOOST_TEST(verdict(because(Cause::connack, Phase::connack, 5, true), false, false) ==
             Verdict::auth);
}

BOOST_AUTO_TEST_CASE(people_are_told_in_words) {
  BOOST_TEST(describe(because(Cause::refused, Phase::tcp, ECONNREFUSED)) == "connection refused");
  BOOST_TEST(describe(because(Cause::refused, Phase::tcp, EHOSTUNREACH)) == "no route to host");
  BOOST_TEST(describe(because(Cause::refused, Phase::tcp, EINVAL)) ==
             "a link-local address needs its network interface, as in fe80::1%eth0");
  BOOST_TEST(describe(because(Cause::reset, Phase::publish, 9999)) ==
             "connection reset (errno 9999)");
  BOOST_TEST(describe(because(Cause::connack, Phase::connack, 0x87)) == "not authorized (0x87)");
  BOOST_TEST(describe(because(Cause::connack, Phase::connack, 5)) == "not authorized (5)");
  BOOST_TEST(describe(because(Cause::ws, Phase::ws, 404)) ==
             "no WebSocket at this path (HTTP 404)");
  BOOST_TEST(describe(because(Cause::ws, Phase::ws, 418)) ==
             "WebSocket upgrade refused (HTTP 418)");
  BOOST_TEST(describe(because(Cause::ws, Phase::ws)) == "WebSocket upgrade failed");
  BOOST_TEST(describe(because(Cause::suback, Phase::subscribe, 0x8F)) ==
             "subscription refused: topic filter invalid (0x8F)");
  BOOST_TEST(describe(because(Cause::disconnect, Phase::publish, 0)) ==
             "server disconnected: normal disconnection (0x00)");
  BOOST_TEST(describe(because(Cause::keepalive, Phase::publish, 2960)) == "silent for 3.0 s");
  BOOST_TEST(describe(because(Cause::keepalive, Phase::publish)) == "silent");
  BOOST_TEST(describe(because(Cause::stale, Phase::publish, 2000)) == "no message for 2.0 s");
  BOOST_TEST(describe(because(Cause::timeout, Phase::tcp)) == "timed out");
  BOOST_TEST(describe(because(Cause::closed, Phase::connack)) == "closed without an answer");
  BOOST_TEST(describe(because(Cause::local, Phase::tcp, EMFILE)) == "too many open files");
}

BOOST_AUTO_TEST_CASE(what_a_server_says_is_never_part_of_our_words) {
  for (int cause = 0; cause <= static_cast<int>(Cause::local); ++cause) {
    Reason reason = because(static_cast<Cause>(cause));
    reason.text = "\x1b[31mfire";
    BOOST_TEST(describe(reason).find("fire") == std::string::npos);
    BOOST_TEST(!describe(reason).empty());
    BOOST_TEST(!name(reason.cause).empty());
  }
}

BOOST_AUTO_TEST_CASE(every_mqtt_5_reason_code_has_the_name_of_the_standard) {
  for (int code = 0x80; code <= 0xA2; ++code) {
    BOOST_TEST(mqtt5_reason_name(code) != "unknown reason", code);
  }
  BOOST_TEST(mqtt5_reason_name(0xA3) == "unknown reason");
  BOOST_TEST(mqtt3_return_name(1) == "unacceptable protocol version");
  BOOST_TEST(mqtt3_return_name(9) == "unknown return code");
}

}  // namespace mqfail::test
