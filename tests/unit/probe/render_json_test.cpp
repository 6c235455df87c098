// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "probe/render.hpp"
#include "reports.hpp"

using namespace mqfail;

BOOST_AUTO_TEST_CASE(json_is_one_line_with_the_verdict_and_each_server) {
  const std::string json = render_json(outcome({down("a"), up("b")}));
  BOOST_TEST(has(json, R"({"v":1,"status":"WARNING","exit":1,"up":1,"servers_total":2,)"
                       R"("preferred":"a","servers":[{"server":"a",)"),
             json);
  BOOST_TEST(has(json, R"("up":false,"total_ms":5.000,"phase":"tcp","code":111,)"
                       R"("reason":"connection refused"})"),
             json);
  BOOST_TEST(has(json, R"("dns_ms":1.000,"tcp_ms":2.500,"connack_ms":3.000,"ping_ms":4.000,)"
                       R"("total_ms":10.000,"protocol":"5","addr":"192.0.2.1:1883"})"),
             json);
  BOOST_TEST(has(json, R"("remarks":[],"summary":"1/2 up, the preferred a refuses )"), json);
  BOOST_TEST(json.find('\n') == json.size() - 1);
}

BOOST_AUTO_TEST_CASE(only_a_server_in_tls_has_a_certificate) {
  BOOST_TEST(!has(render_json(outcome({up("a")})), "tls"));
  const std::string json = render_json(outcome({up_in_tls("a")}));
  BOOST_TEST(has(json, R"("tls_ms":7.000)"), json);
  BOOST_TEST(has(json, R"("tls":"TLSv1.3","not_after":"2030-01-01T00:00:00Z",)"
                       R"("tls_cipher":"TLS_AES_256_GCM_SHA384","cert_subject":"CN=a.example",)"
                       R"("cert_issuer":"CN=The authority","cert_days":41)"),
             json);
}

BOOST_AUTO_TEST_CASE(features_and_the_matrix_are_there_if_they_were_asked_for) {
  Outcome its = outcome({up("a"), up("b")}, {}, cross(2, {{1, 0}}));
  BOOST_TEST(!has(render_json(its), "features"));
  its.features = true;
  its.servers[0].facts.features.maximum_qos = 1;
  const std::string json = render_json(its);
  BOOST_TEST(has(json, R"("features":{"session_present":false,"receive_maximum":65535,)"
                       R"("maximum_qos":1,)"),
             json);
  BOOST_TEST(has(json, R"("cross":[{"to":"a","at":"a","arrived":true,"ms":1.000},)"), json);
  BOOST_TEST(has(json, R"({"to":"b","at":"a","arrived":false},)"), json);
  BOOST_TEST(
      has(json, R"("remarks":["what is published to b does not arrive through a"],"summary")"),
      json);
}

BOOST_AUTO_TEST_CASE(a_server_that_names_another_one_is_told_with_it) {
  Reason moved{Cause::connack, Phase::connack, 0x9D, true, {}};
  moved.reference = "c.example:1883";
  const std::string json = render_json(outcome({down("a", moved)}));
  BOOST_TEST(has(json, R"("server_reference":"c.example:1883")"), json);
  BOOST_TEST(has(json, ", it names c.example:1883"), json);
}

BOOST_AUTO_TEST_CASE(the_exit_status_is_that_of_the_process) {
  BOOST_TEST(has(render_json(outcome({down("a"), up("b")}, {.ok_if_any = true})),
                 R"("status":"WARNING","exit":0,)"));
}

BOOST_AUTO_TEST_CASE(hostile_words_stay_data) {
  const Reason reason{Cause::connack, Phase::connack, 0x87, true, kHostile};
  const std::string json = render_json(outcome({up(kHostile), down("b", reason)}));
  BOOST_TEST(!has(json, "\x1b"));
  BOOST_TEST(json.find('\n') == json.size() - 1);
  BOOST_TEST(has(json, R"([31mOK|x=1\n'\"\\<script>)"), json);
}
