// SPDX-License-Identifier: Apache-2.0
#include "rest/resource.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

const std::string kList = "/api/v1/configuration/MQTT1/RedundantServers";

// "COMPONENT", "COMPONENT SERVER", or the kind of the error.
std::string named_by(const std::string& path) {
  const auto resource = parse_resource(path);
  if (!resource) {
    return resource.error().kind == ErrorKind::no_input ? "not there"
           : resource.error().kind == ErrorKind::usage  ? "usage"
                                                        : "other";
  }
  return resource->component + (resource->server_id ? " " + *resource->server_id : "");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_path_names_the_list_of_a_component_or_one_server_of_it) {
  BOOST_TEST(named_by(kList) == "MQTT1");
  BOOST_TEST(named_by(kList + "/a") == "MQTT1 a");
  BOOST_TEST(named_by("/API/V1/Configuration/MQTT1/redundantservers/A") == "MQTT1 A");
}

BOOST_AUTO_TEST_CASE(ids_are_percent_decoded_and_must_be_utf_8) {
  BOOST_TEST(named_by(kList + "/a%20b%2Fc") == "MQTT1 a b/c");
  BOOST_TEST(named_by(kList + "/%C3%A4") == "MQTT1 \xC3\xA4");
  BOOST_TEST(named_by(kList + "/%FF") == "usage");
  BOOST_TEST(named_by(kList + "/%2") == "usage");
}

BOOST_AUTO_TEST_CASE(nothing_else_has_a_name) {
  for (const std::string& path :
       {std::string("/"), std::string("*"), std::string("/api/v1/configuration"), kList + "/a/b",
        kList + "/", std::string("/api/v2/configuration/MQTT1/RedundantServers"),
        std::string("/x") + kList})
    BOOST_TEST(named_by(path) == "not there", path);
}

BOOST_AUTO_TEST_CASE(a_component_id_cannot_leave_its_directory) {
  for (const std::string id : {"..", ".", "%2E%2E", "a%2Fb", "", "a%00b"})
    BOOST_TEST(named_by("/api/v1/configuration/" + id + "/RedundantServers") == "usage", id);
}

BOOST_AUTO_TEST_CASE(a_query_is_refused) {
  BOOST_TEST(named_by(kList + "?x=1") == "usage");
  BOOST_TEST(named_by(kList + "#x") == "usage");
}

BOOST_AUTO_TEST_CASE(a_target_may_name_its_host_itself) {
  BOOST_TEST(!split_target(kList).authority.has_value());
  BOOST_TEST(split_target(kList).path == kList);
  const Target target = split_target("HTTP://host:80/a/b");
  BOOST_TEST(target.authority.value() == "host:80");
  BOOST_TEST(target.path == "/a/b");
  BOOST_TEST(split_target("http://host").path == "/");
}
