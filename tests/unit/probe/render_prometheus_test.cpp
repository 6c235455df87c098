// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "probe/render.hpp"
#include "reports.hpp"

using namespace mqfail;

namespace {

// What a reader of the format objects to; empty: nothing.
std::string flaw_of(const std::string& text) {
  static const std::regex sample(
      R"(^([a-z_]+)(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.]+$)");
  std::map<std::string, int> helps, types;
  std::set<std::string> samples, ended;
  std::string family, line;
  for (std::istringstream in(text); std::getline(in, line);) {
    std::istringstream words(line);
    std::string mark, kind, name;
    if (line.starts_with("# ")) {
      words >> mark >> kind >> name;
      if (kind == "HELP" && ++helps[name] > 1) return "HELP twice: " + line;
      if (kind == "TYPE" && ++types[name] > 1) return "TYPE twice: " + line;
      if (kind == "HELP") family = name;
      continue;
    }
    std::smatch found;
    if (!std::regex_match(line, found, sample)) return "no sample: " + line;
    if (found[1] != family) return "not below its HELP: " + line;
    if (!samples.insert(line.substr(0, line.rfind(' '))).second) return "twice: " + line;
  }
  if (text.empty() || text.back() != '\n') return "no newline at the end";
  return helps.size() == types.size() ? "" : "HELP and TYPE differ";
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_metric_has_help_and_type_once_and_no_time_stamp) {
  Outcome its = outcome({up_in_tls("a"), down("b")}, {}, cross(2, {{0, 1}}));
  its.features = true;
  const std::string text = render_prometheus(its);
  BOOST_TEST(flaw_of(text) == "", text);
  for (const char* const line :
       {"mqfail_probe_success 0", "mqfail_probe_verdict 1", "mqfail_probe_servers_up 1",
        R"(mqfail_probe_up{server="a",uri="mqtts://a.example:1883"} 1)",
        R"(mqfail_probe_up{server="b",uri="tcp://b.example:1883"} 0)",
        R"(mqfail_probe_phase_duration_seconds{server="a",phase="tls"} 0.007)",
        R"(mqfail_probe_certificate_not_after_timestamp_seconds{server="a"} 1893456000)",
        R"(mqfail_probe_cross_arrived{to="a",at="b"} 0)",
        R"(mqfail_probe_cross_duration_seconds{to="b",at="a"} 0.001)",
        R"(mqfail_probe_receive_maximum{server="a"} 65535)",
        "mqfail_probe_last_run_timestamp_seconds 1800000000"})
    BOOST_TEST(has(text, std::string("\n") + line + "\n"), line << "\n" << text);
}

BOOST_AUTO_TEST_CASE(a_refused_connack_has_its_code) {
  const Reason reason{Cause::connack, Phase::connack, 0x87, true, {}};
  BOOST_TEST(has(render_prometheus(outcome({down("a", reason)})),
                 "mqfail_probe_connack_code{server=\"a\"} 135\n"));
}

BOOST_AUTO_TEST_CASE(hostile_names_and_doubles_are_labels_like_others) {
  const std::string text =
      render_prometheus(outcome({up(kHostile), up("same"), up("same"), up("back\\slash")}));
  BOOST_TEST(flaw_of(text) == "", text);
  BOOST_TEST(has(text, R"(server="same#2")"), text);
  BOOST_TEST(has(text, R"(server="back\\slash")"), text);
}

BOOST_AUTO_TEST_CASE(unknown_has_the_verdict_alone) {
  const std::string text = render_unknown(ProbeFormat::prometheus, kHostile, {});
  BOOST_TEST(flaw_of(text) == "", text);
  BOOST_TEST(has(text, "\nmqfail_probe_success 0\n"), text);
}
