// SPDX-License-Identifier: Apache-2.0
#include "probe/verdict.hpp"

#include <boost/test/unit_test.hpp>
#include <string_view>

#include "reports.hpp"

using namespace mqfail;

namespace {

// One server a letter, u for up.
ProbeVerdict verdict_of(std::string_view servers, const Limits& limits = {}) {
  ServerReports reports;
  for (const char one : servers) reports.push_back({.up = one == 'u'});
  return judge(reports, {}, limits).verdict;
}

// The verdict and its remarks.
std::string judged(const ServerReports& reports, const Limits& limits,
                   const CrossMatrix& cross = {}) {
  const Judgement its = judge(reports, cross, limits);
  std::string out(word(its.verdict));
  for (const std::string& remark : its.remarks) out += "; " + remark;
  return out;
}

Limits limits(Metric metric, std::string_view warn, std::string_view crit) {
  Limits its{.metric = metric};
  its.warn = parse_range(warn);
  its.crit = parse_range(crit);
  return its;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ok_means_that_the_preferred_server_is_up) {
  BOOST_TEST((verdict_of("u") == ProbeVerdict::ok));
  BOOST_TEST((verdict_of("udd") == ProbeVerdict::ok));
}

BOOST_AUTO_TEST_CASE(a_preferred_server_that_is_down_is_a_warning) {
  BOOST_TEST((verdict_of("duu") == ProbeVerdict::warning));
  BOOST_TEST((verdict_of("duu", {.first = true}) == ProbeVerdict::ok));
}

BOOST_AUTO_TEST_CASE(fewer_servers_than_wanted_are_a_warning) {
  BOOST_TEST((verdict_of("uud", {.min_up = 2}) == ProbeVerdict::ok));
  BOOST_TEST((verdict_of("udd", {.min_up = 2}) == ProbeVerdict::warning));
  BOOST_TEST((verdict_of("u", {.min_up = 2}) == ProbeVerdict::warning));
}

BOOST_AUTO_TEST_CASE(no_server_up_is_critical_whatever_is_wanted) {
  BOOST_TEST((verdict_of("dd") == ProbeVerdict::critical));
  BOOST_TEST((verdict_of("d", {.min_up = 0, .first = true}) == ProbeVerdict::critical));
}

BOOST_AUTO_TEST_CASE(without_servers_nothing_is_known) {
  BOOST_TEST((verdict_of("") == ProbeVerdict::unknown));
}

BOOST_AUTO_TEST_CASE(ok_if_any_is_about_the_exit_status_of_a_warning_alone) {
  const Limits any{.ok_if_any = true};
  BOOST_TEST(exit_status(ProbeVerdict::warning, any) == 0);
  BOOST_TEST(exit_status(ProbeVerdict::warning, {}) == 1);
  BOOST_TEST(exit_status(ProbeVerdict::critical, any) == 2);
  BOOST_TEST(exit_status(ProbeVerdict::unknown, any) == 3);
}

BOOST_AUTO_TEST_CASE(the_metric_of_each_server_that_answers_must_be_in_its_ranges) {
  const ServerReports reports{up("a"), up("b"), down("c")};
  BOOST_TEST(judged(reports, limits(Metric::total, "0.01", "1")) == "OK");
  BOOST_TEST(judged(reports, limits(Metric::total, "0.009", "1")) ==
             "WARNING; a: total time 0.01 s, -w 0.009; b: total time 0.01 s, -w 0.009");
  BOOST_TEST(judged({up("a")}, limits(Metric::connect, "0.001", "@0:1")) ==
             "CRITICAL; a: time to connect 0.0065 s, -c @0:1");
  BOOST_TEST(judged(reports, limits(Metric::up, "3:", "1:")) == "WARNING; servers up 2, -w 3:");
  BOOST_TEST(judged({up_in_tls("a")}, limits(Metric::certificate_days, "60:", "7:")) ==
             "WARNING; a: days of its certificate 41 days, -w 60:");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_ends_soon_is_told) {
  BOOST_TEST(judged({up_in_tls("a")}, {.cert_warn = 41, .cert_crit = 7}) == "OK");
  BOOST_TEST(judged({up_in_tls("a")}, {.cert_warn = 42, .cert_crit = 7}) ==
             "WARNING; a: its certificate ends in 41 days, --cert-warn 42");
  BOOST_TEST(judged({up_in_tls("a")}, {.cert_crit = 41}) == "OK");
  BOOST_TEST(judged({up_in_tls("a")}, {.cert_crit = 60}) ==
             "CRITICAL; a: its certificate ends in 41 days, --cert-crit 60");
  ServerReport expired = up_in_tls("a");
  expired.certificate_days = -3;
  BOOST_TEST(judged({expired}, {.cert_warn = 0}) ==
             "WARNING; a: its certificate has expired, --cert-warn 0");
}

BOOST_AUTO_TEST_CASE(a_message_that_does_not_arrive_is_a_warning_that_names_the_pair) {
  const ServerReports reports{up("a"), up("b"), up("c")};
  BOOST_TEST(judged(reports, {}, cross(3, {})) == "OK");
  BOOST_TEST(judged(reports, {}, cross(3, {{0, 2}})) ==
             "WARNING; what is published to a does not arrive through c");
  BOOST_TEST(judged(reports, {}, cross(3, {{0, 2}, {2, 0}, {1, 2}})) ==
             "WARNING; nothing passes between a and c; what is published to b does not arrive "
             "through c");
}

BOOST_AUTO_TEST_CASE(many_pairs_are_counted) {
  const ServerReports reports(5, up("a"));
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t from = 0; from < 5; ++from) {
    for (std::size_t to = 0; to < 5; ++to) {
      if (from != to) all.emplace_back(from, to);
    }
  }
  BOOST_TEST(
      has(judged(reports, {}, cross(5, all)), "; 7 more pairs of servers do not pass messages on"));
}

BOOST_AUTO_TEST_CASE(a_server_that_failed_meanwhile_has_no_pairs) {
  CrossMatrix matrix = cross(3, {{0, 1}, {1, 0}, {1, 2}, {2, 1}});
  matrix.leave_out(1);
  BOOST_TEST(matrix.missing().empty());
  BOOST_TEST(matrix.tried() == 2U);
}
