// SPDX-License-Identifier: Apache-2.0
#include "story.hpp"

#include <optional>

#include "simulation/transcript_parse.hpp"

namespace mqfail::test {
namespace {

class Stage {
 public:
  explicit Stage(const TranscriptHead& head)
      : failover_(head.settings, head.servers, Random(head.seed)), trace_(transcript_head(head)) {}

  void feed(const TranscriptEvent& event, bool shown) {
    note(transcript_line(event.event, event.at), shown);
    for (const Action& action : failover_.step(event.event, TimePoint(event.at))) {
      note(transcript_line(action, event.at, failover_), true);
    }
  }
  /// Lets every deadline before `end` (or at it, if `inclusive`) tick.
  void pass_time(Duration end, bool inclusive) {
    while (const auto due = failover_.deadline()) {
      const Duration at = due->time_since_epoch();
      if (at > end || (at == end && !inclusive)) return;
      feed({at, event::Ticked{}}, true);
    }
  }
  std::string take_shown() { return std::exchange(shown_, {}); }
  const std::string& trace() const { return trace_; }

 private:
  void note(const std::string& line, bool shown) {
    trace_ += line + "\n";
    if (shown) shown_ += line + "\n";
  }
  Failover failover_;
  std::string trace_;
  std::string shown_;
};

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Played play(std::string_view story) {
  Played out;
  TranscriptHead head;
  std::optional<Stage> stage;
  bool expecting = false;
  for (const std::string_view line : lines(story)) {
    if (expecting) {
      if (!line.empty()) continue;
      expecting = false;
    }
    out.story += std::string(line) + "\n";
    if (line.empty() || line.starts_with('#')) continue;
    if (!stage) {
      const auto read = parse_transcript_head(line, head);
      if (!read) {
        out.bad.push_back(read.error());
        return out;
      }
      if (*read) continue;
      stage.emplace(head);
    }
    if (line == "----") {
      out.story += stage->take_shown();
      expecting = true;
    } else if (line.starts_with("until ")) {
      const auto end = parse_transcript_time(line.substr(6));
      if (end) {
        stage->pass_time(*end, true);
      } else {
        out.bad.push_back(end.error());
      }
    } else if (const auto event = parse_transcript_event(line)) {
      if (!std::holds_alternative<event::Ticked>(event->event)) stage->pass_time(event->at, false);
      stage->feed(*event, false);
    } else {
      out.bad.push_back(event.error());
    }
  }
  if (stage) out.trace = stage->trace();
  return out;
}

std::string replay(std::string_view trace) {
  TranscriptHead head;
  std::optional<Stage> stage;
  for (const std::string_view line : lines(trace)) {
    if (line.find(" -> ") != std::string_view::npos && line.find('"') > line.find(" -> ")) continue;
    if (!stage) {
      const auto read = parse_transcript_head(line, head);
      if (!read) return read.error().message;
      if (*read) continue;
      stage.emplace(head);
    }
    const auto event = parse_transcript_event(line);
    if (!event) return event.error().message;
    stage->feed(*event, false);
  }
  return stage ? stage->trace() : "";
}

}  // namespace mqfail::test
