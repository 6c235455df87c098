// SPDX-License-Identifier: Apache-2.0
// Events on stderr (product.md section 6): one Notice, one line, one write(2). Whatever a server
// said is escaped and cut here, so that it can never start a line of its own or colour a terminal.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "session/notice.hpp"
#include "tool/exit_status.hpp"
#include "tool/journal.hpp"
#include "tool/line_writer.hpp"
#include "tool/options.hpp"

namespace mqfail {

/// The name as it is written: standby_ready is "standby-ready".
std::string_view name(NoticeName name);
std::string_view name(Level level);

/// A duration for people, with two or three figures: 380us, 1.2ms, 38ms, 1.9s, 5m0s, 2h5m.
std::string human_duration(Duration duration);

/// Two clocks, handed in.
struct EventClock {
  std::function<std::chrono::system_clock::time_point()> wall;
  std::function<TimePoint()> steady;
};

/// Facts that every line of a run has in common.
struct EventOrigin {
  std::string tool;  ///< "mqfail-sub"
  std::string run;   ///< random id of the run
};

/// Announces notices in the chosen formats and never waits for a reader. Not thread-safe: the
/// session's thread only.
class EventWriter : public Announcer {
 public:
  /// Without `debug` the human format keeps to transitions and trouble (product.md section 6): a
  /// good run is silent, so that cron mails nothing.
  EventWriter(EventChoice choice, bool debug, EventOrigin origin, EventClock clock);
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;
  ~EventWriter() override;

  void announce(const Notice& notice) override;
  /// From now on the listener is told of each notice as well.
  void listen(std::function<void(const Notice&)> listener) { listener_ = std::move(listener); }
  /// The code of the CONNACK because of which the run gave up, if that was the reason.
  std::optional<int> refusal() const { return refusal_; }
  /// Waits for the readers as long as LineWriter::drain() does.
  void drain();

  /// Shows a line that is no event: the last one on a terminal. It takes the place of the one
  /// before, and events appear above it. Empty: it is erased. Not drawn while the terminal takes
  /// nothing.
  void show_progress(std::string text);

  /// An error as the last word but `exit`: an event in json and logfmt, plain lines for people.
  /// Returns the status to exit with.
  ExitStatus tell(const Error& error);
  /// A warning, in the format of the events.
  void warn(std::string_view text);

  /// While this writer lives, a process without memory says so by its event.
  void speak_without_memory();

  /// The line for `notice` at a time, without newline: what announce() writes. Human: the local
  /// zone.
  std::string json_line(const Notice& notice, std::chrono::system_clock::time_point wall,
                        TimePoint steady, std::uint64_t seq) const;
  std::string logfmt_line(const Notice& notice, std::chrono::system_clock::time_point wall,
                          TimePoint steady, std::uint64_t seq) const;
  std::string human_line(const Notice& notice, std::chrono::system_clock::time_point wall) const;
  /// The human line for the journal, which keeps the time itself: with the priority in front.
  std::string journal_line(const Notice& notice) const;
  /// The event of a process without memory, with newline, in json or logfmt; its size. Allocates
  /// nothing, and any thread may ask.
  std::size_t out_of_memory_line(EventFormat format, std::uint64_t seq, std::span<char> into) const;

 private:
  void write_stderr(const Notice& notice);
  void write_copy(const Notice& notice);
  std::string line(EventFormat format, bool journal, const Notice& notice, std::uint64_t seq) const;
  LineWriter::Note note(EventFormat format, bool journal = false) const;
  std::string words(const Notice& notice) const;
  bool worth_telling(const Notice& notice);
  void tell_as_mosquitto(const Notice& notice);
  void tell_out_of_memory();

  EventChoice choice_;
  bool debug_;
  EventOrigin origin_;
  EventClock clock_;
  std::atomic<std::uint64_t> seq_{0};  // the session's thread counts, but for the last one
  const bool journal_ = is_journal(STDERR_FILENO);
  LineWriter on_stderr_;
  std::optional<LineWriter> copy_;
  std::set<std::string, std::less<>> first_;  // servers, see EventChoice::silent_connections
  bool trouble_ = false;
  std::string progress_;
  std::function<void(const Notice&)> listener_;
  std::optional<int> refusal_;
  bool error_told_ = false;  // in mosquitto's words
};

}  // namespace mqfail
