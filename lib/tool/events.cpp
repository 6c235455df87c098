// SPDX-License-Identifier: Apache-2.0
#include "tool/events.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <type_traits>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "tool/human_events.hpp"
#include "tool/local_time.hpp"
#include "tool/mosquitto_face.hpp"

namespace mqfail {
namespace {

// Our own words may be longer than a server's: an error of a document names all its faults.
constexpr std::size_t kReasonBytes = 2048;

// To the first column, and clear the line (ECMA-48).
const std::string kErase = "\r\x1b[K";

std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && continues_character(text[end])) --end;
  return text.substr(0, end);
}

std::string shown_json(std::string_view text, std::size_t limit = kShownBytes) {
  const std::string_view kept = cut(text, limit);
  return kept.size() == text.size() ? json_string(text) : json_string(std::string(kept) + "...");
}

std::string real(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.6g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string duration_ms(Duration duration) {
  return real(static_cast<double>(duration.count()) / 1000.0);
}

// The keys of a line in their order, each value already as JSON.
class Fields {
 public:
  void add(std::string_view key, std::string json) { fields_.emplace_back(key, std::move(json)); }
  void text(std::string_view key, std::string_view value, std::size_t limit = kShownBytes) {
    if (!value.empty()) add(key, shown_json(value, limit));
  }
  void value(std::string_view key, const NoticeValue& value) {
    std::visit([&](const auto& held) { add(key, json(held)); }, value);
  }

  std::string as_json() const {
    std::string out = "{";
    for (const auto& [key, value] : fields_) {
      out.append(out.size() == 1 ? "" : ",").append(json_string(key)).append(":").append(value);
    }
    return out + "}";
  }

  std::string as_logfmt() const {
    std::string out;
    for (const auto& [key, value] : fields_) {
      out.append(out.empty() ? "" : " ")
          .append(logfmt_key(key))
          .append("=")
          .append(logfmt_value(value));
    }
    return out;
  }

 private:
  static std::string json(std::int64_t value) { return std::to_string(value); }
  static std::string json(double value) { return real(value); }
  static std::string json(bool value) { return value ? "true" : "false"; }
  static std::string json(const std::string& value) { return shown_json(value); }
  static std::string json(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values)
      out.append(out.size() == 1 ? "" : ",").append(shown_json(value));
    return out + "]";
  }

  static bool is_plain(std::string_view text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+,[]";
    return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
  }
  static std::string logfmt_key(std::string_view key) {
    std::string out(key);
    for (char& c : out) {
      if (!is_plain({&c, 1})) c = '_';
    }
    return out;
  }
  // A JSON string loses its quotes where nothing needs them; a list is quoted as a whole.
  static std::string logfmt_value(const std::string& json) {
    if (json.starts_with('"')) {
      const std::string_view inner = std::string_view(json).substr(1, json.size() - 2);
      return is_plain(inner) ? std::string(inner) : json;
    }
    return json.starts_with('[') ? json_string(json) : json;
  }

  std::vector<std::pair<std::string, std::string>> fields_;
};

Fields fields(const Notice& notice, const EventOrigin& origin,
              std::chrono::system_clock::time_point wall, TimePoint steady, std::uint64_t seq) {
  Fields all;
  all.add("v", "1");
  all.text("ts", utc(wall));
  all.add("mono_ms", std::to_string(milliseconds(steady.time_since_epoch())));
  all.text("tool", origin.tool);
  all.text("run", origin.run);
  all.add("seq", std::to_string(seq));
  all.text("event", name(notice.name));
  all.text("level", name(notice.level));
  all.text("server", notice.server);
  all.text("uri", notice.uri);
  if (notice.epoch) all.add("epoch", std::to_string(*notice.epoch));
  if (notice.attempt) all.add("attempt", std::to_string(*notice.attempt));
  all.text("phase", notice.phase);
  if (notice.code) all.add("code", std::to_string(*notice.code));
  all.text("reason", notice.reason, kReasonBytes);
  all.text("text", notice.text);
  if (notice.dur) all.add("dur_ms", duration_ms(*notice.dur));
  for (const auto& [key, value] : notice.more) all.value(key, value);
  return all;
}

