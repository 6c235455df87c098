// SPDX-License-Identifier: Apache-2.0
#include "probe/wording.hpp"

#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {

std::string fixed(const char* format, double value) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string in_brackets(ProbePhase phase) {
  return " (" + std::string(name(phase)) + ")";
}

std::string behind(const std::string& separator, const std::string& text) {
  return text.empty() ? std::string() : separator + printable(text);
}

// A server that keeps silent in this phase.
std::string silence(ProbePhase phase) {
  switch (phase) {
    case ProbePhase::suback:
      return "does not answer a SUBSCRIBE" + in_brackets(phase);
    case ProbePhase::ping:
      return "accepts the connection and does not answer a ping";
    case ProbePhase::puback:
      return "does not acknowledge a message" + in_brackets(phase);
    case ProbePhase::round_trip:
      return "answers and does not deliver a message" + in_brackets(phase);
    default:
      return "does not answer" + in_brackets(phase);
  }
}

std::string refusal(const Reason& reason) {
  if (verdict(reason, true, false) == Verdict::auth)
    return "refuses the credentials: " + describe(reason);
  std::string out = "refuses us: " + describe(reason);
  if (!reason.reference.empty()) out += ", it names " + printable(reason.reference);
  return out;
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

}  // namespace

std::string in_ms(Duration duration) {
  return fixed("%.3f", static_cast<double>(duration.count()) / 1000.0);
}

std::string in_seconds(Duration duration) {
  std::string out = fixed("%.6f", static_cast<double>(duration.count()) / 1e6);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string why(const ServerReport& report) {
  if (!report.reason) return report.asked_to_the_end ? "does not answer" : "not waited for";
  return describe(*report.reason) + in_brackets(report.phase) + behind(": ", report.reason->text);
}

std::string complaint(const ServerReport& report) {
  if (!report.reason) return report.asked_to_the_end ? "does not answer" : "was not waited for";
  const Reason& reason = *report.reason;
  switch (reason.cause) {
    case Cause::dns:
      return "has a name that is not resolved";
    case Cause::refused:
      return describe(reason) == "connection refused" ? "refuses the connection"
                                                      : "cannot be reached: " + describe(reason);
    case Cause::reset:
    case Cause::closed:
      return "closes the connection" + in_brackets(report.phase) + behind(": ", reason.text);
    case Cause::timeout:
    case Cause::keepalive:
      return silence(report.phase);
    case Cause::tls:
      return "fails in TLS" + behind(": ", reason.text);
    case Cause::ws:
      return "speaks no WebSocket: " + describe(reason);
    case Cause::connack:
      return refusal(reason);
    case Cause::suback:
      return "refuses the topic: " + mqtt5_reason(reason.code);
    case Cause::ack_refused:
      return "refuses the message: " + mqtt5_reason(reason.code);
    case Cause::disconnect:
      return "disconnects us: " + mqtt5_reason(reason.code);
    case Cause::primary_host:
      return reason.code > 0 ? "has no STATE of the primary host"
                             : "is without the primary host" + behind(": ", reason.text);
    case Cause::local:
      return "could not be tried: " + describe(reason);
    default:
      return "does not serve us: " + describe(reason);
  }
}

std::string summary_of_servers(const Outcome& outcome) {
  constexpr std::size_t kMost = 3;
  const ServerReports& reports = outcome.servers;
  std::string out =
      std::to_string(count_up(reports)) + "/" + std::to_string(reports.size()) + " up";
  std::size_t down = 0, left_out = 0;
  for (const ServerReport& report : reports) {
    const bool preferred = &report == &reports.front();
    if (!report.asked_to_the_end) {
      ++left_out;
      continue;
    }
    if (report.up && !preferred && !outcome.limits.first) continue;
    if (!report.up && ++down > kMost) continue;
    out += preferred ? ", the preferred " : "; ";
    out += printable(report.server.id) + " " + (report.up ? "answers" : complaint(report));
  }
  if (down > kMost) out += "; " + std::to_string(down - kMost) + " more are down";
  if (left_out != 0) out += "; " + std::to_string(left_out) + " not waited for";
  return out;
}

std::string summary(const Outcome& outcome) {
  std::string out = summary_of_servers(outcome);
  for (const std::string& remark : outcome.judgement.remarks) out += "; " + remark;
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

std::vector<std::pair<std::string, std::string>> features_in_words(const ServerReport& report) {
  std::vector<std::pair<std::string, std::string>> all;
  if (!report.facts.connack) return all;
  const ServerFeatures& has = report.facts.features;
  all.emplace_back("protocol", name(report.facts.protocol));
  all.emplace_back("session present", yes_or_no(has.session_present));
  if (report.facts.protocol == Protocol::mqtt5) {
    all.emplace_back("receive maximum", std::to_string(has.receive_maximum));
    all.emplace_back("maximum QoS", std::to_string(has.maximum_qos));
    all.emplace_back("retain", yes_or_no(has.retain));
    all.emplace_back("maximum packet size", has.maximum_packet_size == 0
                                                ? "no limit"
                                                : std::to_string(has.maximum_packet_size));
    all.emplace_back("topic alias maximum", std::to_string(has.topic_alias_maximum));
    all.emplace_back("wildcards", yes_or_no(has.wildcards));
    all.emplace_back("subscription identifiers", yes_or_no(has.subscription_ids));
    all.emplace_back("shared subscriptions", yes_or_no(has.shared));
    if (has.keepalive) all.emplace_back("server keepalive", std::to_string(*has.keepalive) + " s");
    if (has.session_expiry)
      all.emplace_back("session expiry", std::to_string(*has.session_expiry) + " s");
    if (!has.assigned_client_id.empty())
      all.emplace_back("assigned client id", has.assigned_client_id);
    if (!has.server_reference.empty()) all.emplace_back("server reference", has.server_reference);
    if (!has.reason.empty()) all.emplace_back("reason string", has.reason);
  }
  const TlsPeer& peer = report.facts.peer;
  if (peer.version.empty()) return all;
  all.emplace_back("TLS", peer.version + ", " + peer.cipher);
  if (peer.subject.empty() && peer.not_after.empty()) return all;
  all.emplace_back("certificate subject", peer.subject);
  all.emplace_back("certificate issuer", peer.issuer);
  all.emplace_back("certificate not after", peer.not_after);
  if (report.certificate_days)
    all.emplace_back("certificate days left", std::to_string(*report.certificate_days));
  return all;
}

}  // namespace mqfail
