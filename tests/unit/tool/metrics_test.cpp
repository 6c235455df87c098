// SPDX-License-Identifier: Apache-2.0
// The metrics of a run as Prometheus reads them.
#include "tool/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <regex>
#include <sstream>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart(1h);

// Reads a page as strictly as node_exporter does: a family has its HELP and TYPE once and before
// its samples, which stand together, and no sample is there twice or has a time stamp.
std::map<std::string, std::string> read(const std::string& text) {
  static const std::regex sample(
      R"(([a-z_]+)(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)*\}) (-?[0-9]+(\.[0-9]+)?))");
  std::map<std::string, std::string> samples;
  std::map<std::string, int> families;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      BOOST_TEST(++families[family] == 1, "twice: " << family);
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      const bool is_counter = family.ends_with("_total");
      BOOST_TEST(line == "# TYPE " + family + (is_counter ? " counter" : " gauge"));
      continue;
    }
    BOOST_REQUIRE_MESSAGE(std::regex_match(line, match, sample), "no sample: " << line);
    BOOST_TEST(match[1] == family);
    BOOST_TEST(samples.emplace(match[1].str() + match[2].str(), match[5]).second, line);
  }
  BOOST_TEST(text.ends_with('\n'));
  return samples;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_subscriber_tells_its_server_and_its_messages) {
  Standing standing;
  standing.begin(kStart);
  standing.use("a", "tcp://a:1883", kStart + 250ms);
  standing.leave("a", kStart + 10s);
  standing.use("b", "tcp://b:1883", kStart + 11s);
  standing.moved(Move::none);
  const auto samples = read(metrics_text({.tool = "mqfail-sub",
                                          .name = "plant",
                                          .standing = standing,
                                          .counts = {.received = 12, .printed = 10, .missing = 3},
                                          .now = kStart + 20s,
                                          .started = 1700000000.25}));
  const std::string who = R"(tool="mqfail-sub",name="plant")";
  const auto value = [&](const std::string& family, const std::string& more = {}) {
    const auto found = samples.find(family + "{" + who + more + "}");
    return found == samples.end() ? "absent" : found->second;
  };
  BOOST_TEST(value("mqfail_running") == "1");
  BOOST_TEST(value("mqfail_exit_status") == "absent");
  BOOST_TEST(value("mqfail_start_time_seconds") == "1700000000.250000");
  BOOST_TEST(value("mqfail_servers_in_use") == "1");
  BOOST_TEST(value("mqfail_server_in_use", R"(,server="a",uri="tcp://a:1883")") == "0");
  BOOST_TEST(value("mqfail_server_in_use", R"(,server="b",uri="tcp://b:1883")") == "1");
  BOOST_TEST(value("mqfail_connections_total") == "2");
  BOOST_TEST(value("mqfail_failovers_total") == "1");
  BOOST_TEST(value("mqfail_without_server_seconds_total") == "1.250000");
  BOOST_TEST(value("mqfail_messages_received_total") == "12");
  BOOST_TEST(value("mqfail_messages_printed_total") == "10");
  BOOST_TEST(value("mqfail_messages_missing") == "3");
  BOOST_TEST(value("mqfail_messages_unsettled") == "absent");
}

BOOST_AUTO_TEST_CASE(a_publisher_that_has_ended_tells_what_is_left) {
  Standing standing;
  standing.begin(kStart);
  standing.end(kStart + 5s);
  const auto samples = read(metrics_text(
      {.tool = "mqfail-pub",
       .name = "log",
       .standing = standing,
       .counts = {.taken = 9, .published = 8, .acknowledged = 5, .unsettled = 4, .dropped = 1},
       .now = kStart + 9s,
       .exit_status = 75}));
  const std::string who = R"({tool="mqfail-pub",name="log"})";
  BOOST_TEST(samples.at("mqfail_running" + who) == "0");
  BOOST_TEST(samples.at("mqfail_exit_status" + who) == "75");
  BOOST_TEST(samples.at("mqfail_servers_in_use" + who) == "0");
  BOOST_TEST(samples.at("mqfail_without_server_seconds_total" + who) == "5.000000");
  BOOST_TEST(samples.at("mqfail_messages_taken_total" + who) == "9");
  BOOST_TEST(samples.at("mqfail_messages_published_total" + who) == "8");
  BOOST_TEST(samples.at("mqfail_messages_acknowledged_total" + who) == "5");
  BOOST_TEST(samples.at("mqfail_messages_unsettled" + who) == "4");
  BOOST_TEST(samples.at("mqfail_messages_dropped_total" + who) == "1");
  BOOST_TEST(!samples.contains("mqfail_messages_received_total" + who));
}

BOOST_AUTO_TEST_CASE(no_name_breaks_the_format) {
  Standing standing;
  standing.begin(kStart);
  const std::string hostile = "a\"} 1\nmqfail_running{\\x\x1b\xff\xe2\x80\xae";
  standing.use(hostile, "tcp://" + hostile, kStart);
  const auto samples = read(metrics_text(
      {.tool = "mqfail-sub", .name = hostile, .standing = standing, .counts = {}, .now = kStart}));
  int in_use = 0;
  for (const auto& [name, value] : samples) in_use += name.starts_with("mqfail_server_in_use{");
  BOOST_TEST(in_use == 1);
}

BOOST_AUTO_TEST_CASE(the_name_is_that_of_the_file) {
  BOOST_TEST(metrics_name("/var/lib/prometheus/node-exporter/plant.prom") == "plant");
  BOOST_TEST(metrics_name("plant.prom") == "plant");
  BOOST_TEST(metrics_name("./x/plant") == "plant");
  BOOST_TEST(metrics_name(".prom") == ".prom");
}
