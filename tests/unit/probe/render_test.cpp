// SPDX-License-Identifier: Apache-2.0
#include "probe/render.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

ServerReport up(const std::string& id) {
  ServerReport report{.server = {.id = id, .host = "a.example", .port = 1883}, .up = true};
  report.facts.protocol = Protocol::mqtt5;
  report.facts.address = "192.0.2.1:1883";
  report.facts.dns = 1ms;
  report.facts.tcp = 2500us;
  report.facts.connack = 3ms;
  report.ping = 4ms;
  report.total = 10ms;
  return report;
}

ServerReport down(const std::string& id, Reason reason) {
  ServerReport report{.server = {.id = id, .host = "b.example", .port = 1883}};
  report.reason = std::move(reason);
  report.total = 5ms;
  return report;
}

Reason refused() {
  return {Cause::refused, Phase::tcp, ECONNREFUSED, false, {}};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_has_a_line_a_server_with_its_phases_and_then_the_verdict) {
  BOOST_TEST(
      render_text({up("a"), down("b", refused())}, ProbeVerdict::ok) ==
      "up    a=tcp://a.example:1883 dns 1.000ms, tcp 2.500ms, connack 3.000ms, ping 4.000ms, "
      "total 10.000ms (v5)\n"
      "down  b=tcp://b.example:1883: connection refused (tcp) total 5.000ms\n"
      "OK - 1/2 up, the preferred a answers; b refuses the connection\n");
}

BOOST_AUTO_TEST_CASE(only_a_tls_server_has_a_tls_phase_and_a_certificate) {
  ServerReport report = up("a");
  BOOST_TEST(!has(render_json({report}, ProbeVerdict::ok), "tls"));
  report.server.scheme = Scheme::tls;
  report.facts.tls = 7ms;
  report.facts.tls_version = "TLSv1.3";
  report.facts.tls_not_after = "2030-01-01T00:00:00Z";
  const std::string json = render_json({report}, ProbeVerdict::ok);
  BOOST_TEST(has(json, R"("tls_ms":7.000)"), json);
  BOOST_TEST(has(json, R"("tls":"TLSv1.3","not_after":"2030-01-01T00:00:00Z")"), json);
  BOOST_TEST(has(render_text({report}, ProbeVerdict::ok), "(v5, TLSv1.3)"));
}

BOOST_AUTO_TEST_CASE(json_is_one_line_with_the_verdict_and_each_server) {
  const std::string json = render_json({up("a"), down("b", refused())}, ProbeVerdict::warning);
  BOOST_TEST(has(json, R"({"v":1,"status":"WARNING","exit":1,"up":1,"servers_total":2,)"
                       R"("preferred":"a","servers":[{"server":"a",)"),
             json);
  BOOST_TEST(has(json, R"("up":false,"total_ms":5.000,"phase":"tcp","code":111,)"
                       R"("reason":"connection refused"})"),
             json);
  BOOST_TEST(json.find('\n') == json.size() - 1);
}

BOOST_AUTO_TEST_CASE(at_most_three_servers_that_are_down_are_named) {
  const std::string text =
      render_text({up("a"), down("b", refused()), down("c", refused()), down("d", refused()),
                   down("e", refused()), down("f", refused())},
                  ProbeVerdict::ok);
  BOOST_TEST(has(text, "; d refuses the connection; 2 more are down\n"), text);
}

BOOST_AUTO_TEST_CASE(hostile_words_of_a_server_stay_data) {
  const std::string words = "\x1b[31mOK - 1/1 up\n\"}";
  const Reason reason{Cause::connack, Phase::connack, 0x87, true, words};
  const std::string text = render_text({down("a", reason)}, ProbeVerdict::critical);
  BOOST_TEST(!has(text, "\x1b"));
  BOOST_TEST(has(text, "\nCRITICAL - "));
  BOOST_TEST(!has(text, "\nOK - "));
  const std::string json = render_json({down("a", reason)}, ProbeVerdict::critical);
  BOOST_TEST(!has(json, "\x1b"));
  BOOST_TEST(json.find('\n') == json.size() - 1);
  BOOST_TEST(has(json, R"(1/1 up\n\"}")"), json);
}

BOOST_AUTO_TEST_CASE(no_output_shows_a_password) {
  ServerReport report = up("a");
  report.server.username = "joe";
  report.server.password = Secret("hunter2");
  BOOST_TEST(!has(render_text({report}, ProbeVerdict::ok), "hunter2"));
  BOOST_TEST(!has(render_json({report}, ProbeVerdict::ok), "hunter2"));
}

BOOST_AUTO_TEST_CASE(refused_credentials_are_told_from_other_refusals) {
  const auto told = [](int code) {
    return render_text({down("a", {Cause::connack, Phase::connack, code, true, {}})},
                       ProbeVerdict::critical);
  };
  BOOST_TEST(has(told(0x87), "the preferred a refuses the credentials: "));
  BOOST_TEST(has(told(0x97), "the preferred a refuses us: "));
}

BOOST_AUTO_TEST_CASE(what_was_not_tried_is_unknown_and_one_line) {
  BOOST_TEST(render_unknown("no such file\nhint: look", false) == "UNKNOWN - no such file\n");
  BOOST_TEST(render_unknown("a\nb", true) ==
             "{\"v\":1,\"status\":\"UNKNOWN\",\"exit\":3,\"reason\":\"a\\nb\",\"servers\":[]}\n");
}
