// SPDX-License-Identifier: Apache-2.0
// Reads one source of server lists again and again, on a thread of its own, so that a slow file,
// web server or DNS server holds nothing else up.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// What one reading has found.
struct Reading {
  std::optional<ServerList> servers;  ///< empty: the list is as it was
  bool rebalance = false;             ///< as of event::ListChanged
  std::vector<std::string> warnings = {};
  std::vector<std::string> origins = {};  ///< of each server, if they were discovered: "srv NAME"
  std::optional<Duration> again = {};     ///< when to read again without being asked; empty: never
};

class SourceReader {
 public:
  /// May take its time. When the token is stopped, it returns soon.
  using Read = std::function<Result<Reading>(const std::stop_token&)>;
  /// Called on the reader's thread with each reading that has a list or warnings, and with each
  /// error that is not that of the reading before, or that somebody wants to know again.
  using Tell = std::function<void(Result<Reading>)>;

  enum class Start { at_once, when_asked };

  /// `retry`: when to read again after an error; empty: when asked.
  SourceReader(Start start, Read read, Tell tell, std::optional<Duration> retry = std::nullopt);
  /// Waits until the reading under way has returned.
  ~SourceReader() = default;
  SourceReader(const SourceReader&) = delete;
  SourceReader& operator=(const SourceReader&) = delete;

  enum class Errors { new_ones, all };

  /// Reads again as soon as possible. Thread: any.
  void again(Errors errors = Errors::all);

 private:
  void run(const std::stop_token& stop);
  std::optional<bool> wait(const std::stop_token& stop, std::optional<Duration> until);
  void tell_news(Result<Reading> reading, bool all_errors);

  const Read read_;
  const Tell tell_;
  const std::optional<Duration> retry_;

  std::mutex mutex_;  // asked_, all_errors_
  std::condition_variable_any asked_changed_;
  bool asked_;
  bool all_errors_ = false;

  // Of the reader's thread.
  std::string last_error_;

  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace mqfail
