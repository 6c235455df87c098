// SPDX-License-Identifier: Apache-2.0
// The items of a document are found in each form, with the pointers by which errors name them.
#include "config/document/document_form.hpp"

#include <boost/test/unit_test.hpp>

#include "config/document/json_reader.hpp"

using namespace mqfail;

namespace {

// The pointers of the items, the components, and the messages.
std::string form(const std::string& text,
                 const std::optional<std::string>& component = std::nullopt) {
  JsonReading json = read_json(text);
  BOOST_TEST_REQUIRE(json.problems.empty(), text);
  const DocumentForm found = find_items(json.tree.top_level(), component, json.problems);
  std::string out;
  for (const FoundItem& item : found.items) {
    out += "'" + item.pointer + "'";
    if (item.facet == Facet::data_source) out += " source";
    out += "\n";
  }
  for (const std::string& one : found.components) out += "component " + one + "\n";
  for (const Problem& problem : json.problems) out += problem.message + "\n";
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_stands_alone_or_in_one_of_the_wrappers) {
  BOOST_TEST(form("{}") == "''\n");
  BOOST_TEST(form("{} {}") == "'/0'\n'/1'\n");
  BOOST_TEST(form("[{},{}]") == "'/0'\n'/1'\n");
  BOOST_TEST(form(R"({"redundantServers":[{}]})") == "'/redundantServers/0'\n");
  BOOST_TEST(form(R"({"DataSource":{},"RedundantServers":[{}]})") ==
             "'/DataSource' source\n'/RedundantServers/0'\n");
  BOOST_TEST(form(R"({"M":{"RedundantServers":[{}]}})") ==
             "'/M/RedundantServers/0'\ncomponent M\n");
}

BOOST_AUTO_TEST_CASE(of_several_components_one_must_be_named) {
  const std::string file = R"({"M":{"RedundantServers":[{}]},"N/1":{"DataSource":{}},"System":{}})";
  BOOST_TEST(form(file) ==
             "component M\ncomponent N/1\n"
             "several components (M, N/1); name one with --component\n");
  BOOST_TEST(form(file, "n/1") ==
             "'/N~11/DataSource' source\ncomponent M\ncomponent N/1\n"
             "/M: not the list of servers; it is ignored\n"
             "/System: not the list of servers; it is ignored\n");
}

BOOST_AUTO_TEST_CASE(a_list_without_a_server_is_an_error) {
  BOOST_TEST(form("") == "RedundantServers: at least one server is required\n");
  BOOST_TEST(form("[]") == "RedundantServers: at least one server is required\n");
  BOOST_TEST(form("[1]") == "/0: a server must be an object, not a number\n");
  BOOST_TEST(form(R"({"RedundantServers":{}})") ==
             "/RedundantServers: must be an array, not an object\n");
}
