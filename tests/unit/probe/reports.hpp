// SPDX-License-Identifier: Apache-2.0
// Reports and outcomes for the tests of verdict and formats.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

#include "probe/outcome.hpp"

namespace mqfail {

using namespace std::chrono_literals;

inline void set_time(ServerReport& report, ProbePhase phase, Duration time) {
  report.times[static_cast<std::size_t>(phase)] = time;
}

/// A server that answers in 10 ms.
inline ServerReport up(const std::string& id) {
  ServerReport report{.server = {.id = id, .host = "a.example", .port = 1883}, .up = true};
  report.facts.protocol = Protocol::mqtt5;
  report.facts.address = "192.0.2.1:1883";
  report.facts.connack = 3ms;
  set_time(report, ProbePhase::dns, 1ms);
  set_time(report, ProbePhase::tcp, 2500us);
  set_time(report, ProbePhase::connack, 3ms);
  set_time(report, ProbePhase::ping, 4ms);
  report.total = 10ms;
  return report;
}

/// The same over TLS.
inline ServerReport up_in_tls(const std::string& id) {
  ServerReport report = up(id);
  report.server.scheme = Scheme::tls;
  set_time(report, ProbePhase::tls, 7ms);
  report.facts.peer = {.version = "TLSv1.3",
                       .cipher = "TLS_AES_256_GCM_SHA384",
                       .subject = "CN=a.example",
                       .issuer = "CN=The authority",
                       .not_after = "2030-01-01T00:00:00Z",
                       .expires = 1893456000};
  report.certificate_days = 41;
  return report;
}

inline ServerReport down(const std::string& id, Reason reason,
                         ProbePhase phase = ProbePhase::connack) {
  ServerReport report{.server = {.id = id, .host = "b.example", .port = 1883}};
  report.reason = std::move(reason);
  report.phase = phase;
  report.total = 5ms;
  return report;
}

inline ServerReport down(const std::string& id) {
  return down(id, {Cause::refused, Phase::tcp, ECONNREFUSED, false, {}}, ProbePhase::tcp);
}

/// All pairs arrived in a millisecond, but for those that are named.
inline CrossMatrix cross(std::size_t servers,
                         const std::vector<std::pair<std::size_t, std::size_t>>& missing) {
  CrossMatrix matrix(servers);
  for (std::size_t from = 0; from < servers; ++from) {
    for (std::size_t to = 0; to < servers; ++to)
      matrix.at(from, to) = {CrossMatrix::Outcome::arrived, 1ms};
  }
  for (const auto& [from, to] : missing) matrix.at(from, to) = {CrossMatrix::Outcome::missing, {}};
  return matrix;
}

inline Outcome outcome(ServerReports reports, const Limits& limits = {}, CrossMatrix matrix = {}) {
  Outcome made = outcome_of(std::move(reports), std::move(matrix), limits);
  made.at = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  return made;
}

/// What a hostile server may say or a hostile list may name: it ends lines, fields, quotes and
/// tags, and colours a terminal.
inline const std::string kHostile = "\x1b[31mOK|x=1\n'\"\\<script>alert(1)</script>&=\xff";

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace mqfail
