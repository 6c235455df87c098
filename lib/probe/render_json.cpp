// SPDX-License-Identifier: Apache-2.0
// --format json. The keys are documented in mqfail-probe(1); they are only ever added.
#include "base/text.hpp"
#include "policy/protocol_name.hpp"
#include "probe/render.hpp"
#include "probe/render_parts.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

const char* truth(bool value) {
  return value ? "true" : "false";
}

std::string text_member(const char* key, std::string_view value) {
  return std::string(",\"") + key + "\":" + json_string(value.substr(0, 4 * kShownBytes));
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

std::string tls_members(const ServerReport& report) {
  const TlsPeer& peer = report.facts.peer;
  if (peer.version.empty()) return {};
  std::string out = text_member("tls", peer.version) + text_member("not_after", peer.not_after) +
                    text_member("tls_cipher", peer.cipher);
  if (peer.not_after.empty()) return out;
  out += text_member("cert_subject", peer.subject) + text_member("cert_issuer", peer.issuer);
  if (report.certificate_days) out += ",\"cert_days\":" + std::to_string(*report.certificate_days);
  return out;
}

std::string reason_members(const ServerReport& report) {
  const Reason& reason = *report.reason;
  std::string out = text_member("phase", key(report.phase));
  if (reason.code != 0) out += ",\"code\":" + std::to_string(reason.code);
  out += text_member("reason", describe(reason));
  if (!reason.text.empty())
    out += ",\"text\":" + json_string(std::string_view(reason.text).substr(0, kShownBytes));
  if (!reason.reference.empty()) out += text_member("server_reference", reason.reference);
  return out;
}

std::string features_json(const ServerReport& report) {
  if (!report.facts.connack) return {};
  const ServerFeatures& has = report.facts.features;
  std::string out = std::string(",\"features\":{\"session_present\":") + truth(has.session_present);
  if (report.facts.protocol == Protocol::mqtt5) {
    out += ",\"receive_maximum\":" + std::to_string(has.receive_maximum) +
           ",\"maximum_qos\":" + std::to_string(has.maximum_qos) +
           ",\"retain_available\":" + truth(has.retain) + ",\"maximum_packet_size\":" +
           (has.maximum_packet_size == 0 ? "null" : std::to_string(has.maximum_packet_size)) +
           ",\"topic_alias_maximum\":" + std::to_string(has.topic_alias_maximum) +
           ",\"wildcard_available\":" + truth(has.wildcards) +
           ",\"subscription_identifier_available\":" + truth(has.subscription_ids) +
           ",\"shared_available\":" + truth(has.shared);
    if (has.keepalive) out += ",\"server_keep_alive\":" + std::to_string(*has.keepalive);
    if (has.session_expiry)
      out += ",\"session_expiry_interval\":" + std::to_string(*has.session_expiry);
    if (!has.assigned_client_id.empty())
      out += text_member("assigned_client_id", has.assigned_client_id);
    if (!has.server_reference.empty()) out += text_member("server_reference", has.server_reference);
    if (!has.reason.empty()) out += text_member("reason_string", has.reason);
  }
  return out + "}";
}

std::string cross_json(const Outcome& outcome) {
  std::string out;
  const CrossMatrix& cross = outcome.cross;
  for (std::size_t from = 0; from < cross.size(); ++from) {
    for (std::size_t to = 0; to < cross.size(); ++to) {
      const CrossMatrix::Cell& cell = cross.at(from, to);
      if (cell.outcome == CrossMatrix::Outcome::not_tried) continue;
      const bool arrived = cell.outcome == CrossMatrix::Outcome::arrived;
      out += out.empty() ? "" : ",";
      out += "{\"to\":" + json_string(outcome.servers[from].server.id) +
             ",\"at\":" + json_string(outcome.servers[to].server.id) +
             ",\"arrived\":" + truth(arrived);
      if (arrived) out += ",\"ms\":" + in_ms(cell.time);
      out += "}";
    }
  }
  return ",\"cross\":[" + out + "]";
}

}  // namespace

std::string json_members(const ServerReport& report) {
  std::string out = "\"server\":" + json_string(report.server.id) +
                    ",\"uri\":" + json_string(redacted_uri(report.server)) +
                    ",\"up\":" + truth(report.up);
  for (const auto& [phase, time] : phases(report))
    out += ",\"" + std::string(key(phase)) + "_ms\":" + in_ms(time);
  if (report.asked_to_the_end) out += ",\"total_ms\":" + in_ms(report.total);
  if (!report.asked_to_the_end) out += ",\"not_waited_for\":true";
  if (report.facts.connack) {
    out += text_member("protocol", name(report.facts.protocol)) +
           text_member("addr", report.facts.address);
  }
  out += tls_members(report);
  if (report.state) out += state_json(report);
  if (report.reason) out += reason_members(report);
  return out;
}

std::string render_json(const Outcome& outcome) {
  const ProbeVerdict verdict = outcome.judgement.verdict;
  std::string out = "{\"v\":1,\"status\":" + json_string(word(verdict)) +
                    ",\"exit\":" + std::to_string(exit_status(verdict, outcome.limits)) +
                    ",\"up\":" + std::to_string(count_up(outcome.servers)) +
                    ",\"servers_total\":" + std::to_string(outcome.servers.size());
  if (!outcome.servers.empty())
    out += ",\"preferred\":" + json_string(outcome.servers.front().server.id);
  out += ",\"servers\":[";
  for (const ServerReport& report : outcome.servers) {
    out += &report == &outcome.servers.front() ? "{" : ",{";
    out += json_members(report) + (outcome.features ? features_json(report) : "") + "}";
  }
  out += "]";
  if (!outcome.cross.empty()) out += cross_json(outcome);
  out += ",\"remarks\":[";
  for (const std::string& remark : outcome.judgement.remarks)
    out += (&remark == &outcome.judgement.remarks.front() ? "" : ",") + json_string(remark);
  return out + "],\"summary\":" + json_string(summary(outcome)) + "}\n";
}

std::string json_unknown(const std::string& why) {
  return "{\"v\":1,\"status\":\"UNKNOWN\",\"exit\":3,\"reason\":" + json_string(why) +
         ",\"servers\":[]}\n";
}

}  // namespace mqfail
