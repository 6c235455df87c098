// SPDX-License-Identifier: Apache-2.0
#include "policy/server_reference.hpp"

#include <boost/test/unit_test.hpp>

namespace mqfail::test {
namespace {

std::string shown(const std::string& property) {
  const ServerReferences all = parse_references(property);
  std::string out;
  for (const ServerReference& one : all.usable)
    out += "<" + one.host + ">" + (one.port ? std::to_string(*one.port) : "") + " ";
  for (const std::string& one : all.unusable) out += "!" + one + " ";
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(references_are_hosts_with_or_without_a_port) {
  BOOST_TEST(shown("") == "");
  BOOST_TEST(shown("b.example") == "<b.example> ");
  // The examples of MQTT 5, section 4.13.
  BOOST_TEST(shown("myserver.xyz.org") == "<myserver.xyz.org> ");
  BOOST_TEST(shown("myserver.xyz.org:8883") == "<myserver.xyz.org>8883 ");
  BOOST_TEST(shown("10.10.151.22:8883 [fe80::9610:3eff:fe1c]:1883") ==
             "<10.10.151.22>8883 <fe80::9610:3eff:fe1c>1883 ");
  BOOST_TEST(shown("  a   b  a ") == "<a> <b> ");
  BOOST_TEST(shown("[::ffff:127.0.0.1]") == "<::ffff:127.0.0.1> ");
}

BOOST_AUTO_TEST_CASE(what_is_no_host_and_port_is_not_used) {
  for (const char* const bad :
       {"a:0", "a:65536", "a:", "a:1883x", "a:-1", ":1883", "mqtt://a:1", "a/b", "user@a", "[::1",
        "[a]:1", "[]:1", "::1", "a\nb", "a;b", "a:1:2", "[::1]1883", "\xc3\xa4"}) {
    BOOST_TEST(shown(bad) == "!" + std::string(bad) + " ");
  }
  BOOST_TEST(shown(std::string(254, 'a')).starts_with("!"));
}

BOOST_AUTO_TEST_CASE(no_more_than_sixteen_references_of_each_kind_are_kept) {
  std::string property;
  for (int i = 0; i < 200; ++i)
    property += "a" + std::to_string(i) + " a:" + std::to_string(70000 + i) + " ";
  const ServerReferences all = parse_references(property);
  BOOST_TEST(all.usable.size() == kMostReferences);
  BOOST_TEST(all.usable.back().host == "a15");
  BOOST_TEST(all.unusable.size() == kMostReferences);
}

}  // namespace mqfail::test
