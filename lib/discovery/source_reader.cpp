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

void SourceReader::again(Errors errors) {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    all_errors_ = all_errors_ || errors == Errors::all;
  }
  asked_changed_.notify_one();
}

void SourceReader::run(const std::stop_token& stop) {
  std::optional<Duration> until;
  while (const auto all_errors = wait(stop, until)) {
    Result<Reading> reading = read_(stop);
    if (stop.stop_requested()) return;
    until = reading ? reading->again : retry_;
    tell_news(std::move(reading), *all_errors);
  }
}

// Nothing: it is time to end. Else whether all errors are to be told.
std::optional<bool> SourceReader::wait(const std::stop_token& stop, std::optional<Duration> until) {
  std::unique_lock lock(mutex_);
  const auto is_asked = [this] { return asked_; };
  if (until) {
    asked_changed_.wait_for(lock, stop, *until, is_asked);
  } else {
    asked_changed_.wait(lock, stop, is_asked);
  }
  asked_ = false;
  if (stop.stop_requested()) return std::nullopt;
  return std::exchange(all_errors_, false);
}

void SourceReader::tell_news(Result<Reading> reading, bool all_errors) {
  if (!reading) {
    const std::string& message = reading.error().message;
    const bool is_new = std::exchange(last_error_, message) != message;
    if (is_new || all_errors) tell_(std::move(reading));
    return;
  }
  last_error_.clear();
  if (reading->servers || !reading->warnings.empty()) tell_(std::move(reading));
}

}  // namespace mqfail
