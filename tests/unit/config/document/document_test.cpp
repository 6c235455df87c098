// SPDX-License-Identifier: Apache-2.0
// Every form of a RedundantServers document that the AVEVA pages show is read, and only those.
#include "config/document/document.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "config/document/document_writer.hpp"
#include "rig/sanitizer.hpp"
#include "unit/config/samples.hpp"

using namespace mqfail;
using test::sample;

namespace {

DocumentReading read(const std::string& text, std::optional<std::string> component = std::nullopt) {
  return read_document("doc", text, component);
}

// All headlines, one a line, for messages of failed checks and for comparing.
std::string told(const DocumentReading& reading) {
  std::string out;
  for (const Report& report : reading.reports) out += report.headline + "\n";
  return out;
}

std::vector<DocumentServer> servers(const std::string& text,
                                    std::optional<std::string> component = std::nullopt) {
  const DocumentReading reading = read(text, component);
  BOOST_TEST(reading.valid(), told(reading) << text);
  return reading.servers;
}

std::string hosts(const std::vector<DocumentServer>& list) {
  std::string out;
  for (const DocumentServer& server : list) out += (out.empty() ? "" : " ") + server.host;
  return out;
}

std::string hosts(const std::string& text) {
  return hosts(servers(text));
}

const std::string kFullSampleCanonical = R"([
  {
    "hostNameOrIpAddress": "RedundantServer1",
    "port": 1883,
    "protocol": "Tcp",
    "tls": "None",
    "userName": null,
    "password": null,
    "clientCertificateThumbprint": null,
    "clientCertificatePassword": null,
    "validateServerCertificate": false,
    "serverId": "server1"
  },
  {
    "hostNameOrIpAddress": "RedundantServer2",
    "port": 1883,
    "protocol": "Tcp",
    "tls": "None",
    "userName": null,
    "password": null,
    "clientCertificateThumbprint": null,
    "clientCertificatePassword": null,
    "validateServerCertificate": false,
    "serverId": "server2"
  }
]
)";

}  // namespace

BOOST_AUTO_TEST_CASE(the_full_sample_of_the_page_is_read_byte_for_byte_and_comes_out_canonical) {
  BOOST_TEST(write_document(servers(sample("full-as-documented.json")), false) ==
             kFullSampleCanonical);
}

BOOST_AUTO_TEST_CASE(what_a_component_stores_reads_as_the_same_servers_and_the_same_client) {
  const auto list = servers(sample("full-as-documented.json"));
  BOOST_TEST(write_stored(list, {}) == write_document(list, false));
  for (const auto& some : {list, {list.front()}}) {
    for (const DataSourceClient& client :
         {DataSourceClient{"an \"id\"", Protocol::mqtt31}, {{}, Protocol::mqtt5}, {"x", {}}}) {
      const DocumentReading reading = read(write_stored(some, client));
      BOOST_TEST(write_document(reading.servers, false) == write_document(some, false));
      BOOST_TEST_REQUIRE(reading.client.has_value());
      BOOST_TEST((reading.client->client_id == client.client_id));
      BOOST_TEST((reading.client->protocol == client.protocol));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_minimal_sample_of_the_page_is_read_byte_for_byte_with_the_pages_defaults) {
  auto list = servers(sample("minimal-as-documented.json"));
  BOOST_TEST(hosts(list) == "125.1.1.1 125.1.1.2");
  for (const DocumentServer& server : list) {
    BOOST_TEST(server.port.value() == 8883);
    BOOST_TEST((server.tls == DocumentTls::tls12));
    BOOST_TEST(!server.web_socket);
    BOOST_TEST(server.validate);
    BOOST_TEST(server.server_id.empty());
  }
}

BOOST_AUTO_TEST_CASE(row_1_a_trailing_comma_before_a_brace_or_bracket_is_accepted) {
  BOOST_TEST(hosts(R"([{"hostNameOrIpAddress":"a",},{"hostNameOrIpAddress":"b" , } , ])") == "a b");
}

BOOST_AUTO_TEST_CASE(row_2_several_objects_with_white_space_or_nothing_between_are_a_list) {
  BOOST_TEST(hosts("{\"hostNameOrIpAddress\":\"a\"}\n\n{\"hostNameOrIpAddress\":\"b\"}{"
                   "\"hostNameOrIpAddress\":\"c\"}") == "a b c");
}

BOOST_AUTO_TEST_CASE(row_3_several_objects_with_a_comma_between_are_a_list) {
  BOOST_TEST(hosts(R"({"hostNameOrIpAddress":"a"}, {"hostNameOrIpAddress":"b"})") == "a b");
}

BOOST_AUTO_TEST_CASE(row_4_an_array_and_a_single_object_are_lists) {
  BOOST_TEST(hosts(R"([{"hostNameOrIpAddress":"a"},{"hostNameOrIpAddress":"b"}])") == "a b");
  BOOST_TEST(hosts(R"({"hostNameOrIpAddress":"a"})") == "a");
}

BOOST_AUTO_TEST_CASE(row_5_wrappers_are_opened_and_data_source_is_server_0) {
  BOOST_TEST(hosts(R"({"RedundantServers":[{"hostNameOrIpAddress":"a"}]})") == "a");
  BOOST_TEST(hosts(R"({"redundantservers":[{"hostNameOrIpAddress":"a"}]})") == "a");
  const std::string bulk =
      R"({"System":{"Logging":{"logLevel":"Trace"}},
          "MQTT1":{"RedundantServers":[{"hostNameOrIpAddress":"b"}],"DataSource":{"hostNameOrIpAddress":"a","clientId":"x"}}})";
  BOOST_TEST(hosts(bulk) == "a b");
  BOOST_TEST(hosts(servers(bulk, "mqtt1")) == "a b");
  BOOST_TEST(hosts(R"({"MQTT1":{"DataSource":{"hostNameOrIpAddress":"a"}}})") == "a");
}

