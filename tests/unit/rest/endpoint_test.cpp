// SPDX-License-Identifier: Apache-2.0
// Requests in, answers out: which method and head is refused, and the status of what is done.
#include "rest/endpoint.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "config/store/stored_list.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;

namespace {

const std::string kList = "/api/v1/configuration/MQTT1/RedundantServers";

std::string server(const std::string& id, const std::string& more = {}) {
  return R"({"serverId":")" + id +
         R"(","hostNameOrIpAddress":"127.0.0.1","port":1883,"tls":"None")" + more + "}";
}

struct Served {
  test::Scratch scratch;
  ComponentStore store{scratch.path("config")};
  Endpoint endpoint{store, KeySource{{}, {}, "", scratch.path("state")}, std::nullopt};
  ListenAddress local{"127.0.0.1", 5590, true};
  RequestHead head{
      .host = "localhost:5590", .hosts = 1, .content_type = "application/json", .local = &local};

  // Refused by its head, or answered.
  Answer ask(std::string_view method, const std::string& target, const std::string& body = {}) {
    head.method = method;
    head.target = target;
    if (auto refused = endpoint.refuse(head)) return *refused;
    return endpoint.answer(head, Secret(std::string(body)));
  }
  unsigned status(std::string_view method, const std::string& target,
                  const std::string& body = {}) {
    return ask(method, target, body).status;
  }
  unsigned of_type(std::string_view content_type) {
    head.content_type = content_type;
    return status("PUT", kList, "[" + server("a") + "]");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_list_is_stored_read_changed_and_removed, Served) {
  BOOST_TEST(status("GET", kList) == 404U);
  BOOST_TEST(ask("PUT", kList, "[" + server("a") + "]").note == "stored");
  BOOST_TEST(ask("PUT", kList, "[" + server("a") + "]").note == "the same was stored already");
  const Answer list = ask("GET", kList);
  BOOST_TEST(list.status == 200U);
  BOOST_TEST(list.body.find(R"("serverId": "a")") != std::string::npos, list.body);
  BOOST_TEST(status("POST", kList, server("b")) == 204U);
  BOOST_TEST(status("PATCH", kList + "/b", R"({"port":1884})") == 204U);
  BOOST_TEST(ask("GET", kList + "/b").body.find("1884") != std::string::npos);
  BOOST_TEST(status("PUT", kList + "/c", server("c")) == 204U);
  BOOST_TEST(status("DELETE", kList + "/c") == 204U);
  BOOST_TEST(status("GET", kList + "/c") == 404U);
  BOOST_TEST(status("DELETE", kList) == 204U);
  BOOST_TEST(status("GET", kList) == 404U);
}

BOOST_FIXTURE_TEST_CASE(a_conflict_with_what_is_stored_is_409, Served) {
  BOOST_TEST(status("PUT", kList, "[" + server("a") + "]") == 204U);
  BOOST_TEST(status("POST", kList, server("a")) == 409U);  // the id is in use
  BOOST_TEST(status("DELETE", kList + "/a") == 409U);      // the only one
  BOOST_TEST(status("DELETE", kList + "/b") == 404U);
  BOOST_TEST(status("PATCH", kList + "/b", R"({"port":1884})") == 404U);
}

BOOST_FIXTURE_TEST_CASE(without_a_token_a_request_may_not_choose_the_secret_of_a_server, Served) {
  const std::string secret = R"(,"userName":"u","password":"{{plant}}")";
  BOOST_TEST(status("PUT", kList, "[" + server("a") + "]") == 204U);
  for (const std::string method : {"PUT", "PATCH"}) {
    BOOST_TEST(status(method, kList, "[" + server("a", secret) + "]") == 400U);
    BOOST_TEST(status(method, kList + "/a", server("a", secret)) == 400U);
  }
  BOOST_TEST(status("POST", kList, server("b", secret)) == 400U);
  BOOST_TEST(ask("GET", kList).body.find("plant") == std::string::npos);

  // The owner stores it. It stays there, and goes along to no other endpoint.
  KeyChain keys(KeySource{{}, {}, "", scratch.path("state")});
  StoredList list(store, "MQTT1", keys);
  const NamedText owners{"list", Secret("[" + server("a", secret) + "]")};
  BOOST_TEST_REQUIRE(bool(list.set(owners, std::nullopt)));
  BOOST_TEST(status("PATCH", kList + "/a", R"({"userName":"v"})") == 204U);
  BOOST_TEST(status("PATCH", kList + "/a", R"({"password":"{{plant}}"})") == 204U);
  BOOST_TEST(status("PATCH", kList + "/a", R"({"port":1884})") == 400U);
  BOOST_TEST(status("PATCH", kList + "/a", R"({"port":1884,"password":"{{plant}}"})") == 400U);
  BOOST_TEST(status("PATCH", kList + "/a", R"({"password":"{{other}}"})") == 400U);

  const auto token = Token::parse(Secret("0123456789abcdef"), "the test");
  const Endpoint owners_own(store, KeySource{{}, {}, "", scratch.path("state")}, *token);
  const std::string target = kList + "/a";
  head.method = "PATCH";
  head.target = target;
  head.authorization = "Bearer 0123456789abcdef";
  BOOST_TEST(!owners_own.refuse(head));
  const Secret body(R"({"port":1884,"password":"{{plant}}"})");
  BOOST_TEST(owners_own.answer(head, body).status == 204U);
}

// As somebody has it who can read a copy of the file.
BOOST_FIXTURE_TEST_CASE(without_a_token_a_sealed_secret_goes_to_no_other_server, Served) {
  const std::string list =
      "[" + server("a", R"(,"userName":"u","password":"p")") + "," + server("b") + "]";
  BOOST_TEST(status("PUT", kList, list) == 204U);
  KeyChain keys(KeySource{{}, {}, "", scratch.path("state")});
  const auto stored = StoredList(store, "MQTT1", keys).servers();
  BOOST_TEST_REQUIRE(static_cast<bool>(stored));
  const std::string sealed(stored->front().password->text.reveal());
  const std::string secret = R"(,"userName":"u","password":")" + sealed + "\"";
  BOOST_TEST(status("PUT", kList + "/a", server("a", secret)) == 204U);  // where it is already
  BOOST_TEST(status("DELETE", kList + "/a") == 204U);
  BOOST_TEST(status("PUT", kList + "/a", server("a", secret + R"(,"port":1999)")) == 400U);
  BOOST_TEST(status("POST", kList, server("a", secret)) == 400U);
}

