// SPDX-License-Identifier: Apache-2.0
// --format prometheus: the text format, version 0.0.4, as the textfile collector of node_exporter
// reads it. HELP and TYPE stand once for each metric, before all its samples. There are no time
// stamps: the collector leaves out a file that has one.
#include "base/text.hpp"
#include "probe/render.hpp"
#include "probe/render_parts.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

// Between quotation marks: backslash, quotation mark and newline are escaped.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;  // printable() has left no newline
  }
  return out;
}

std::string clean(const Server& server) {
  return printable(server.id);
}

std::string seconds_since_1970(std::chrono::system_clock::time_point at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
  return in_seconds(std::chrono::duration_cast<Duration>(ms));
}

class Families {
 public:
  /// The samples that follow belong to this metric. One without samples is left out.
  void family(const char* name, const char* help) {
    name_ = std::string("mqfail_probe_") + name;
    head_ = "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " gauge\n";
  }
  void sample(const std::string& labels, const std::string& value) {
    out_ += std::exchange(head_, {}) + name_ + (labels.empty() ? "" : "{" + labels + "}") + " " +
            value + "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string name_, head_, out_;
};

void put_verdict(Families& out, ProbeVerdict verdict, const std::string& at) {
  out.family("success", "Whether the verdict is OK (1) or not (0).");
  out.sample("", verdict == ProbeVerdict::ok ? "1" : "0");
  out.family("verdict", "The verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.");
  out.sample("", std::to_string(static_cast<int>(verdict)));
  out.family("last_run_timestamp_seconds", "When the servers were probed.");
  out.sample("", at);
}

// Metrics that have a sample for each server.
class PerServer {
 public:
  PerServer(const Outcome& outcome, Families& out)
      : outcome_(outcome), out_(out), names_(labels(outcome.servers, clean)) {}

  template <class Value>
  void put(const char* name, const char* help, Value value) {
    out_.family(name, help);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string number = value(outcome_.servers[i]);
      if (!number.empty()) out_.sample(server(i), number);
    }
  }
  void put_up() {
    out_.family("up", "Whether the server answers (1) or not (0).");
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const ServerReport& report = outcome_.servers[i];
      if (!report.asked_to_the_end) continue;
      const std::string uri = escaped(printable(redacted_uri(report.server)));
      out_.sample(server(i) + ",uri=\"" + uri + "\"", report.up ? "1" : "0");
    }
  }
  void put_phases() {
    out_.family("phase_duration_seconds", "How long a phase took.");
    for (std::size_t i = 0; i < names_.size(); ++i) {
      for (const auto& [phase, time] : phases(outcome_.servers[i])) {
        out_.sample(server(i) + ",phase=\"" + std::string(key(phase)) + "\"", in_seconds(time));
      }
    }
  }
  void put_cross() {
    const CrossMatrix& cross = outcome_.cross;
    const auto each = [&](auto sample) {
      for (std::size_t from = 0; from < cross.size(); ++from) {
        for (std::size_t to = 0; to < cross.size(); ++to) {
          const CrossMatrix::Cell& cell = cross.at(from, to);
          if (from == to || cell.outcome == CrossMatrix::Outcome::not_tried) continue;
          sample("to=\"" + escaped(names_[from]) + "\",at=\"" + escaped(names_[to]) + "\"", cell);
        }
      }
    };
    out_.family("cross_arrived", "Whether what is published to one server arrives at the other.");
    each([&](const std::string& pair, const CrossMatrix::Cell& cell) {
      out_.sample(pair, cell.outcome == CrossMatrix::Outcome::arrived ? "1" : "0");
    });
    out_.family("cross_duration_seconds", "How long that took.");
    each([&](const std::string& pair, const CrossMatrix::Cell& cell) {
      if (cell.outcome == CrossMatrix::Outcome::arrived) out_.sample(pair, in_seconds(cell.time));
    });
  }

 private:
  std::string server(std::size_t i) const { return "server=\"" + escaped(names_[i]) + "\""; }

  const Outcome& outcome_;
  Families& out_;
  const std::vector<std::string> names_;
};

std::string connack_code(const ServerReport& report) {
  if (report.facts.connack) return "0";
  const bool refused = report.reason && report.reason->cause == Cause::connack;
  return refused ? std::to_string(report.reason->code) : std::string();
}

void put_features(PerServer& each) {
  const auto put = [&](const char* name, const char* help, auto value) {
    each.put(name, help, [&](const ServerReport& report) {
      const bool says = report.facts.connack && report.facts.protocol == Protocol::mqtt5;
      return says ? std::to_string(value(report.facts.features)) : std::string();
    });
  };
  using Has = const ServerFeatures&;
  put("receive_maximum", "Messages that the server takes at a time.",
      [](Has has) { return has.receive_maximum; });
  put("maximum_qos", "The highest quality of service.", [](Has has) { return has.maximum_qos; });
  put("retain_available", "Whether it keeps retained messages.",
      [](Has has) { return has.retain ? 1 : 0; });
  put("maximum_packet_size_bytes", "The largest packet; 0 is no limit.",
      [](Has has) { return has.maximum_packet_size; });
  put("topic_alias_maximum", "Topic aliases that it knows.",
      [](Has has) { return has.topic_alias_maximum; });
  put("wildcard_available", "Whether filters may have wildcards.",
      [](Has has) { return has.wildcards ? 1 : 0; });
  put("subscription_identifier_available", "Whether it knows subscription identifiers.",
      [](Has has) { return has.subscription_ids ? 1 : 0; });
  put("shared_available", "Whether it knows shared subscriptions.",
      [](Has has) { return has.shared ? 1 : 0; });
}

}  // namespace

std::string render_prometheus(const Outcome& outcome) {
  Families out;
  put_verdict(out, outcome.judgement.verdict, seconds_since_1970(outcome.at));
  out.family("servers", "How many servers the list has.");
  out.sample("", std::to_string(outcome.servers.size()));
  out.family("servers_up", "How many of them answer.");
  out.sample("", std::to_string(count_up(outcome.servers)));
  PerServer each(outcome, out);
  each.put_up();
  each.put("preferred", "Whether it is the preferred server (1).", [&](const ServerReport& report) {
    return std::string(&report == &outcome.servers.front() ? "1" : "0");
  });
  each.put("duration_seconds", "How long the whole probe of the server took.",
           [](const ServerReport& report) {
             return report.asked_to_the_end ? in_seconds(report.total) : std::string();
           });
  each.put_phases();
  each.put("connack_code", "The code of its CONNACK; 0 is accepted.", connack_code);
  each.put("certificate_not_after_timestamp_seconds", "When its certificate ends.",
           [](const ServerReport& report) {
             const auto& expires = report.facts.peer.expires;
             return expires ? std::to_string(*expires) : std::string();
           });
  each.put_cross();
  if (outcome.features) put_features(each);
  return out.take();
}

std::string prometheus_unknown(std::chrono::system_clock::time_point at) {
  Families out;
  put_verdict(out, ProbeVerdict::unknown, seconds_since_1970(at));
  return out.take();
}

}  // namespace mqfail