BOOST_AUTO_TEST_CASE(a_wrapper_of_another_component_is_accepted_with_a_warning) {
  const auto reading =
      read(R"({"MQTT1":{"RedundantServers":[{"hostNameOrIpAddress":"a"}]}})", "plant");
  BOOST_TEST(hosts(reading.servers) == "a");
  BOOST_TEST(told(reading) ==
             "doc:1:2: warning: /MQTT1: written for component MQTT1, taken for plant\n");
}

BOOST_AUTO_TEST_CASE(of_several_components_the_named_one_is_taken_and_none_is_guessed) {
  const std::string two =
      R"({"A":{"RedundantServers":[{"hostNameOrIpAddress":"a"}]},"B":{"RedundantServers":[{"hostNameOrIpAddress":"b"}]}})";
  BOOST_TEST(hosts(servers(two, "B")) == "b");
  BOOST_TEST(told(read(two)) ==
             "doc:1:1: error: several components (A, B); name one with --component\n");
}

BOOST_AUTO_TEST_CASE(row_6_a_port_is_a_number_or_decimal_digits_in_a_string_or_null) {
  const auto port = [](const std::string& value) {
    return servers(R"({"hostNameOrIpAddress":"a","port":)" + value + "}").front().port.value();
  };
  BOOST_TEST(port("1884") == 1884);
  BOOST_TEST(port("\"1884\"") == 1884);
  BOOST_TEST(port("null") == 8883);
  for (const std::string bad : {"1884.0", "\" 1884 \"", "\"\"", "1e3", "0", "65536", "-1", "\"x\"",
                                "true", "[1884]", "99999999999999999999"}) {
    const auto reading = read(R"({"hostNameOrIpAddress":"a","port":)" + bad + "}");
    BOOST_TEST(!reading.valid(), bad);
    BOOST_TEST(told(reading).starts_with("doc:1:35: error: /port: "), told(reading));
  }
}

