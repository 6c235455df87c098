// SPDX-License-Identifier: Apache-2.0
#include "discovery/source_reader.hpp"

#include <utility>

namespace mqfail {

SourceReader::SourceReader(Start start, Read read, Tell tell, std::optional<Duration> retry)
    : read_(std::move(read)),
      tell_(std::move(tell)),
      retry_(retry),
      asked_(start == Start::at_once),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void SourceReader::again() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  asked_changed_.notify_one();
}

void SourceReader::run(const std::stop_token& stop) {
  std::optional<Duration> until;
  while (wait(stop, until)) {
    Result<Reading> reading = read_(stop);
    if (stop.stop_requested()) return;
    until = reading ? reading->again : retry_;
    tell_news(std::move(reading));
  }
}

// False: it is time to end.
bool SourceReader::wait(const std::stop_token& stop, std::optional<Duration> until) {
  std::unique_lock lock(mutex_);
  const auto is_asked = [this] { return asked_; };
  if (until) {
    asked_changed_.wait_for(lock, stop, *until, is_asked);
  } else {
    asked_changed_.wait(lock, stop, is_asked);
  }
  asked_ = false;
  return !stop.stop_requested();
}

void SourceReader::tell_news(Result<Reading> reading) {
  if (!reading) {
    if (std::exchange(last_error_, reading.error().message) == reading.error().message) return;
    tell_(std::move(reading));
    return;
  }
  last_error_.clear();
  if (reading->servers || !reading->warnings.empty()) tell_(std::move(reading));
}

}  // namespace mqfail
