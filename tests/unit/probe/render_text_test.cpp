// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "probe/render.hpp"
#include "reports.hpp"

using namespace mqfail;

namespace {

std::string text(ServerReports reports, const Limits& limits = {}) {
  return render_text(outcome(std::move(reports), limits), false);
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_has_a_line_a_server_with_its_phases_and_then_the_verdict) {
  BOOST_TEST(text({up("a"), down("b")}) ==
             "up    a=tcp://a.example:1883 dns 1.000ms, tcp 2.500ms, connack 3.000ms, ping "
             "4.000ms, total 10.000ms (v5)\n"
             "down  b=tcp://b.example:1883: connection refused (tcp) total 5.000ms\n"
             "OK - 1/2 up, the preferred a answers; b refuses the connection\n");
}

BOOST_AUTO_TEST_CASE(a_server_in_tls_has_a_tls_phase_and_the_days_of_its_certificate) {
  const std::string line = text({up_in_tls("a")});
  BOOST_TEST(has(line, "tls 7.000ms"), line);
  BOOST_TEST(has(line, "(v5, TLSv1.3, certificate for 41 days)"), line);
  BOOST_TEST(!has(text({up("a")}), "tls"));
}

BOOST_AUTO_TEST_CASE(features_are_a_line_below_the_server) {
  Outcome its = outcome({up_in_tls("a")});
  its.features = true;
  its.servers[0].facts.features.receive_maximum = 20;
  its.servers[0].facts.features.server_reference =
      "\x1b"
      "other";
  const std::string shown = render_text(its, false);
  BOOST_TEST(has(shown, "\n      protocol 5, session present no, receive maximum 20, "), shown);
  BOOST_TEST(has(shown, "server reference \\x1bother"), shown);
  BOOST_TEST(has(shown, "certificate issuer CN=The authority"), shown);
}

BOOST_AUTO_TEST_CASE(the_matrix_has_the_time_of_each_pair) {
  const Outcome its = outcome({up("a"), up("b")}, {}, cross(2, {{0, 1}}));
  const std::string shown = render_text(its, false);
  BOOST_TEST(has(shown,
                 "cross, ms     at a        at b\n"
                 "to a          1.000       missing\n"
                 "to b          1.000       1.000\n"),
             shown);
}

BOOST_AUTO_TEST_CASE(a_large_matrix_is_a_count) {
  const ServerReports many(30, up("a"));
  const std::string shown = render_text(outcome(many, {}, cross(30, {{0, 1}})), false);
  BOOST_TEST(has(shown, "\ncross 869 of 870 pairs\n"), shown);
}

BOOST_AUTO_TEST_CASE(colours_are_only_there_if_they_are_wanted) {
  const Outcome its = outcome({up("a"), down("b")});
  BOOST_TEST(!has(render_text(its, false), "\x1b"));
  const std::string coloured = render_text(its, true);
  BOOST_TEST(has(coloured, "\x1b[32mup\x1b[0m    a="), coloured);
  BOOST_TEST(has(coloured, "\x1b[31mdown\x1b[0m  b="), coloured);
  BOOST_TEST(has(coloured, "\x1b[32mOK\x1b[0m - "), coloured);
}

BOOST_AUTO_TEST_CASE(hostile_words_stay_one_line_of_plain_text) {
  const Reason reason{Cause::connack, Phase::connack, 0x87, true, kHostile};
  const std::string shown = text({up(kHostile), down("b", reason)});
  BOOST_TEST(!has(shown, "\x1b"));
  BOOST_TEST(std::count(shown.begin(), shown.end(), '\n') == 3);
}

BOOST_AUTO_TEST_CASE(no_output_shows_a_password) {
  ServerReport report = up("a");
  report.server.username = "joe";
  report.server.password = Secret("hunter2");
  for (const ProbeFormat format : {ProbeFormat::text, ProbeFormat::nagios, ProbeFormat::json,
                                   ProbeFormat::prometheus, ProbeFormat::html})
    BOOST_TEST(!has(render(format, outcome({report}), false), "hunter2"));
}

BOOST_AUTO_TEST_CASE(a_change_is_a_line_with_its_time) {
  BOOST_TEST(render_change(down("b"), "12:00:00", false, false) ==
             "12:00:00 down  b=tcp://b.example:1883: connection refused (tcp) total 5.000ms\n");
  const std::string json = render_change(down("b"), "12:00:00", true, false);
  BOOST_TEST(json.starts_with(R"({"v":1,"ts":"12:00:00","server":"b",)"), json);
}

BOOST_AUTO_TEST_CASE(what_was_not_tried_is_unknown_in_every_format) {
  const auto at = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  const auto unknown = [&](ProbeFormat format, const std::string& why) {
    return render_unknown(format, why, at);
  };
  BOOST_TEST(unknown(ProbeFormat::text, "no such file\nhint: look") == "UNKNOWN - no such file\n");
  BOOST_TEST(unknown(ProbeFormat::json, "a\nb") ==
             "{\"v\":1,\"status\":\"UNKNOWN\",\"exit\":3,\"reason\":\"a\\nb\",\"servers\":[]}\n");
  BOOST_TEST(unknown(ProbeFormat::nagios, "a|b\nc") == "MQFAIL UNKNOWN - a/b\n");
  BOOST_TEST(has(unknown(ProbeFormat::prometheus, "a"), "\nmqfail_probe_verdict 3\n"));
  const std::string page = unknown(ProbeFormat::html, "<b>");
  BOOST_TEST(has(page, "<b>UNKNOWN</b><p>&lt;b&gt;</p>"), page);
}
