// SPDX-License-Identifier: Apache-2.0
// --format html: a page that needs nothing else and has no script. Widths are attributes of SVG, so
// that no style stands in an attribute. Rule: every text goes through html().
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "policy/protocol_name.hpp"
#include "probe/page_style.hpp"
#include "probe/render.hpp"
#include "probe/render_parts.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

std::string html(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 4 * kShownBytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string coordinate(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2f", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

// For people: "0.42 ms", "12.3 ms", "1.20 s".
std::string shown(Duration time) {
  const double ms = static_cast<double>(time.count()) / 1000.0;
  std::array<char, 32> text{};
  const int size = ms < 10     ? std::snprintf(text.data(), text.size(), "%.2f ms", ms)
                   : ms < 1000 ? std::snprintf(text.data(), text.size(), "%.1f ms", ms)
                               : std::snprintf(text.data(), text.size(), "%.2f s", ms / 1000);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string head(double refresh_seconds, ProbeVerdict verdict) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '" +
      std::string(kPageStyleDigest) + "'; base-uri 'none'; form-action 'none'\">\n";
  if (refresh_seconds > 0) {
    const auto seconds = std::max(1L, static_cast<long>(refresh_seconds));
    out += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(seconds) + "\">\n";
  }
  return out + "<title>" + std::string(word(verdict)) + " - MQTT servers</title>\n<style>" +
         kPageStyle + "</style>\n</head>\n<body>\n<main>\n";
}

std::string title(std::chrono::system_clock::time_point at) {
  return "<header><h1>MQTT servers</h1><time>" + moment(at) + "</time></header>\n";
}

std::string banner(ProbeVerdict verdict, const std::string& text,
                   const std::vector<std::string>& remarks = {}) {
  std::string list;
  for (const std::string& remark : remarks) list += "<li>" + html(remark) + "</li>";
  return "<section class=\"verdict s" + std::to_string(static_cast<int>(verdict)) + "\"><b>" +
         std::string(word(verdict)) + "</b><p>" + html(text) + "</p>" +
         (list.empty() ? "" : "<ul>" + list + "</ul>") + "</section>\n";
}

constexpr const char* kFoot = "<footer>mqfail-probe</footer>\n</main>\n</body>\n</html>\n";

class Page {
 public:
  explicit Page(const Outcome& outcome) : outcome_(outcome) {
    for (const ServerReport& report : outcome.servers) {
      Duration sum{};
      for (const auto& [phase, time] : phases(report)) {
        sum += part_of(report, phase, time);
        used_[static_cast<std::size_t>(phase)] = true;
      }
      longest_ = std::max(longest_, sum);
    }
  }

  std::string whole() {
    const ProbeVerdict verdict = outcome_.judgement.verdict;
    std::string out = head(outcome_.every_seconds, verdict) + title(outcome_.at) +
                      banner(verdict, summary_of_servers(outcome_), outcome_.judgement.remarks);
    out += "<h2>Servers</h2>\n" + legend() + "<ul class=\"servers\">\n";
    for (std::size_t i = 0; i < outcome_.servers.size(); ++i) out += server(i);
    return out + "</ul>\n" + matrix() + kFoot;
  }

 private:
  std::string legend() const {
    std::string out;
    for (std::size_t i = 0; i < kProbePhases; ++i) {
      if (!used_[i]) continue;
      const auto phase = static_cast<ProbePhase>(i);
      out +=
          "<li><svg viewBox=\"0 0 8 8\" aria-hidden=\"true\"><rect width=\"8\" height=\"8\" "
          "rx=\"2\" class=\"" +
          std::string(key(phase)) + "\"/></svg>" + std::string(name(phase)) + "</li>";
    }
    return out.empty() ? out : "<ul class=\"legend\">" + out + "</ul>\n";
  }

  std::string server(std::size_t place) const {
    const ServerReport& report = outcome_.servers[place];
    const char* const state = report.up ? "up" : report.asked_to_the_end ? "down" : "left";
    std::string out = std::string("<li class=\"server ") + state + "\"><div class=\"who\"><span " +
                      "class=\"mark\">" +
                      (report.up                 ? "UP"
                       : report.asked_to_the_end ? "DOWN"
                                                 : "-") +
                      "</span><b>" + html(report.server.id) + "</b>";
    if (place == 0) out += "<span class=\"tag\">preferred</span>";
    out += "<div class=\"dim\">" + html(redacted_uri(report.server)) + "</div>" +
           connection(report) + "</div><div class=\"bars\">";
    if (!report.up) out += "<p class=\"why\">" + html(why(report)) + "</p>";
    out += bar(report) + history(place) + "</div><div class=\"total\">";
    if (report.asked_to_the_end) out += shown(report.total);
    return out + "</div>" + details(report) + "</li>\n";
  }

  static std::string connection(const ServerReport& report) {
    if (!report.facts.connack) return {};
    std::string out = "MQTT " + std::string(name(report.facts.protocol));
    if (!report.facts.peer.version.empty()) out += ", " + html(report.facts.peer.version);
    if (report.certificate_days)
      out += ", certificate for " + std::to_string(*report.certificate_days) + " days";
    if (report.state) out += ", host " + std::string(word(report.state->says));
    return "<div class=\"dim\">" + out + "</div>";
  }

  // What a phase adds to the bar: PUBACK and the message come from the same PUBLISH.
  static Duration part_of(const ServerReport& report, ProbePhase phase, Duration time) {
    if (phase != ProbePhase::round_trip) return time;
    return std::max(Duration::zero(), time - report.time(ProbePhase::puback).value_or(Duration{}));
  }

  std::string bar(const ServerReport& report) const {
    const auto all = phases(report);
    if (all.empty()) return {};
    std::string rects, numbers;
    double x = 0;
    for (const auto& [phase, time] : all) {
      const Duration its = part_of(report, phase, time);
      const double width = longest_ > Duration::zero() ? 1000.0 * static_cast<double>(its.count()) /
                                                             static_cast<double>(longest_.count())
                                                       : 0;
      rects += "<rect x=\"" + coordinate(x) + "\" width=\"" + coordinate(width) +
               "\" height=\"10\" class=\"" + std::string(key(phase)) + "\"><title>" +
               std::string(name(phase)) + " " + shown(time) + "</title></rect>";
      numbers += "<span>" + std::string(name(phase)) + " " + shown(time) + "</span> ";
      x += width;
    }
    return "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" "
           "aria-label=\"phases\"><rect width=\"1000\" height=\"10\" class=\"track\"/>" +
           rects + "</svg><p class=\"phases\">" + numbers + "</p>";
  }

  // A line for the total time of each round; a red mark where the server was down.
  std::string history(std::size_t place) const {
    const auto times = outcome_.history.of(place);
    if (times.size() < 2) return {};
    Duration most{1};
    for (const auto& time : times) most = std::max(most, time.value_or(Duration{}));
    std::string path, marks;
    bool drawing = false;
    const double step = 1000.0 / static_cast<double>(times.size() - 1);
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double x = static_cast<double>(i) * step;
      if (!times[i]) {
        const double from = std::max(0.0, x - step / 2), to = std::min(1000.0, x + step / 2);
        marks += "<rect x=\"" + coordinate(from) + "\" width=\"" + coordinate(to - from) +
                 "\" height=\"40\"/>";
        drawing = false;
        continue;
      }
      const double y =
          38.0 - 36.0 * static_cast<double>(times[i]->count()) / static_cast<double>(most.count());
      // A round that is up between two that are not is a short line.
      const bool alone = !drawing && (i + 1 == times.size() || !times[i + 1]);
      path += (drawing ? "L" : "M") + coordinate(alone ? std::min(x, 996.0) : x) + " " +
              coordinate(y) + (alone ? "h4" : "");
      drawing = true;
    }
    const std::string label =
        "the last " + std::to_string(times.size()) + " rounds, at most " + shown(most);
    return "<svg class=\"history\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" "
           "role=\"img\" aria-label=\"" +
           label + "\"><title>" + label + "</title>" + marks + "<path d=\"" + path + "\"/></svg>";
  }

  std::string details(const ServerReport& report) const {
    if (!outcome_.features) return {};
    std::string out;
    for (const auto& [name, value] : features_in_words(report))
      out += "<div><dt>" + html(name) + "</dt><dd>" + html(value) + "</dd></div>";
    if (out.empty()) return out;
    return "<details open><summary>what the server says of itself</summary><dl>" + out +
           "</dl></details>";
  }

  std::string matrix() const {
    const CrossMatrix& cross = outcome_.cross;
    if (cross.empty()) return {};
    std::string out =
        "<h2>Delivery between the servers</h2>\n<div class=\"scroll\"><table><tr><th>published to "
        "↓ arrives at →</th>";
    for (const ServerReport& report : outcome_.servers)
      out += "<th>" + html(report.server.id) + "</th>";
    out += "</tr>\n";
    for (std::size_t from = 0; from < cross.size(); ++from) {
      out += "<tr><th>" + html(outcome_.servers[from].server.id) + "</th>";
      for (std::size_t to = 0; to < cross.size(); ++to) out += cell(cross.at(from, to));
      out += "</tr>\n";
    }
    return out + "</table></div>\n";
  }

  static std::string cell(const CrossMatrix::Cell& cell) {
    switch (cell.outcome) {
      case CrossMatrix::Outcome::arrived:
        return "<td class=\"yes\">" + shown(cell.time) + "</td>";
      case CrossMatrix::Outcome::missing:
        return "<td class=\"no\">missing</td>";
      case CrossMatrix::Outcome::not_tried:
        break;
    }
    return "<td class=\"dim\">-</td>";
  }

  const Outcome& outcome_;
  Duration longest_{};
  std::array<bool, kProbePhases> used_{};
};

}  // namespace

std::string render_html(const Outcome& outcome) {
  return Page(outcome).whole();
}

std::string html_unknown(const std::string& why, std::chrono::system_clock::time_point at) {
  return head(0, ProbeVerdict::unknown) + title(at) +
         banner(ProbeVerdict::unknown, why.substr(0, why.find('\n'))) + kFoot;
}

}  // namespace mqfail
