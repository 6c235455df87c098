// SPDX-License-Identifier: Apache-2.0
#include "probe/render.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {

std::string_view word(ProbeVerdict verdict) {
  switch (verdict) {
    case ProbeVerdict::ok:
      return "OK";
    case ProbeVerdict::warning:
      return "WARNING";
    case ProbeVerdict::critical:
      return "CRITICAL";
    case ProbeVerdict::unknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::string in_ms(Duration duration) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3f",
                                 static_cast<double>(duration.count()) / 1000.0);
  return {text.data(), static_cast<std::size_t>(size)};
}

using Timings = std::vector<std::pair<std::string_view, Duration>>;

// The phases that were gone through, in their order.
Timings timings(const ServerReport& report) {
  const ConnectionFacts& facts = report.facts;
  Timings all;
  if (report.up) {
    all = {{"dns", facts.dns}, {"tcp", facts.tcp}};
    if (is_tls(report.server.scheme)) all.emplace_back("tls", facts.tls);
    if (is_web_socket(report.server.scheme)) all.emplace_back("ws", facts.ws);
    all.emplace_back("connack", facts.connack);
    all.emplace_back("ping", report.ping);
  }
  all.emplace_back("total", report.total);
  return all;
}

std::string why(const Reason& reason) {
  std::string text = describe(reason) + " (" + std::string(name(reason.phase)) + ")";
  if (!reason.text.empty()) text += ": " + printable(reason.text);
  return text;
}

// What is wrong with a server that is down, as the end of a sentence about it.
std::string complaint(const Reason& reason) {
  const std::string phase = " (" + std::string(name(reason.phase)) + ")";
  switch (reason.cause) {
    case Cause::dns:
      return "has a name that is not resolved";
    case Cause::refused:
      return describe(reason) == "connection refused" ? "refuses the connection"
                                                      : "cannot be reached: " + describe(reason);
    case Cause::reset:
    case Cause::closed:
      return "closes the connection" + phase;
    case Cause::timeout:
    case Cause::keepalive:
      return "does not answer" + phase;
    case Cause::tls:
      return "fails in TLS" + (reason.text.empty() ? "" : ": " + printable(reason.text));
    case Cause::ws:
      return "speaks no WebSocket: " + describe(reason);
    case Cause::connack:
      return (verdict(reason, true, false) == Verdict::auth ? "refuses the credentials: "
                                                            : "refuses us: ") +
             describe(reason);
    case Cause::disconnect:
      return "disconnects us: " + describe(reason);
    case Cause::primary_host:
      return reason.code > 0 ? "has no STATE of the primary host"
                             : "is without the primary host: " + printable(reason.text);
    case Cause::local:
      return "could not be tried: " + describe(reason);
    default:
      return "does not serve us: " + describe(reason);
  }
}

// "1/3 up, the preferred a refuses the credentials: ...; b does not answer (tcp)"
std::string summary(const ServerReports& reports) {
  constexpr std::size_t kMost = 3;
  std::string out =
      std::to_string(count_up(reports)) + "/" + std::to_string(reports.size()) + " up";
  std::size_t told = 0;
  for (const ServerReport& report : reports) {
    const bool preferred = &report == &reports.front();
    if (report.up && !preferred) continue;
    if (!report.up && ++told > kMost) continue;
    out += (preferred ? ", the preferred " : "; ") + printable(report.server.id) + " ";
    out += report.up ? "answers" : report.reason ? complaint(*report.reason) : "does not answer";
  }
  if (told > kMost) out += "; " + std::to_string(told - kMost) + " more are down";
  return out;
}

std::string_view word(StateMessage::Says says) {
  switch (says) {
    case StateMessage::Says::online:
      return "online";
    case StateMessage::Says::offline:
      return "offline";
    case StateMessage::Says::unknown:
      return "none";
    case StateMessage::Says::unreadable:
      return "unreadable";
  }
  return "none";
}

std::string state_json(const ServerReport& report) {
  const StateMessage& state = *report.state;
  std::string out = ",\"state\":{\"host\":" + json_string(word(state.says)) +
                    ",\"version\":" + (state.v3 ? "3" : "2");
  if (state.time) {
    out += ",\"timestamp\":" + std::to_string(*state.time) +
           ",\"age_ms\":" + std::to_string(milliseconds(report.state_age));
  }
  return out + "}";
}

