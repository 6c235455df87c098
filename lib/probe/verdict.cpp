// SPDX-License-Identifier: Apache-2.0
#include "probe/verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace mqfail {
namespace {

std::string number(double value) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.6f", value);
  std::string out(text.data(), static_cast<std::size_t>(size));
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

// Collects what is wrong; the worst of it counts.
class Judge {
 public:
  Judge(const ServerReports& reports, const CrossMatrix& cross, const Limits& limits)
      : reports_(reports), cross_(cross), limits_(limits) {}

  Judgement judge() {
    const std::size_t up = count_up(reports_);
    if (reports_.empty()) return result_;
    if (up == 0) {
      result_.verdict = ProbeVerdict::critical;
      return result_;
    }
    result_.verdict = ProbeVerdict::ok;
    if (!reports_.front().up && !limits_.first) at_least(ProbeVerdict::warning);
    if (up < limits_.min_up.value_or(0))
      complain(ProbeVerdict::warning, std::to_string(*limits_.min_up) + " servers must answer");
    look_at_metric(up);
    for (const ServerReport& report : reports_) look_at_certificate(report);
    look_at_cross();
    return result_;
  }

 private:
  void at_least(ProbeVerdict verdict) { result_.verdict = std::max(result_.verdict, verdict); }
  void complain(ProbeVerdict verdict, std::string remark) {
    at_least(verdict);
    result_.remarks.push_back(std::move(remark));
  }

  void look_at_metric(std::size_t up) {
    if (limits_.metric == Metric::up) return hold("", static_cast<double>(up));
    for (const ServerReport& report : reports_) {
      if (const auto value = value_of(report, limits_.metric))
        hold(printable(report.server.id) + ": ", *value);
    }
  }

  void hold(const std::string& who, double value) {
    const bool critical = limits_.crit && limits_.crit->alerts(value);
    if (!critical && !(limits_.warn && limits_.warn->alerts(value))) return;
    const Range& range = critical ? *limits_.crit : *limits_.warn;
    const std::string_view its = unit(limits_.metric);
    complain(critical ? ProbeVerdict::critical : ProbeVerdict::warning,
             who + std::string(name(limits_.metric)) + " " + number(value) +
                 (its.empty() ? "" : " " + std::string(its)) + ", " + (critical ? "-c " : "-w ") +
                 printable(range.text));
  }

  void look_at_certificate(const ServerReport& report) {
    if (!report.certificate_days) return;
    const std::int64_t days = *report.certificate_days;
    const bool critical = limits_.cert_crit && days < *limits_.cert_crit;
    if (!critical && !(limits_.cert_warn && days < *limits_.cert_warn)) return;
    complain(critical ? ProbeVerdict::critical : ProbeVerdict::warning,
             printable(report.server.id) + ": its certificate " +
                 (days < 0 ? "has expired"
                           : "ends in " + std::to_string(days) + (days == 1 ? " day" : " days")) +
                 (critical ? ", --cert-crit " + std::to_string(*limits_.cert_crit)
                           : ", --cert-warn " + std::to_string(*limits_.cert_warn)));
  }

  void look_at_cross() {
    constexpr std::size_t kMost = 3;
    std::size_t told = 0, left_out = 0;
    for (const auto& [from, to] : cross_.missing()) {
      const bool both = cross_.at(to, from).outcome == CrossMatrix::Outcome::missing;
      if (both && to < from) continue;  // said of the other direction
      if (++told > kMost) {
        ++left_out;
      } else if (both) {
        complain(ProbeVerdict::warning, "nothing passes between " + id(from) + " and " + id(to));
      } else {
        complain(ProbeVerdict::warning,
                 "what is published to " + id(from) + " does not arrive through " + id(to));
      }
    }
    if (left_out != 0)
      complain(ProbeVerdict::warning,
               std::to_string(left_out) + " more pairs of servers do not pass messages on");
  }
  std::string id(std::size_t place) const { return printable(reports_[place].server.id); }

  const ServerReports& reports_;
  const CrossMatrix& cross_;
  const Limits& limits_;
  Judgement result_;
};

}  // namespace

std::string_view word(ProbeVerdict verdict) {
  static constexpr std::array<std::string_view, 4> kWords = {"OK", "WARNING", "CRITICAL",
                                                             "UNKNOWN"};
  return kWords[static_cast<std::size_t>(verdict)];
}

Judgement judge(const ServerReports& reports, const CrossMatrix& cross, const Limits& limits) {
  return Judge(reports, cross, limits).judge();
}

int exit_status(ProbeVerdict verdict, const Limits& limits) {
  const bool forgiven = verdict == ProbeVerdict::warning && limits.ok_if_any;
  return static_cast<int>(forgiven ? ProbeVerdict::ok : verdict);
}

}  // namespace mqfail
