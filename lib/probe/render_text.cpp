// SPDX-License-Identifier: Apache-2.0
// --format text.
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "policy/protocol_name.hpp"
#include "probe/render.hpp"
#include "probe/render_parts.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kYellow = "33";
constexpr const char* kRed = "31";

std::string painted(const std::string& text, const char* how, bool colour) {
  return colour ? std::string("\x1b[") + how + "m" + text + "\x1b[0m" : text;
}

const char* colour_of(ProbeVerdict verdict) {
  return verdict == ProbeVerdict::ok ? kGreen : verdict == ProbeVerdict::warning ? kYellow : kRed;
}

std::string state_text(const ServerReport& report) {
  std::string out = ", host " + std::string(word(report.state->says));
  if (!report.state->time) return out;
  std::array<char, 32> age{};
  std::snprintf(age.data(), age.size(), "%.1f",
                static_cast<double>(report.state_age.count()) / 1e6);
  return out + " since " + std::to_string(*report.state->time) + " (" + age.data() + "s)";
}

// "(v5, TLSv1.3, certificate for 41 days)"
std::string connection_text(const ServerReport& report) {
  std::string out = " (v" + std::string(name(report.facts.protocol));
  if (!report.facts.peer.version.empty()) out += ", " + report.facts.peer.version;
  if (report.certificate_days)
    out += ", certificate for " + std::to_string(*report.certificate_days) + " days";
  return out + ")";
}

// "up    a=mqtt://a:1883 dns 0.1ms, ... (v5)"
std::string server_line(const ServerReport& report, bool colour) {
  const bool waited = report.asked_to_the_end;
  std::string out = report.up ? painted("up", kGreen, colour) + "    "
                    : waited  ? painted("down", kRed, colour) + "  "
                              : painted("-", kYellow, colour) + "     ";
  out += printable(report.server.id) + "=" + printable(redacted_uri(report.server));
  if (!report.up) out += ": " + why(report);
  std::string_view separator = " ";
  if (report.up) {
    for (const auto& [phase, time] : phases(report)) {
      out += std::string(separator) + std::string(name(phase)) + " " + in_ms(time) + "ms";
      separator = ", ";
    }
  }
  if (waited) out += std::string(separator) + "total " + in_ms(report.total) + "ms";
  if (report.up) out += connection_text(report);
  if (report.state) out += state_text(report);
  return out + "\n";
}

std::string features_line(const ServerReport& report) {
  std::string out;
  for (const auto& [name, value] : features_in_words(report))
    out += (out.empty() ? "      " : ", ") + name + " " + printable(value);
  return out.empty() ? out : out + "\n";
}

// A row for the server that a message was published to, a column for the one that it came from.
std::string matrix(const Outcome& outcome, bool colour) {
  constexpr std::size_t kMost = 20, kWidest = 24;
  const CrossMatrix& cross = outcome.cross;
  if (cross.empty()) return {};
  if (cross.size() > kMost)
    return "cross " + std::to_string(cross.tried() - cross.missing().size()) + " of " +
           std::to_string(cross.tried()) + " pairs\n";
  std::vector<std::string> ids;
  std::size_t widest = 8;
  for (const ServerReport& report : outcome.servers) {
    ids.push_back(printable(report.server.id, kWidest));
    widest = std::max(widest, characters(ids.back()));
  }
  std::string out = padded("cross, ms", widest + 6);
  for (const std::string& id : ids) out += padded("at " + id, widest + 4);
  out.erase(out.find_last_not_of(' ') + 1);
  out += "\n";
  for (std::size_t from = 0; from < cross.size(); ++from) {
    out += padded("to " + ids[from], widest + 6);
    for (std::size_t to = 0; to < cross.size(); ++to) {
      const CrossMatrix::Cell& cell = cross.at(from, to);
      const bool lost = cell.outcome == CrossMatrix::Outcome::missing;
      const std::string text = cell.outcome == CrossMatrix::Outcome::arrived ? in_ms(cell.time)
                               : lost                                        ? "missing"
                                                                             : "-";
      const bool last = to + 1 == cross.size();
      const std::string cut = last ? text : padded(text, widest + 4);
      out += lost ? painted(cut, kRed, colour) : cut;
    }
    out += "\n";
  }
  return out;
}

}  // namespace

std::string verdict_line(const Outcome& outcome, bool colour) {
  const ProbeVerdict verdict = outcome.judgement.verdict;
  return painted(std::string(word(verdict)), colour_of(verdict), colour) + " - " +
         summary(outcome) + "\n";
}

std::string render_text(const Outcome& outcome, bool colour) {
  std::string out;
  for (const ServerReport& report : outcome.servers) {
    out += server_line(report, colour);
    if (outcome.features) out += features_line(report);
  }
  return out + matrix(outcome, colour) + verdict_line(outcome, colour);
}

std::string render_change(const ServerReport& report, const std::string& time, bool json,
                          bool colour) {
  if (!json) return time + " " + server_line(report, colour);
  return "{\"v\":1,\"ts\":" + json_string(time) + "," + json_members(report) + "}\n";
}

}  // namespace mqfail