std::string state_text(const ServerReport& report) {
  std::string out = ", host " + std::string(word(report.state->says));
  if (!report.state->time) return out;
  std::array<char, 32> age{};
  std::snprintf(age.data(), age.size(), "%.1f",
                static_cast<double>(report.state_age.count()) / 1e6);
  return out + " since " + std::to_string(*report.state->time) + " (" + age.data() + "s)";
}

// The keys of a server, each with its value.
std::string server_members(const ServerReport& report) {
  std::string out = "\"server\":" + json_string(report.server.id) +
                    ",\"uri\":" + json_string(redacted_uri(report.server)) +
                    ",\"up\":" + (report.up ? "true" : "false");
  for (const auto& [phase, time] : timings(report)) {
    out += ",\"" + std::string(phase) + "_ms\":" + in_ms(time);
  }
  if (report.up) {
    out += ",\"protocol\":" + json_string(name(report.facts.protocol)) +
           ",\"addr\":" + json_string(report.facts.address);
    if (!report.facts.tls_version.empty()) {
      out += ",\"tls\":" + json_string(report.facts.tls_version) +
             ",\"not_after\":" + json_string(report.facts.tls_not_after);
    }
  }
  if (report.state) out += state_json(report);
  if (report.reason) {
    out += ",\"phase\":" + json_string(name(report.reason->phase));
    if (report.reason->code != 0) out += ",\"code\":" + std::to_string(report.reason->code);
    out += ",\"reason\":" + json_string(describe(*report.reason));
    if (!report.reason->text.empty()) {
      out +=
          ",\"text\":" + json_string(std::string_view(report.reason->text).substr(0, kShownBytes));
    }
  }
  return out;
}

// "up    a=mqtt://a:1883 dns 0.1ms, ... (v5)"
std::string server_line(const ServerReport& report) {
  std::string out = report.up ? "up    " : "down  ";
  out += printable(report.server.id) + "=" + redacted_uri(report.server);
  if (report.reason) out += ": " + why(*report.reason);
  std::string_view separator = " ";
  for (const auto& [phase, time] : timings(report)) {
    out += separator;
    out += std::string(phase) + " " + in_ms(time) + "ms";
    separator = ", ";
  }
  if (report.up) {
    out += " (v" + std::string(name(report.facts.protocol));
    if (!report.facts.tls_version.empty()) out += ", " + report.facts.tls_version;
    out += ")";
  }
  if (report.state) out += state_text(report);
  return out + "\n";
}

}  // namespace

std::string render_text(const ServerReports& reports, ProbeVerdict verdict) {
  std::string out;
  for (const ServerReport& report : reports) out += server_line(report);
  out += word(verdict);
  return out + " - " + summary(reports) + "\n";
}

std::string render_json(const ServerReports& reports, ProbeVerdict verdict) {
  std::string out = "{\"v\":1,\"status\":" + json_string(word(verdict)) +
                    ",\"exit\":" + std::to_string(static_cast<int>(verdict)) +
                    ",\"up\":" + std::to_string(count_up(reports)) +
                    ",\"servers_total\":" + std::to_string(reports.size());
  if (!reports.empty()) out += ",\"preferred\":" + json_string(reports.front().server.id);
  out += ",\"servers\":[";
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (i != 0) out += ",";
    out += "{" + server_members(reports[i]) + "}";
  }
  return out + "],\"summary\":" + json_string(summary(reports)) + "}\n";
}

std::string render_change(const ServerReport& report, const std::string& time, bool json) {
  if (!json) return time + " " + server_line(report);
  return "{\"v\":1,\"ts\":" + json_string(time) + "," + server_members(report) + "}\n";
}

std::string render_unknown(const std::string& why, bool json) {
  if (json) {
    return "{\"v\":1,\"status\":\"UNKNOWN\",\"exit\":3,\"reason\":" + json_string(why) +
           ",\"servers\":[]}\n";
  }
  const std::string line = printable(why.substr(0, why.find('\n')), 1024);
  return "UNKNOWN - " + line + "\n";
}

}  // namespace mqfail
