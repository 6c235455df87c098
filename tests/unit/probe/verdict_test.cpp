// SPDX-License-Identifier: Apache-2.0
#include "probe/verdict.hpp"

#include <boost/test/unit_test.hpp>
#include <string_view>

using namespace mqfail;

namespace {

// One server a letter, u for up.
ProbeVerdict verdict_of(std::string_view servers, std::optional<std::uint32_t> min_up = {}) {
  ServerReports reports;
  for (const char one : servers) reports.push_back({.up = one == 'u'});
  return judge(reports, min_up);
}

}  // namespace

BOOST_AUTO_TEST_CASE(ok_means_that_the_preferred_server_is_up) {
  BOOST_TEST((verdict_of("u") == ProbeVerdict::ok));
  BOOST_TEST((verdict_of("udd") == ProbeVerdict::ok));
}

BOOST_AUTO_TEST_CASE(a_preferred_server_that_is_down_is_a_warning) {
  BOOST_TEST((verdict_of("duu") == ProbeVerdict::warning));
}

BOOST_AUTO_TEST_CASE(fewer_servers_than_wanted_are_a_warning) {
  BOOST_TEST((verdict_of("uud", 2) == ProbeVerdict::ok));
  BOOST_TEST((verdict_of("udd", 2) == ProbeVerdict::warning));
  BOOST_TEST((verdict_of("u", 2) == ProbeVerdict::warning));
}

BOOST_AUTO_TEST_CASE(no_server_up_is_critical_whatever_is_wanted) {
  BOOST_TEST((verdict_of("dd") == ProbeVerdict::critical));
  BOOST_TEST((verdict_of("d", 0) == ProbeVerdict::critical));
}

BOOST_AUTO_TEST_CASE(without_servers_nothing_is_known) {
  BOOST_TEST((verdict_of("") == ProbeVerdict::unknown));
}