BOOST_AUTO_TEST_CASE(a_web_socket_server_without_a_port_has_none_stored_and_80_or_443_at_run_time) {
  const auto list = servers(
      R"([{"hostNameOrIpAddress":"a","protocol":"WS"},{"hostNameOrIpAddress":"a","protocol":"Ws","tls":"None"}])");
  BOOST_TEST(!list[0].port);
  BOOST_TEST(draft_of(list[0]).server.port == 443);
  BOOST_TEST(draft_of(list[1]).server.port == 80);
  BOOST_TEST(draft_of(list[1]).server.path == "/mqtt");
  BOOST_TEST(write_document(list, false).find("\"port\": null,\n    \"protocol\": \"Ws\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(row_7_keys_are_matched_in_any_letter_case) {
  const auto list = servers(
      R"({"HOSTnameOrIPaddress":"a","TLS":"tls13","PassWord":"p","username":"u","ServerID":"s","validateSERVERcertificate":true})");
  BOOST_TEST((list[0].tls == DocumentTls::tls13));
  BOOST_TEST(list[0].user_name.value() == "u");
  BOOST_TEST(list[0].password->text.reveal() == "p");
  BOOST_TEST(list[0].server_id == "s");
}

BOOST_AUTO_TEST_CASE(row_8_enum_values_are_matched_in_any_letter_case) {
  const auto list = servers(
      R"([{"hostNameOrIpAddress":"a","protocol":"Tcp","tls":"Tls12"},{"hostNameOrIpAddress":"b","protocol":"tcp","tls":"none"},
    {"hostNameOrIpAddress":"c","protocol":"TCP","tls":"TLS"},{"hostNameOrIpAddress":"d","protocol":"wS","tls":"tLS11"}])");
  BOOST_TEST((list[0].tls == DocumentTls::tls12));
  BOOST_TEST((list[1].tls == DocumentTls::none));
  BOOST_TEST((list[2].tls == DocumentTls::tls));
  BOOST_TEST((list[3].tls == DocumentTls::tls11));
  BOOST_TEST(list[3].web_socket);
}

BOOST_AUTO_TEST_CASE(row_9_null_is_absent_except_for_the_host) {
  const auto reading = read(
      R"({"hostNameOrIpAddress":"a","port":null,"protocol":null,"tls":null,"userName":null,"password":null,
    "clientCertificateThumbprint":null,"clientCertificatePassword":null,"validateServerCertificate":null,"serverId":null})");
  BOOST_TEST_REQUIRE(reading.valid());
  BOOST_TEST((reading.servers[0].tls == DocumentTls::tls12));
  BOOST_TEST(reading.servers[0].port.value() == 8883);
  BOOST_TEST(reading.servers[0].validate);
  BOOST_TEST(told(reading) ==
             "doc:2:101: warning: /validateServerCertificate: null is read as true\n");
  BOOST_TEST(told(read(R"({"hostNameOrIpAddress":null})")) ==
             "doc:1:24: error: /hostNameOrIpAddress: required\n");
}

BOOST_AUTO_TEST_CASE(
    row_10_the_same_key_twice_is_an_error_if_the_values_differ_and_a_warning_if_not) {
  BOOST_TEST(
      told(read(R"({"hostNameOrIpAddress":"a","Port":1,"port":2})")) ==
      "doc:1:37: error: /port: given twice with different values, as \"Port\" and \"port\"\n");
  const auto reading = read(R"({"hostNameOrIpAddress":"a","Port":1,"port":1})");
  BOOST_TEST(reading.valid());
  BOOST_TEST(told(reading) == "doc:1:37: warning: /port: given twice, as \"Port\" and \"port\"\n");
  // The page's own slip is in the DataSource and not a key of ours.
  BOOST_TEST(
      told(
          read(
              R"({"DataSource":{"hostNameOrIpAddress":"a","StreamIdPrefix":"x","streamIdPrefix":"y"}})"))
          .empty());
}

