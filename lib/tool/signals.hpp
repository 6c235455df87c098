// SPDX-License-Identifier: Apache-2.0
// Signals are read from a descriptor. A handler only hands one back that has come to a thread which
// does not block it.
#pragma once

#include <optional>

#include "base/error.hpp"

namespace mqfail {

/// For the time before Signals::block(): a write that fails is an error number and not a death
/// (SIGPIPE, SIGXFSZ), and a SIGUSR1 waits. SIGINT, SIGTERM and SIGHUP end the process as ever:
/// reading a password or a payload may wait for as long as somebody types it.
void prepare_signals();

/// SIGINT, SIGTERM, SIGHUP and SIGUSR1 arrive here. SIGPIPE is ignored: a closed pipe is an EPIPE
/// of the write that meets it.
class Signals {
 public:
  /// Does what prepare_signals() does as well. Before any thread starts that may take a signal, for
  /// all of them inherit the mask. Once a process.
  static Result<Signals> block();
  Signals(Signals&& other) noexcept;
  Signals& operator=(Signals&&) = delete;
  ~Signals();

  /// For poll(): readable when a signal waits.
  int fd() const { return fd_; }
  /// The next signal that waits, SIGINT before SIGTERM and so on by number; never blocks.
  std::optional<int> take();

 private:
  explicit Signals(int fd) : fd_(fd) {}
  int fd_;
};

/// What SIGHUP means: "read the documents again", or "your terminal has gone" (product.md section
/// 7).
class HangUp {
 public:
  /// Looks at what the process was started with: a controlling terminal, and nohup(1).
  static HangUp of_process();
  /// Whether a SIGHUP ends the run as SIGTERM does: with no document to read again, or when the
  /// controlling terminal has gone. Never under nohup.
  bool ends(bool has_documents) const;

 private:
  HangUp(bool ignored, bool had_terminal) : ignored_(ignored), had_terminal_(had_terminal) {}
  bool ignored_, had_terminal_;
};

}  // namespace mqfail