// An exit with status 0 although messages were lost, which an option has allowed.
bool misses_something(const Notice& exit) {
  return std::any_of(exit.more.begin(), exit.more.end(), [](const auto& count) {
    const auto& [key, value] = count;
    const auto* const number = std::get_if<std::int64_t>(&value);
    return (key == "missing" || key == "unsettled" || key == "lost_max" || key == "gaps") &&
           number != nullptr && *number != 0;
  });
}

}  // namespace

std::string_view name(NoticeName name) {
  switch (name) {
    case NoticeName::start:
      return "start";
    case NoticeName::trying:
      return "trying";
    case NoticeName::failed:
      return "failed";
    case NoticeName::connected:
      return "connected";
    case NoticeName::subscribed:
      return "subscribed";
    case NoticeName::lost:
      return "lost";
    case NoticeName::backoff:
      return "backoff";
    case NoticeName::failover:
      return "failover";
    case NoticeName::failback:
      return "failback";
    case NoticeName::rebalanced:
      return "rebalanced";
    case NoticeName::standby_ready:
      return "standby-ready";
    case NoticeName::standby_lost:
      return "standby-lost";
    case NoticeName::redirected:
      return "redirected";
    case NoticeName::list_updated:
      return "list-updated";
    case NoticeName::gap:
      return "gap";
    case NoticeName::duplicate:
      return "duplicate";
    case NoticeName::dropped:
      return "dropped";
    case NoticeName::stalled:
      return "stalled";
    case NoticeName::insecure:
      return "insecure";
    case NoticeName::tls_expiry:
      return "tls-expiry";
    case NoticeName::gave_up:
      return "gave-up";
    case NoticeName::warning:
      return "warning";
    case NoticeName::exit:
      return "exit";
  }
  return "unknown";
}

std::string_view name(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "unknown";
}

EventWriter::EventWriter(EventChoice choice, bool debug, EventOrigin origin, EventClock clock)
    : choice_(choice),
      debug_(debug),
      origin_(std::move(origin)),
      clock_(std::move(clock)),
      on_stderr_(STDERR_FILENO, note(choice.on_stderr, journal_)) {
  if (choice.copy_fd) copy_.emplace(*choice.copy_fd, note(choice.copy));
}

void EventWriter::announce(const Notice& notice) {
  ++seq_;
  if (!choice_.quiet) write_stderr(notice);
  if (choice_.as_mosquitto) tell_as_mosquitto(notice);
  write_copy(notice);
  if (listener_) listener_(notice);
}

// One line says why the run has ended.
void EventWriter::tell_as_mosquitto(const Notice& notice) {
  if (notice.name == NoticeName::gave_up) refusal_ = refusal_of(notice);
  const std::string line = mosquitto_line(notice);
  if (line.empty() || std::exchange(error_told_, true) || choice_.quiet) return;
  on_stderr_.put(line + "\n", true);
}

void EventWriter::drain() {
  on_stderr_.drain();
  if (copy_) copy_->drain();
}

// Its number is that of the last event that was dropped.
LineWriter::Note EventWriter::note(EventFormat format, bool journal) const {
  return [this, format, journal](std::uint64_t dropped) {
    Notice notice{NoticeName::warning, Level::warning};
    notice.reason = std::to_string(dropped) +
                    (dropped == 1 ? " event was dropped" : " events were dropped") +
                    ", because nobody read them";
    notice.more = {{"count", static_cast<std::int64_t>(dropped)}};
    return line(format, journal, notice, seq_ - 1);
  };
}