BOOST_AUTO_TEST_CASE(row_11_a_host_may_be_a_uri_that_does_not_contradict_the_other_keys) {
  const auto list =
      servers(R"([{"hostNameOrIpAddress":"mqtt://broker.example.com","protocol":"Tcp","tls":"None"},
    {"hostNameOrIpAddress":"mqtts://b:8884"},{"hostNameOrIpAddress":"ws://c:8083/x/y","protocol":"WS","tls":"None","serverId":"w"},
    {"hostNameOrIpAddress":"wss://[::1]"}])");
  BOOST_TEST(list[0].host == "broker.example.com");
  BOOST_TEST(list[0].port.value() == 8883);
  BOOST_TEST(list[1].host == "b");
  BOOST_TEST(list[1].port.value() == 8884);
  BOOST_TEST(draft_of(list[2]).server.path == "/x/y");
  BOOST_TEST(list[2].port.value() == 8083);
  BOOST_TEST(list[3].web_socket);
  BOOST_TEST(list[3].host == "::1");
  // The path survives the canonical form.
  const std::string once = write_document({list[2]}, false);
  BOOST_TEST(once.find("\"ws://c/x/y\"") != std::string::npos);
  BOOST_TEST(write_document(servers(once), false) == once);

  const auto error = [](const std::string& members) { return told(read("{" + members + "}")); };
  BOOST_TEST(
      error(R"("hostNameOrIpAddress":"ws://a","protocol":"TCP")").find("contradicts protocol") !=
      std::string::npos);
  BOOST_TEST(
      error(R"("hostNameOrIpAddress":"mqtt://a","protocol":"WS")").find("contradicts protocol") !=
      std::string::npos);
  BOOST_TEST(
      error(R"("hostNameOrIpAddress":"mqtts://a","tls":"None")").find("contradicts tls None") !=
      std::string::npos);
  BOOST_TEST(error(R"("hostNameOrIpAddress":"mqtt://a:1","port":2)").find("contradicts port 2") !=
             std::string::npos);
  BOOST_TEST(error(R"("hostNameOrIpAddress":"htp://a")").find("unknown scheme 'htp'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    row_12_keys_of_data_source_are_ignored_with_a_warning_and_unknown_ones_are_errors) {
  const auto reading = read(
      R"([{"hostNameOrIpAddress":"a","clientId":null,"MQTTVersion":"5.0.0","primaryHostId":"h"}])");
  BOOST_TEST(reading.valid());
  BOOST_TEST(told(reading) ==
             "doc:1:29: warning: /0/clientId: belongs to DataSource; it is ignored here\n"
             "doc:1:45: warning: /0/MQTTVersion: belongs to DataSource; it is ignored here\n"
             "doc:1:67: warning: /0/primaryHostId: belongs to DataSource; it is ignored here\n");
  BOOST_TEST(told(read(R"([{"hostNameOrIpAddress":"a","prot":1}])")) ==
             "doc:1:29: error: /0/prot: unknown key \"prot\"; did you mean \"port\"?\n");
}

BOOST_AUTO_TEST_CASE(row_13_a_byte_order_mark_and_crlf_are_accepted_and_columns_do_not_count_them) {
  const std::string text = "\xEF\xBB\xBF{\r\n  \"hostNameOrIpAddress\": \"a\",\r\n}\r\n";
  BOOST_TEST(hosts(text) == "a");
  BOOST_TEST(told(read("\xEF\xBB\xBF{}")) == "doc:1:1: error: /hostNameOrIpAddress: required\n");
  const auto reading = read("\xEF\xBB\xBF{\r\n  \"hostNameOrIpAddress\": 1\r\n}");
  BOOST_TEST(told(reading) ==
             "doc:2:26: error: /hostNameOrIpAddress: must be a string, not a number\n");
  BOOST_TEST(reading.reports[0].excerpt ==
             "      \"hostNameOrIpAddress\": 1\n                             ^");
}

BOOST_AUTO_TEST_CASE(row_13_typographic_quotes_are_errors_that_say_what_to_write) {
  const auto reading = read("{\n  \u201ChostNameOrIpAddress\u201D: \"a\"\n}");
  BOOST_TEST(told(reading) == "doc:2:3: error: typographic quotes: write straight ones (\")\n");
  BOOST_TEST(!read("{\"hostNameOrIpAddress\": \u2018a\u2019}").valid());
  BOOST_TEST(
      told(read("{\"hostNameOrIpAddress\": \"a\u201D}")) ==
      "doc:1:25: error: this string is not closed: it ends with a typographic quote; write \"\n");
}

BOOST_AUTO_TEST_CASE(row_14_markdown_is_an_error_that_says_so_and_nothing_is_guessed) {
  const auto page =
      read("---\nuid: X\n---\n\n# Title\n\n```json\n{\"hostNameOrIpAddress\":\"a\"}\n```\n");
  BOOST_TEST(told(page) ==
             "doc:1:1: error: this is a Markdown page, not a document; pass only the JSON of one "
             "example\n");
  const auto fenced = read("```json\n{\"hostNameOrIpAddress\":\"a\"}\n```\n");
  BOOST_TEST(
      told(fenced) ==
      "doc:1:1: error: a Markdown fence stands here; pass only the JSON between the fences\n"
      "doc:3:1: error: a Markdown fence stands here; pass only the JSON between the fences\n");
}

BOOST_AUTO_TEST_CASE(row_15_a_stray_brace_at_the_front_is_an_error_at_its_place) {
  BOOST_TEST(told(read("},\n{\"hostNameOrIpAddress\":\"a\"}")) ==
             "doc:1:1: error: a stray '}': nothing is open here; is the beginning of the document "
             "missing?\n");
}

BOOST_AUTO_TEST_CASE(a_stray_brace_at_the_top_is_one_error_whatever_it_has_cut_off) {
  const std::string rest =
      "  \"hostNameOrIpAddress\": \"a\",\n  \"port\": 8883,\n  \"protocol\": \"Tcp\",\n"
      "  \"tls\": \"Tls12\",\n  \"userName\": \"u\",\n  \"password\": \"SECRET\",\n"
      "  \"clientCertificateThumbprint\": null,\n  \"clientCertificatePassword\": null,\n"
      "  \"validateServerCertificate\": true,\n  \"serverId\": \"s\"\n}";
  const std::string good = ",\n{\"hostNameOrIpAddress\":\"b\"}";
  for (const std::string& document : std::vector<std::string>{
           "},\n" + rest, "},\n" + rest + good, "},\n" + rest + good + "\n]", rest, rest + good,
           "[\n},\n" + rest + good + "]", "[" + rest + good + "]",
           "[\n},\n{\"hostNameOrIpAddress\":\"a\"}" + good + "]",
           "[{\"hostNameOrIpAddress\":\"a\"}\n},\n{\"hostNameOrIpAddress\":\"b\"}]",
           "{\"RedundantServers\": [\n},\n" + rest + good + "]}"}) {
    const auto reading = read(document);
    BOOST_TEST(reading.reports.size() == 1U, document << "\n" << told(reading));
    BOOST_TEST(!reading.valid());
    for (const Report& report : reading.reports)
      BOOST_TEST(report.excerpt.find("SECRET") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_scheme_of_plain_text_needs_tls_none_beside_it) {
  for (const std::string scheme : {"mqtt", "tcp", "ws"}) {
    const std::string host = R"({"hostNameOrIpAddress":")" + scheme + R"(://a:1883")";
    const std::string said = told(read(host + "}"));
    BOOST_TEST(said.find(scheme +
                         "://a:1883\" is that of plain text, but tls is TLS12 by default; "
                         "write \"tls\": \"None\", or " +
                         (scheme == "ws" ? "wss" : "mqtts")) != std::string::npos,
               said);
    BOOST_TEST(read(host + R"(,"tls":"None"})").valid());
  }
}

BOOST_AUTO_TEST_CASE(asterisks_of_another_number_are_neither_a_secret_nor_the_stored_one) {
  for (const std::string stars : {"*", "*****", "**************", "****************"}) {
    for (const std::string key : {"password", "clientCertificatePassword"}) {
      const std::string document = R"({"hostNameOrIpAddress":"a","userName":"u","serverId":"s",)"
                                   R"("clientCertificateThumbprint":")" +
                                   std::string(40, 'a') + "\",\"" + key + "\":\"" + stars + "\"}";
      for (const auto& reading :
           {read(document), read_replacement("doc", document, std::nullopt, {})}) {
        BOOST_TEST(!reading.valid());
        BOOST_TEST(told(reading).find("asterisks are no secret; fifteen keep the stored one") !=
                   std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_allowed_but_hardly_meant_is_a_warning) {
  const auto reading = read(
      R"([{"hostNameOrIpAddress":"a","port":8883,"tls":"None"},{"hostNameOrIpAddress":"b","port":1883},
{"hostNameOrIpAddress":"c","tls":"TLS11","validateServerCertificate":"false"},{"hostNameOrIpAddress":"C"}])");
  BOOST_TEST(reading.valid());
  const std::string all = told(reading);
  for (const std::string part :
       {"1:36: warning: /0/port: 8883 is the port of TLS, but tls is None",
        "1:89: warning: /1/port: 1883 is the port of plain text, but tls is TLS12 by default",
        "2:34: warning: /2/tls: TLS 1.1 is deprecated",
        "2:70: warning: /2/validateServerCertificate: a string; write false without quotes",
        "2:70: warning: /2/validateServerCertificate: server certificate validation is disabled "
        "for c",
        "2:79: warning: servers 2 and 3 are the same host and port"}) {
    BOOST_TEST(all.find(part) != std::string::npos, part << "\nnot in\n" << all);
  }
}

BOOST_AUTO_TEST_CASE(the_certificate_validation_of_the_full_sample_is_warned_of) {
  const auto reading = read(sample("full-as-documented.json"));
  BOOST_TEST(told(reading) ==
             "doc:10:32: warning: /0/validateServerCertificate: server certificate validation is "
             "disabled for server1\n"
             "doc:24:32: warning: /1/validateServerCertificate: server certificate validation is "
             "disabled for server2\n");
}

BOOST_AUTO_TEST_CASE(a_thumbprint_is_read_as_windows_shows_it) {
  const auto list = servers(
      "{\"hostNameOrIpAddress\":\"a\",\"clientCertificateThumbprint\":\"\u200E44 "
      "0F:75c98da925630a08ac5f736ced94fc141ee1\"}");
  BOOST_TEST(list[0].thumbprint.value() == "440f75c98da925630a08ac5f736ced94fc141ee1");
  BOOST_TEST(draft_of(list[0]).server.tls.thumbprint == *list[0].thumbprint);
}

BOOST_AUTO_TEST_CASE(tls_values_become_what_a_server_may_speak) {
  const auto version = [](const std::string& tls) {
    return draft_of(servers(R"({"hostNameOrIpAddress":"a","tls":")" + tls + "\"}")[0]).server;
  };
  BOOST_TEST((version("None").scheme == Scheme::tcp));
  BOOST_TEST((version("TLS").scheme == Scheme::tls));
  BOOST_TEST((version("TLS").tls.version == TlsVersion::any));
  BOOST_TEST((version("TLS11").tls.version == TlsVersion::tls11));
  BOOST_TEST((version("TLS12").tls.version == TlsVersion::tls12));
  BOOST_TEST((version("TLS13").tls.version == TlsVersion::tls13));
}

BOOST_AUTO_TEST_CASE(unicode_in_ids_survives_the_canonical_form) {
  const auto list = servers(R"({"hostNameOrIpAddress":"a","serverId":"gr\u00fcn \ud83d\ude00"})");
  BOOST_TEST(list[0].server_id == "gr\u00FCn \U0001F600");
  const std::string once = write_document(list, false);
  BOOST_TEST(write_document(servers(once), false) == once);
}

BOOST_AUTO_TEST_CASE(secrets_are_masked_where_a_document_is_only_shown) {
  const auto list = servers(R"({"hostNameOrIpAddress":"a","userName":"u","password":"hunter2"})");
  BOOST_TEST(write_document(list, true).find("\"password\": \"***************\"") !=
             std::string::npos);
  BOOST_TEST(write_document(list, true).find("hunter2") == std::string::npos);
  BOOST_TEST(holds_plain_secret(list));
}

BOOST_AUTO_TEST_CASE(ten_thousand_servers_are_read_in_little_time) {
  std::string text = "[";
  for (int i = 0; i < 10000; ++i) {
    if (i > 0) text += ",\n";
    text +=
        R"({"hostNameOrIpAddress":"server)" + std::to_string(i) +
        R"(","port":8883,"protocol":"Tcp","tls":"Tls12","userName":null,"password":null,"serverId":"s)" +
        std::to_string(i) + "\"}";
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto reading = read(text + "]");
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  BOOST_TEST(reading.servers.size() == 10000U);
  BOOST_TEST_MESSAGE("read in " << taken.count() << " ms");
  // 50 ms in a release build on an idle machine; debug builds and sanitizers are several times
  // slower.
  BOOST_TEST(static_cast<double>(taken.count()) < rig::at_most(5000));
}

BOOST_AUTO_TEST_CASE(asterisks_without_a_stored_secret_are_an_error_at_their_place) {
  const auto reading = read_replacement(
      "doc", R"([{"hostNameOrIpAddress":"a","userName":"u","password":"***************"}])",
      std::nullopt, {});
  BOOST_TEST_REQUIRE(reading.reports.size() == 1U);
  BOOST_TEST(reading.reports[0].headline ==
             "doc:1:55: error: /0/password: fifteen asterisks stand for a stored secret, but none "
             "is stored");
}

BOOST_AUTO_TEST_CASE(a_reference_is_kept_and_shown_as_it_is) {
  const auto reading = read_document(
      "doc",
      R"([{"hostNameOrIpAddress":"a","userName":"u","password":"{{MQTT1.RedundantServers.a.Password}}"}])");
  BOOST_TEST_REQUIRE(reading.valid());
  BOOST_TEST(reading.reports.empty());
  BOOST_TEST(write_document(reading.servers, true)
                 .find("\"password\": \"{{MQTT1.RedundantServers.a.Password}}\"") !=
             std::string::npos);
}
