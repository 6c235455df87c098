// SPDX-License-Identifier: Apache-2.0
#include "tool/metrics.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#include "base/text.hpp"

namespace mqfail {
namespace {

// A label value may hold any UTF-8; these three characters are escaped.
std::string label_value(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string number(double value) {
  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.6f", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

class Page {
 public:
  explicit Page(const MetricsFacts& facts)
      : labels_("tool=" + label_value(facts.tool) + ",name=" + label_value(facts.name)) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(const std::string& value, const std::string& more_labels = {}) {
    text_.append(name_).append("{").append(labels_).append(more_labels).append("} ");
    text_.append(value).append("\n");
  }
  void counter(std::string_view name, std::uint64_t value, std::string_view help) {
    family(name, "counter", help);
    sample(std::to_string(value));
  }
  void gauge(std::string_view name, std::uint64_t value, std::string_view help) {
    family(name, "gauge", help);
    sample(std::to_string(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string labels_, name_, text_;
};

void add_servers(Page& page, const MetricsFacts& facts) {
  const Standing& standing = facts.standing;
  page.gauge("mqfail_servers_in_use", standing.in_use(), "Connections that carry messages now.");
  page.family("mqfail_server_in_use", "gauge",
              "1 for a server that is in use, 0 for one that was in this run.");
  for (const Standing::Place& place : standing.places()) {
    page.sample(place.connections > 0 ? "1" : "0",
                ",server=" + label_value(place.server) + ",uri=" + label_value(place.uri));
  }
  page.counter("mqfail_connections_total", standing.connections(),
               "Connections that came into use.");
  page.counter("mqfail_failovers_total", standing.failovers(),
               "Changes to another server after a loss.");
  page.counter("mqfail_failbacks_total", standing.failbacks(),
               "Changes to another server while the old one was still good.");
  page.family("mqfail_without_server_seconds_total", "counter",
              "Time in which no server was in use.");
  page.sample(number(static_cast<double>(standing.without(facts.now).count()) / 1e6));
}

void add_received(Page& page, const MetricsFacts& facts) {
  const Counts& counts = facts.counts;
  page.counter("mqfail_gaps_total", facts.standing.gaps(),
               "Outages in which messages may have been missed.");
  page.counter("mqfail_messages_received_total", counts.received, "Messages from servers.");
  page.counter("mqfail_messages_printed_total", counts.printed,
               "Messages that went to standard output.");
  page.counter("mqfail_messages_duplicate_total", counts.duplicates,
               "Messages that came again and were not new.");
  page.gauge("mqfail_messages_missing", counts.missing, "Numbered messages that have not come.");
}

void add_published(Page& page, const Counts& counts) {
  page.counter("mqfail_messages_taken_total", counts.taken, "Messages read from the input.");
  page.counter("mqfail_messages_published_total", counts.published,
               "Messages sent to servers, copies included.");
  page.counter("mqfail_messages_acknowledged_total", counts.acknowledged,
               "Messages that servers have acknowledged.");
  page.gauge("mqfail_messages_unsettled", counts.unsettled,
             "Messages that wait for an acknowledgement now, those of a spool included.");
  page.counter("mqfail_messages_failed_total", counts.failed, "Messages that no server takes.");
  page.counter("mqfail_messages_dropped_total", counts.dropped,
               "Messages that may be lost at QoS 0.");
}

}  // namespace

std::string metrics_name(const std::string& path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  if (name.size() > 5 && name.ends_with(".prom")) name.resize(name.size() - 5);
  return name;
}

std::string metrics_text(const MetricsFacts& facts) {
  Page page(facts);
  page.gauge("mqfail_running", facts.exit_status ? 0 : 1, "1 until the run has ended.");
  if (facts.exit_status) {
    page.family("mqfail_exit_status", "gauge", "Exit status of a run that has ended.");
    page.sample(std::to_string(*facts.exit_status));
  }
  page.family("mqfail_start_time_seconds", "gauge", "When the run began, in seconds since 1970.");
  page.sample(number(facts.started));
  add_servers(page, facts);
  if (facts.tool.ends_with("_sub") || facts.tool.ends_with("-sub")) {
    add_received(page, facts);
  } else {
    add_published(page, facts.counts);
  }
  return page.take();
}

}  // namespace mqfail
