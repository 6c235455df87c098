// SPDX-License-Identifier: Apache-2.0
#include "probe/render.hpp"

#include <array>
#include <ctime>
#include <set>

#include "base/text.hpp"
#include "probe/render_parts.hpp"

namespace mqfail {

std::string render(ProbeFormat format, const Outcome& outcome, bool colour) {
  switch (format) {
    case ProbeFormat::text:
      return render_text(outcome, colour);
    case ProbeFormat::nagios:
      return render_nagios(outcome);
    case ProbeFormat::json:
      return render_json(outcome);
    case ProbeFormat::prometheus:
      return render_prometheus(outcome);
    case ProbeFormat::html:
      return render_html(outcome);
  }
  return {};
}

std::string render_unknown(ProbeFormat format, const std::string& why,
                           std::chrono::system_clock::time_point at) {
  switch (format) {
    case ProbeFormat::text:
      return "UNKNOWN - " + printable(why.substr(0, why.find('\n')), 1024) + "\n";
    case ProbeFormat::nagios:
      return nagios_unknown(why);
    case ProbeFormat::json:
      return json_unknown(why);
    case ProbeFormat::prometheus:
      return prometheus_unknown(at);
    case ProbeFormat::html:
      return html_unknown(why, at);
  }
  return {};
}

std::vector<std::string> labels(const ServerReports& reports, std::string (*clean)(const Server&)) {
  std::set<std::string> used;
  std::vector<std::string> all;
  for (const ServerReport& report : reports) {
    const std::string base = clean(report.server);
    std::string label = base;
    for (int i = 2; !used.insert(label).second; ++i) label = base + "#" + std::to_string(i);
    all.push_back(label);
  }
  return all;
}

std::string moment(std::chrono::system_clock::time_point at) {
  const std::time_t time = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T UTC", &parts)};
}

}  // namespace mqfail
