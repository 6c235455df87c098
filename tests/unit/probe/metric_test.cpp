// SPDX-License-Identifier: Apache-2.0
#include "probe/metric.hpp"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "reports.hpp"

using namespace mqfail;

BOOST_AUTO_TEST_CASE(each_metric_of_a_server_is_a_number_in_seconds_or_days) {
  ServerReport report = up_in_tls("a");
  BOOST_TEST(*value_of(report, Metric::total) == 0.010);
  BOOST_TEST(*value_of(report, Metric::connect) == 0.0135);
  BOOST_TEST(*value_of(report, Metric::rtt) == 0.004);
  BOOST_TEST(*value_of(report, Metric::tls) == 0.007);
  BOOST_TEST(*value_of(report, Metric::certificate_days) == 41);
  BOOST_TEST(!value_of(report, Metric::puback));
  BOOST_TEST(!value_of(report, Metric::up));
  set_time(report, ProbePhase::round_trip, 6ms);
  BOOST_TEST(*value_of(report, Metric::rtt) == 0.006);
  BOOST_TEST(*value_of(report, Metric::round_trip) == 0.006);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_down_has_no_times) {
  ServerReport report = up_in_tls("a");
  report.up = false;
  BOOST_TEST(!value_of(report, Metric::total));
  BOOST_TEST(!value_of(report, Metric::tls));
  BOOST_TEST(*value_of(report, Metric::certificate_days) == 41);
}

BOOST_AUTO_TEST_CASE(there_is_a_word_for_each_metric) {
  std::istringstream words{std::string(kMetricWords)};
  int count = 0;
  for (std::string word; words >> word; ++count) {
    const auto metric = static_cast<Metric>(count);
    BOOST_TEST(!name(metric).empty(), word);
  }
  BOOST_TEST(count == static_cast<int>(Metric::certificate_days) + 1);
}