BOOST_FIXTURE_TEST_CASE(a_stored_list_that_cannot_be_read_is_500_to_a_reader_and_409_to_a_writer,
                        Served) {
  BOOST_TEST(status("PUT", kList, "[" + server("a") + "]") == 204U);
  std::ofstream(store.path("MQTT1")) << "not a list";
  BOOST_TEST(status("GET", kList) == 500U);
  BOOST_TEST(status("POST", kList, server("b")) == 409U);
}

BOOST_FIXTURE_TEST_CASE(a_document_with_errors_is_400_and_changes_nothing, Served) {
  BOOST_TEST(status("PUT", kList, "[" + server("a") + "]") == 204U);
  const Answer answer = ask("PUT", kList, "[" + server("b", R"(,"colour":1)") + "]");
  BOOST_TEST(answer.status == 400U);
  BOOST_TEST(answer.body.find("ErrorCount") != std::string::npos);
  BOOST_TEST(ask("GET", kList).body.find(R"("serverId": "a")") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_path_is_404_an_impossible_id_400_and_another_method_405,
                        Served) {
  BOOST_TEST(status("GET", "/") == 404U);
  BOOST_TEST(status("GET", "/api/v1/configuration/../RedundantServers") == 400U);
  const Answer of_list = ask("OPTIONS", kList);
  BOOST_TEST(of_list.status == 405U);
  BOOST_TEST(of_list.allow == "GET, HEAD, PUT, POST, PATCH, DELETE");
  const Answer of_server = ask("POST", kList + "/a");
  BOOST_TEST(of_server.status == 405U);
  BOOST_TEST(of_server.allow == "GET, HEAD, PUT, PATCH, DELETE");
}

BOOST_FIXTURE_TEST_CASE(only_json_in_utf_8_without_an_encoding_is_read, Served) {
  for (const char* good : {"application/json", "Application/JSON; charset=utf-8",
                           "application/json ; charset=\"UTF-8\"", "application/json;"})
    BOOST_TEST(of_type(good) == 204U, good);
  for (const char* bad : {"", "text/plain", "application/jsonp", "application/json;charset=latin1"})
    BOOST_TEST(of_type(bad) == 415U, bad);
  head.content_encoded = true;
  BOOST_TEST(of_type("application/json") == 415U);
}

BOOST_FIXTURE_TEST_CASE(strangers_are_refused_before_anything_is_looked_up, Served) {
  head.host = "evil.example:5590";
  BOOST_TEST(status("GET", "/") == 403U);
}

BOOST_AUTO_TEST_CASE(reading_changes_nothing) {
  BOOST_TEST(!Endpoint::changes({.method = "GET"}));
  BOOST_TEST(!Endpoint::changes({.method = "HEAD"}));
  for (const char* method : {"PUT", "POST", "PATCH", "DELETE"})
    BOOST_TEST(Endpoint::changes({.method = method}), method);
}
