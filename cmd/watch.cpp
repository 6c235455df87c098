// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "announce.hpp"
#include "base/write.hpp"
#include "config/naming/announcement.hpp"
#include "probe/render.hpp"
#include "probe/watch.hpp"
#include "probe_output.hpp"
#include "screen.hpp"
#include "tool/local_time.hpp"
#include "tool/signals.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

std::string time_of_day(std::chrono::system_clock::time_point at) {
  return LocalTime(at).print("%T");
}

// The reader of a pipe or a socket has gone. A closed descriptor has never had one.
bool nobody_reads(int fd) {
  pollfd one{fd, 0, 0};
  return poll(&one, 1, 0) > 0 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

// Shows each round: lines, or a table on a terminal, and the file of -o.
class Show {
 public:
  Show(const ProbeOptions& options, EventWriter& events, std::optional<Screen> screen)
      : options_(options),
        events_(events),
        colour_(wants_colour(options)),
        screen_(std::move(screen)) {}

  int screen_fd() const { return screen_ ? screen_->fd() : -1; }

  Result<Done> changed(const ServerReport& report) const {
    if (screen_) return Done{};
    const bool json = options_.format == ProbeFormat::json;
    const auto now = std::chrono::system_clock::now();
    const std::string time = json ? utc(now) : time_of_day(now);
    const int failed =
        write_unless_ended(STDOUT_FILENO, render_change(report, time, json, colour_ && !json));
    if (failed != 0 && failed != EINTR) return unwritten(failed);
    return Done{};
  }

  Result<Done> rounded(const Round& round) {
    history_.add(round.reports());
    last_ = outcome_now(options_, round.reports(), round.cross());
    last_.history = history_;
    last_.every_seconds = static_cast<double>(options_.watch->count()) / 1e6;
    if (auto written = write_file(); !written) return written.error();
    return screen_ ? draw() : Done{};
  }

  void react() {
    screen_->react();
    if (!last_.servers.empty() && !draw()) return;  // the next round says it
  }

  // The table as it was last, on the screen that was there before.
  void end() {
    if (!screen_) return;
    screen_.reset();
    if (last_.servers.empty()) return;
    const ScreenSize size{Screen::size().columns, last_.servers.size() + 4};
    write_unless_ended(STDOUT_FILENO,
                       live_table(last_, size, time_of_day(last_.at), colour_) + "\n");
  }

 private:
  Result<Done> draw() {
    return screen_->draw(live_table(last_, Screen::size(), time_of_day(last_.at), colour_));
  }

  // A file that could be written once is only reported later: a full disk may have room again.
  Result<Done> write_file() {
    if (options_.output_file.empty()) return Done{};
    const auto written =
        write_document(options_.output_file, render(options_.format, last_, false));
    if (!written && end_waits()) return Done{};
    if (!written && !file_was_written_) return written.error();
    file_was_written_ = true;
    const std::string failure = written ? std::string() : written.error().message;
    if (std::exchange(file_failure_, failure) != failure && !failure.empty()) events_.warn(failure);
    return Done{};
  }

  const ProbeOptions& options_;
  EventWriter& events_;
  const bool colour_;
  std::optional<Screen> screen_;
  History history_;
  Outcome last_;
  bool file_was_written_ = false;
  std::string file_failure_;
};

}  // namespace

Result<Done> watch_servers(const ProbeOptions& options, const NamedRoster& roster,
                           EventWriter& events) {
  const HangUp hangup = HangUp::of_process();
  auto signals = Signals::block();
  if (!signals) return signals.error();
  std::optional<Screen> screen;
  if (options.format == ProbeFormat::text && is_screen()) {
    auto opened = Screen::open();
    if (!opened) return opened.error();
    screen.emplace(std::move(*opened));
  }
  Show show(options, events, std::move(screen));
  const WatchSettings settings{.probe = probe_settings(options, roster),
                               .every = *options.watch,
                               .topic = options.announce.value_or(""),
                               .payload = announcement,
                               .signals_fd = signals->fd(),
                               .output_fd = STDOUT_FILENO,
                               .screen_fd = show.screen_fd(),
                               .goes_on = [&] {
                                 bool ends = nobody_reads(STDOUT_FILENO);
                                 while (const auto signal = signals->take()) {
                                   ends = ends || *signal == SIGINT || *signal == SIGTERM ||
                                          (*signal == SIGHUP && hangup.ends(false));
                                 }
                                 return !ends;
                               }};
  auto watched =
      watch(roster.servers, settings,
            {.changed = [&](const ServerReport& report) { return show.changed(report); },
             .rounded = [&](const Round& round) { return show.rounded(round); },
             .screen = [&] { show.react(); },
             .refused = [&](const Server& server,
                            const Reason& reason) { tell_failed(events, server, reason); }});
  show.end();
  return watched;
}

}  // namespace mqfail
