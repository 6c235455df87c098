// SPDX-License-Identifier: Apache-2.0
#include "progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace mqfail {
namespace {

// A run that ends sooner shows nothing.
constexpr Duration kFirst = std::chrono::seconds(1);
constexpr Duration kEvery = std::chrono::milliseconds(250);

// A line that fills the terminal would make some of them go to the next one.
std::size_t width_of_terminal() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1U : 79U;
}

}  // namespace

ProgressLine::ProgressLine(std::string_view tool, std::string_view noun, const Session& session,
                           const Work& work, EventWriter& events, TimePoint started)
    : tool_(tool),
      noun_(noun),
      session_(session),
      work_(work),
      events_(events),
      started_(started),
      due_(started + kFirst) {
  rate_.update(0, started);
}

std::optional<TimePoint> ProgressLine::look(TimePoint now) {
  if (noun_.empty()) return std::nullopt;
  if (now < due_) return due_;
  due_ = now + kEvery;
  const Counts counts = work_.counts();
  events_.show_progress(progress_text({.tool = tool_,
                                       .noun = noun_,
                                       .counts = counts,
                                       .standing = session_.standing(),
                                       .rate = rate_.update(counts.taken, now),
                                       .elapsed = now - started_},
                                      width_of_terminal()));
  return due_;
}

void ProgressLine::ended() {
  if (!noun_.empty()) events_.show_progress({});
}

bool is_for_progress(const EventChoice& choice) {
  if (choice.quiet || choice.on_stderr != EventFormat::human || isatty(STDERR_FILENO) == 0)
    return false;
  const char* const terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  return terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace mqfail