std::string EventWriter::line(EventFormat format, bool journal, const Notice& notice,
                              std::uint64_t seq) const {
  switch (format) {
    case EventFormat::none:
      return {};
    case EventFormat::human:
      return (journal ? journal_line(notice) : human_line(notice, clock_.wall())) + "\n";
    case EventFormat::json:
      return json_line(notice, clock_.wall(), clock_.steady(), seq) + "\n";
    case EventFormat::logfmt:
      return logfmt_line(notice, clock_.wall(), clock_.steady(), seq) + "\n";
  }
  return {};
}

void EventWriter::write_stderr(const Notice& notice) {
  const EventFormat format = choice_.on_stderr;
  if (format == EventFormat::none) return;
  if (format == EventFormat::human && !worth_telling(notice)) return;
  std::string text = line(format, journal_, notice, seq_);
  if (!progress_.empty()) text = kErase + text + progress_;
  on_stderr_.put(std::move(text), notice.name == NoticeName::exit);
}

void EventWriter::write_copy(const Notice& notice) {
  if (!copy_ || choice_.copy == EventFormat::none) return;
  if (choice_.copy == EventFormat::human && !worth_telling(notice)) return;
  copy_->put(line(choice_.copy, false, notice, seq_), notice.name == NoticeName::exit);
}

bool EventWriter::worth_telling(const Notice& notice) {
  if (notice.level != Level::info)
    trouble_ |= notice.name == NoticeName::failed || notice.name == NoticeName::lost;
  switch (notice.name) {
    case NoticeName::trying:
      if (first_.size() < choice_.silent_connections) first_.insert(notice.server);
      return debug_;
    case NoticeName::start:
    case NoticeName::subscribed:
    case NoticeName::standby_ready:
      return debug_;
    case NoticeName::connected:
      return debug_ || trouble_ || !first_.contains(notice.server);
    case NoticeName::exit:
      return debug_ || notice.level != Level::info || misses_something(notice);
    default:
      return true;
  }
}

void EventWriter::show_progress(std::string text) {
  if (text == progress_ || (!text.empty() && !on_stderr_.idle())) return;
  on_stderr_.put(kErase + text);
  progress_ = std::move(text);
}

ExitStatus EventWriter::tell(const Error& error) {
  Notice notice{NoticeName::warning, Level::error};
  notice.reason = error.message;
  if (!error.hint.empty()) notice.more.emplace_back("hint", error.hint);
  const bool for_people =
      choice_.on_stderr == EventFormat::human || choice_.on_stderr == EventFormat::none;
  ++seq_;
  // --quiet hides events, never an error of usage or configuration.
  if (for_people) {
    on_stderr_.put(error_lines(origin_.tool, error), true);
  } else {
    write_stderr(notice);
  }
  write_copy(notice);
  return exit_status(error.kind);
}

void EventWriter::warn(std::string_view text) {
  Notice notice{NoticeName::warning, Level::warning};
  notice.reason = text;
  announce(notice);
}

std::string EventWriter::json_line(const Notice& notice, std::chrono::system_clock::time_point wall,
                                   TimePoint steady, std::uint64_t seq) const {
  return fields(notice, origin_, wall, steady, seq).as_json();
}

std::string EventWriter::logfmt_line(const Notice& notice,
                                     std::chrono::system_clock::time_point wall, TimePoint steady,
                                     std::uint64_t seq) const {
  return fields(notice, origin_, wall, steady, seq).as_logfmt();
}

std::string EventWriter::human_line(const Notice& notice,
                                    std::chrono::system_clock::time_point wall) const {
  return origin_.tool + ": " + LocalTime(wall).print("%T") + " " + words(notice);
}

std::string EventWriter::journal_line(const Notice& notice) const {
  return std::string(journal_priority(notice.level)) + origin_.tool + ": " + words(notice);
}

std::string EventWriter::words(const Notice& notice) const {
  std::string out;
  const std::string_view event = name(notice.name);
  out.append(event).append(event.size() < 11 ? 11 - event.size() : 0, ' ');
  const std::string detail = human_detail(notice, debug_);
  if (!detail.empty()) out.append(" ").append(detail);
  while (out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace mqfail
