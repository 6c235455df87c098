// SPDX-License-Identifier: Apache-2.0
// The bytes of DNS answers, whole and damaged.
#include "discovery/srv_message.hpp"

#include <boost/test/unit_test.hpp>

#include "base/random.hpp"
#include "dns_bytes.hpp"

using namespace mqfail;
using namespace dns_bytes;

namespace {

SrvAnswer read(const std::vector<Record>& records) {
  const auto answer = read_srv_message(message(records));
  BOOST_REQUIRE(bool(answer));
  return *answer;
}

}  // namespace

BOOST_AUTO_TEST_CASE(records_are_read_with_the_smallest_ttl) {
  const SrvAnswer answer = read({srv(1, 2, 1883, "a.x", 300), srv(3, 4, 8883, "b.x", 30)});
  BOOST_TEST((answer.targets == std::vector<SrvTarget>{{1, 2, 1883, "a.x"}, {3, 4, 8883, "b.x"}}));
  BOOST_TEST(answer.ttl.count() == 30);
  BOOST_TEST(answer.nothing.empty());
}

BOOST_AUTO_TEST_CASE(an_alias_counts_with_its_ttl) {
  const SrvAnswer answer = read({alias("_mqtt._tcp.x", "y", 7), srv(0, 0, 1, "a", 300)});
  BOOST_TEST(answer.targets.size() == 1);
  BOOST_TEST(answer.ttl.count() == 7);
}

BOOST_AUTO_TEST_CASE(a_ttl_with_its_highest_bit_set_is_0) {  // RFC 2181, section 8
  BOOST_TEST(read({srv(0, 0, 1, "a", 0x80000000)}).ttl.count() == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_without_servers_says_why) {
  BOOST_TEST(read({}).nothing == "_mqtt._tcp.x has no SRV records");
  BOOST_TEST(read({srv(0, 0, 0, "")}).nothing ==
             "_mqtt._tcp.x says that the service is not here (target \".\")");
  BOOST_TEST(read({alias("_mqtt._tcp.x", "y"), alias("y", "z")}).nothing ==
             "_mqtt._tcp.x is an alias (CNAME) of z, which has no SRV records");
  BOOST_TEST(read({alias("_mqtt._tcp.x", "y"), alias("y", "_MQTT._tcp.x")}).nothing ==
             "_mqtt._tcp.x is an alias (CNAME) that leads back to itself");
}

BOOST_AUTO_TEST_CASE(other_records_do_not_count) {
  Record chaos = srv(0, 0, 1, "a");
  chaos.kind = 3;
  BOOST_TEST(read({chaos, {16, 1, {3, 'a', 'b', 'c'}}}).targets.empty());
}

BOOST_AUTO_TEST_CASE(a_name_with_strange_bytes_is_escaped) {
  Record odd = srv(0, 0, 1, "abc");
  odd.data[8] = 0x1b;
  const std::string host = read({odd}).targets.front().host;
  BOOST_TEST(host == "a\\027c");
  BOOST_TEST(!is_dns_host(host));
}

BOOST_AUTO_TEST_CASE(damage_is_an_error) {
  const Bytes whole = message({srv(1, 2, 1883, "a.x"), alias("b", "c")});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + size);  // its end is seen by the sanitizer
    BOOST_TEST(!read_srv_message(part), size);
  }
  BOOST_TEST(!read_srv_message(message({srv(0, 0, 1, "a")}, 0x0100)));  // a question
  Record longer = srv(0, 0, 1, "a");
  longer.data.push_back(0);
  BOOST_TEST(!read_srv_message(message({longer})));
  Bytes circle = message({srv(0, 0, 1, "a")});
  circle[circle.size() - 3] = 0xC0;  // a compressed name that points to itself
  circle[circle.size() - 2] = static_cast<unsigned char>(circle.size() - 3);
  BOOST_TEST(!read_srv_message(circle));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_read_or_refused) {
  const Bytes whole = message({srv(1, 2, 1883, "a.x"), alias("b", "c"), srv(1, 2, 8883, "b.x")});
  Random random(20261129);
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = whole;
    for (std::uint64_t i = 0; i <= random.below(4); ++i)
      bytes[random.below(bytes.size())] = static_cast<unsigned char>(random.next());
    bytes.resize(random.below(bytes.size()) + 1);
    bytes.shrink_to_fit();
    (void)read_srv_message(bytes);
  }
}
