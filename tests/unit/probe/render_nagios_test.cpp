// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <regex>

#include "probe/render.hpp"
#include "reports.hpp"

using namespace mqfail;

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// All performance data: behind the bar of the first line, and behind that of a later one.
std::string data_of(const std::string& text) {
  const std::string first = first_line(text);
  std::string data = first.substr(first.find('|') + 1);
  const std::string rest = text.substr(first.size() + 1);
  if (const auto bar = rest.find('|'); bar != rest.npos) data += " " + rest.substr(bar + 1);
  std::replace(data.begin(), data.end(), '\n', ' ');
  return data;
}

bool follows_the_grammar(const std::string& data) {
  // 'label'=value[UOM];[warn];[crit];[min];[max]
  static const std::regex item(R"( *('[^'=| ]+'|[a-z]+)=-?[0-9.]+(s|ms|us)?(;[-0-9.:~@]*){0,4} *)");
  std::size_t at = 0;
  std::smatch found;
  std::string rest = data;
  while (std::regex_search(rest, found, item, std::regex_constants::match_continuous)) {
    rest = found.suffix();
    ++at;
  }
  return at > 0 && rest.empty();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_line_is_the_verdict_with_performance_data) {
  const std::string text = render_nagios(outcome({up("a"), down("b")}));
  BOOST_TEST(first_line(text).starts_with(
                 "MQFAIL OK - 1/2 up, the preferred a answers; b refuses the connection | "
                 "up=1;;1:;0;2 'a_total'=0.01s;;;0 'a_connect'=0.0065s;;;0 'a_rtt'=0.004s;;;0 "),
             text);
  BOOST_TEST(follows_the_grammar(data_of(text)), text);
  BOOST_TEST(has(text, "\ndown  b=tcp://b.example:1883: connection refused (tcp) total 5.000ms\n"),
             text);
}

BOOST_AUTO_TEST_CASE(limits_stand_behind_what_they_are_for) {
  Limits limits{.min_up = 2, .metric = Metric::connect, .cert_warn = 30, .cert_crit = 7};
  limits.warn = parse_range("0.5");
  limits.crit = parse_range("~:2");
  const std::string text = render_nagios(outcome({up_in_tls("a"), up("b")}, limits));
  BOOST_TEST(has(text, "up=2;2:;1:;0;2"), text);
  BOOST_TEST(has(text, "'a_connect'=0.0135s;0.5;~:2;0"), text);
  BOOST_TEST(has(text, "'a_total'=0.01s;;;0"), text);
  BOOST_TEST(has(text, "'a_cert_days'=41;30:;7:"), text);
  BOOST_TEST(follows_the_grammar(data_of(text)), text);
}

BOOST_AUTO_TEST_CASE(a_hostile_server_ends_no_field_and_begins_no_data) {
  const Reason reason{Cause::connack, Phase::connack, 0x99, true, kHostile};
  const std::string text = render_nagios(outcome({up(kHostile), down(kHostile, reason)}));
  BOOST_TEST(!has(text, "\x1b"));
  const std::string first = first_line(text);
  BOOST_TEST(std::count(first.begin(), first.end(), '|') == 1);
  BOOST_TEST(!has(text.substr(first.size()), "|"), text);
  BOOST_TEST(follows_the_grammar(data_of(text)), text);
}

BOOST_AUTO_TEST_CASE(a_long_list_goes_on_behind_the_lines_of_the_servers) {
  ServerReports many;
  for (int i = 0; i < 50; ++i) many.push_back(up("server-" + std::to_string(i)));
  const std::string text = render_nagios(outcome(many));
  BOOST_TEST(first_line(text).size() < 1024U);
  BOOST_TEST(std::count(text.begin(), text.end(), '|') == 2);
  const std::string data = data_of(text);
  BOOST_TEST(follows_the_grammar(data), data);
  BOOST_TEST(has(data, "'server-49_total'=0.01s"), data);
}

BOOST_AUTO_TEST_CASE(labels_that_would_be_the_same_are_told_apart) {
  const std::string text = render_nagios(outcome({up("a b"), up("a'b")}));
  BOOST_TEST(has(text, "'a_b_total'="), text);
  BOOST_TEST(has(text, "'a_b#2_total'="), text);
}
