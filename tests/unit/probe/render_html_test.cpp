// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <boost/test/unit_test.hpp>
#include <regex>

#include "base/encoding.hpp"
#include "probe/page_style.hpp"
#include "probe/render.hpp"
#include "reports.hpp"

using namespace mqfail;

namespace {

std::string page(ServerReports reports, bool features = false, CrossMatrix matrix = {}) {
  Outcome its = outcome(std::move(reports), {}, std::move(matrix));
  its.features = features;
  return render_html(its);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_page_has_the_verdict_the_servers_and_their_phases_as_bars) {
  const std::string html = page({up("first"), down("second")});
  BOOST_TEST(has(html, "<b>OK</b><p>1/2 up, the preferred first answers; second refuses the"));
  BOOST_TEST(has(html, "<b>first</b><span class=\"tag\">preferred</span>"), html);
  BOOST_TEST(has(html, "class=\"why\">connection refused (tcp)"), html);
  // 1, 2.5, 3 and 4 ms of 10.5.
  BOOST_TEST(has(html, "<rect x=\"0.00\" width=\"95.24\" height=\"10\" class=\"dns\">"), html);
  BOOST_TEST(has(html, "<rect x=\"619.05\" width=\"380.95\" height=\"10\" class=\"ping\">"), html);
}

BOOST_AUTO_TEST_CASE(the_message_has_the_part_of_the_bar_behind_its_puback) {
  ServerReport report = up("a");
  set_time(report, ProbePhase::puback, 1ms);
  set_time(report, ProbePhase::round_trip, 3500us);  // 14 ms in all
  const std::string html = page({report});
  BOOST_TEST(has(html, "<rect x=\"821.43\" width=\"178.57\" height=\"10\" class=\"round_trip\">"),
             html);
  BOOST_TEST(has(html, "round trip 3.50 ms"));
}

BOOST_AUTO_TEST_CASE(features_and_the_matrix_are_shown) {
  const std::string html = page({up_in_tls("a"), up("b")}, true, cross(2, {{0, 1}}));
  BOOST_TEST(has(html, "<dt>certificate issuer</dt><dd>CN=The authority</dd>"), html);
  BOOST_TEST(has(html, "<td class=\"no\">missing</td>"), html);
  BOOST_TEST(has(html, "<td class=\"yes\">1.00 ms</td>"), html);
  BOOST_TEST(!has(page({up("a")}), "<table"));
}

BOOST_AUTO_TEST_CASE(a_watch_has_its_history_as_lines_and_loads_itself_again) {
  Outcome its = outcome({up("a")});
  BOOST_TEST(!has(render_html(its), "refresh"));
  its.every_seconds = 5;
  its.history.add({up("a")});
  its.history.add({down("a")});
  its.history.add({up("a")});
  const std::string html = render_html(its);
  BOOST_TEST(has(html, "<meta http-equiv=\"refresh\" content=\"5\">"), html);
  BOOST_TEST(has(html, "<path d=\"M0.00 2.00h4M996.00 2.00h4\"/>"), html);
  BOOST_TEST(has(html, "<rect x=\"250.00\" width=\"500.00\" height=\"40\"/>"), html);
}

BOOST_AUTO_TEST_CASE(nothing_of_a_server_becomes_markup) {
  ServerReport hostile = up(kHostile);
  hostile.server.host = kHostile;
  hostile.facts.features.reason = kHostile;
  hostile.facts.peer = {.version = kHostile, .cipher = kHostile, .subject = kHostile};
  const Reason reason{Cause::connack, Phase::connack, 0x87, true, kHostile};
  const std::string html = page({hostile, down(kHostile, reason)}, true, cross(2, {{0, 1}}));
  BOOST_TEST(!has(html, "<script"));
  BOOST_TEST(!has(html, "\x1b"));
  // Every tag is one of ours.
  static const std::regex known(
      "<(!DOCTYPE html|/?(html|head|body|main|meta|title|style|header|h1|h2|time|section|b|p|ul|li|"
      "svg|rect|path|div|span|details|summary|dl|dt|dd|table|tr|th|td|footer)( [^<>]*)?/?)>");
  BOOST_TEST(!has(std::regex_replace(html.substr(html.find("</style>")), known, ""), "<"));
}

BOOST_AUTO_TEST_CASE(the_policy_of_the_page_lets_in_its_style_sheet_and_nothing_else) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const std::string style = kPageStyle;
  BOOST_REQUIRE(EVP_Digest(style.data(), style.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  const std::string wanted = std::string(kPageStyleDigest).substr(7);  // behind "sha256-"
  BOOST_TEST(base64({reinterpret_cast<const char*>(digest), size}) == wanted);
  const std::string html = page({up("a")});
  BOOST_TEST(has(
      html, std::string("content=\"default-src 'none'; style-src '") + kPageStyleDigest + "';"));
  BOOST_TEST(has(html, "<style>" + style + "</style>"));
  for (const char* const attribute : {" style=", " onload", " href=", " src="})
    BOOST_TEST(!has(html, attribute), attribute);
}
