// SPDX-License-Identifier: Apache-2.0
// --format nagios: what the Monitoring Plugins print (guidelines, "Plugin Output for Nagios" and
// "Performance data"). The first line has the verdict and as much performance data as fits; lines
// for each server follow, and behind their `|` is the rest of the data.
#include "base/text.hpp"
#include "probe/render.hpp"
#include "probe/render_parts.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kFirstLine = 1000;  // bytes; old monitors cut at 1,024

// A `|` would begin performance data.
std::string without_bars(std::string text) {
  for (char& c : text) {
    if (c == '|') c = '/';
  }
  return text;
}

// What may stand between the quotes of a label: no quote, no equals sign, nothing that is not
// printable ASCII.
std::string clean(const Server& server) {
  std::string out;
  for (const char c : server.id.substr(0, 64)) {
    const bool good = c > ' ' && c < 0x7F && c != '\'' && c != '=' && c != '|' && c != '"';
    out += good ? c : '_';
  }
  return out;
}

std::string bounds(const std::optional<Range>& warn, const std::optional<Range>& crit) {
  return ";" + (warn ? warn->text : "") + ";" + (crit ? crit->text : "");
}

std::string minimum(std::optional<std::uint32_t> days) {
  return days ? std::to_string(*days) + ":" : std::string();
}

// The data of one server, which has the label; each item behind a space.
class PerformanceData {
 public:
  PerformanceData(const Outcome& outcome, std::string label)
      : limits_(outcome.limits), label_(std::move(label)) {}

  std::vector<std::string> of(const ServerReport& report) {
    if (report.up) {
      put_time("total", Metric::total, report.total);
      if (const auto time = connect_time(report)) put_time("connect", Metric::connect, *time);
      if (const auto time = round_trip_time(report)) put_time("rtt", Metric::rtt, *time);
      for (const auto& [phase, time] : phases(report)) {
        const auto metric =
            static_cast<Metric>(static_cast<int>(Metric::dns) + static_cast<int>(phase));
        put_time(std::string(key(phase)), metric, time);
      }
    }
    if (report.certificate_days) {
      const bool chosen = limits_.metric == Metric::certificate_days;
      const std::string wanted =
          chosen && (limits_.warn || limits_.crit)
              ? bounds(limits_.warn, limits_.crit)
              : ";" + minimum(limits_.cert_warn) + ";" + minimum(limits_.cert_crit);
      put("cert_days", std::to_string(*report.certificate_days), wanted);
    }
    return std::move(items_);
  }

 private:
  void put_time(const std::string& what, Metric metric, Duration time) {
    const bool chosen = limits_.metric == metric && (limits_.warn || limits_.crit);
    put(what, in_seconds(time) + "s",
        (chosen ? bounds(limits_.warn, limits_.crit) : std::string(";;")) + ";0");
  }
  void put(const std::string& what, const std::string& value, std::string rest) {
    while (rest.ends_with(';')) rest.pop_back();
    items_.push_back("'" + label_ + "_" + what + "'=" + value + rest);
  }

  const Limits& limits_;
  const std::string label_;
  std::vector<std::string> items_;
};

std::string count_of_servers(const Outcome& outcome) {
  const Limits& limits = outcome.limits;
  const bool chosen = limits.metric == Metric::up && (limits.warn || limits.crit);
  const std::string wanted =
      chosen ? bounds(limits.warn, limits.crit) : ";" + minimum(limits.min_up) + ";1:";
  return "up=" + std::to_string(count_up(outcome.servers)) + wanted + ";0;" +
         std::to_string(outcome.servers.size());
}

std::string long_output(const Outcome& outcome) {
  std::string text;
  for (std::string line = render_text(outcome, false); !line.empty();) {
    const std::size_t end = line.find('\n');
    const std::string one = line.substr(0, end + 1);
    line.erase(0, end + 1);
    if (!line.empty()) text += without_bars(one);  // the last one is the verdict, told already
  }
  return text;
}

}  // namespace

std::string render_nagios(const Outcome& outcome) {
  std::string first = "MQFAIL " + std::string(word(outcome.judgement.verdict)) + " - " +
                      without_bars(summary(outcome));
  if (first.size() > kFirstLine - 100) first = printable(first, kFirstLine - 104);
  first += " | " + count_of_servers(outcome);
  std::string more;
  const std::vector<std::string> names = labels(outcome.servers, clean);
  for (std::size_t i = 0; i < outcome.servers.size(); ++i) {
    for (const std::string& item : PerformanceData(outcome, names[i]).of(outcome.servers[i])) {
      const bool fits = more.empty() && first.size() + 1 + item.size() < kFirstLine;
      (fits ? first : more) += (fits ? " " : "\n") + item;
    }
  }
  std::string text = long_output(outcome);
  if (!more.empty()) {
    if (!text.empty()) text.pop_back();
    text += " |" + more + "\n";
  }
  return first + "\n" + text;
}

std::string nagios_unknown(const std::string& why) {
  return "MQFAIL UNKNOWN - " + without_bars(printable(why.substr(0, why.find('\n')), 900)) + "\n";
}

}  // namespace mqfail
