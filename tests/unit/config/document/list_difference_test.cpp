// SPDX-License-Identifier: Apache-2.0
// A difference says what changed, server by server, and never shows a secret.
#include "config/document/list_difference.hpp"

#include <boost/test/unit_test.hpp>

#include "config/document/document.hpp"

using namespace mqfail;

namespace {

std::string difference(const std::string& before, const std::string& after) {
  const auto one = read_document("before", before);
  const auto other = read_document("after", after);
  BOOST_TEST_REQUIRE((one.valid() && other.valid()));
  return list_difference(one.servers, other.servers);
}

const std::string kBoth =
    R"([{"hostNameOrIpAddress":"a","serverId":"A"},{"hostNameOrIpAddress":"b","serverId":"B"}])";

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_list_has_no_difference_whatever_the_case_of_its_ids) {
  BOOST_TEST(difference(kBoth, kBoth).empty());
  BOOST_TEST(difference(R"({"hostNameOrIpAddress":"a","serverId":"A"})",
                        R"({"hostNameOrIpAddress":"a","serverId":"a"})") ==
             "a: serverId: \"A\" -> \"a\"\n");
}

BOOST_AUTO_TEST_CASE(servers_that_go_come_change_and_move_are_lines) {
  BOOST_TEST(
      difference(
          kBoth,
          R"([{"hostNameOrIpAddress":"c","serverId":"C"},{"hostNameOrIpAddress":"b","port":1,"serverId":"B"}])") ==
      "- A\n+ C\nB: port: 8883 -> 1\n");
  BOOST_TEST(
      difference(
          kBoth,
          R"([{"hostNameOrIpAddress":"b","serverId":"B"},{"hostNameOrIpAddress":"a","serverId":"A"}])") ==
      "order: B, A\n");
}

BOOST_AUTO_TEST_CASE(a_secret_is_told_to_differ_and_never_shown) {
  const auto with = [](const std::string& password) {
    return R"({"hostNameOrIpAddress":"a","userName":"u","serverId":"A","password":")" + password +
           "\"}";
  };
  BOOST_TEST(difference(with("one"), with("two")) == "A: password: changed\n");
  BOOST_TEST(difference(with("{{N}}"), with("two")) ==
             "A: password: \"{{N}}\" -> \"***************\"\n");
}

BOOST_AUTO_TEST_CASE(a_server_without_an_id_is_like_no_other) {
  const std::string one = R"({"hostNameOrIpAddress":"a"})";
  BOOST_TEST(difference(one, one) == "- a:8883\n+ a:8883\n");
}
