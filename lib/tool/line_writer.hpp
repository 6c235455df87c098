// SPDX-License-Identifier: Apache-2.0
// Writes lines to a reader that may stop reading: a full pipe, a terminal stopped with ^S, a
// socket. A thread waits for the reader, so that nothing else does. The flags of the descriptor
// stay as they are, because other processes share them: standard error is often the shell's as
// well.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mqfail {

class LineWriter {
 public:
  /// The line, with its end, that says how many lines are missing at its place.
  using Note = std::function<std::string(std::uint64_t dropped)>;

  /// `fd` stays the caller's and open until the end of the process: the thread may outlive us. The
  /// thread begins with the first line; a regular file and /dev/null need none, because they are
  /// always ready.
  LineWriter(int fd, Note note);
  /// As drain().
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Hands over a line with its end, for one write(2). At most 1 MiB waits; what comes on top is
  /// dropped and counted, and a note tells the number as soon as there is room. `last`: the last
  /// word of a run, which has room always. Never waits, except for a regular file.
  void put(std::string line, bool last = false);
  /// Waits until everything is written, for ten seconds at most, and for half a second if the
  /// reader has no room: a reader that is only slow misses nothing, and one that has stopped does
  /// not keep the command from ending.
  void drain();
  /// Whether all that was handed over is written.
  bool idle() const;
  /// errno of the first write that failed; 0: none has.
  int error() const;

 private:
  struct Queue;
  bool start();

  const int fd_;
  const Note note_;
  const std::shared_ptr<Queue> queue_;  // the thread's, too, which may outlive us
  std::uint64_t dropped_ = 0;
  enum class Way { undecided, direct, thread } way_ = Way::undecided;
};

}  // namespace mqfail
