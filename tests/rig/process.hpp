// SPDX-License-Identifier: Apache-2.0
// A program under test: its ends, its lines with the moment each arrived, its exit. Every wait is
// for an event and has a bound; nothing sleeps and hopes. The destructor kills what still runs, by
// pid.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "rig/basics.hpp"

namespace rig {

enum class Stream { out, err };

/// How a program is started.
struct Command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  ///< on top of a small, fixed environment
  bool stdin_pipe = false;                         ///< else /dev/null
  std::string stdin_file;                          ///< reads from this file instead
  std::string stdout_file;                         ///< appends there instead of collecting
  bool stdout_closed_after_first_line = false;     ///< as `| head -1`
  bool stdout_unread = false;                      ///< a pipe that nobody empties, see read_on()
  std::string directory;                           ///< working directory
};

struct Exit {
  int status = -1;  ///< exit status, or 128 + signal
  rusage usage{};
  Moment at;
  double cpu_seconds() const;
};

struct Line {
  std::string text;
  Moment at;
};

class Process {
 public:
  explicit Process(Command command);
  explicit Process(std::vector<std::string> argv) : Process(Command{std::move(argv)}) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  Moment started() const { return started_; }
  /// Does nothing if it has exited.
  void signal(int number);
  bool running();
  /// The most memory it has had so far, 0 when it has ended. Not from its rusage: the kernel counts
  /// there what we, its parent, had when it was forked.
  long peak_kib() const;

  /// Writes to standard input; false once the program has closed it.
  bool write(std::string_view bytes);
  /// Writes from a thread of its own, then closes standard input.
  void feed(std::string bytes);
  void close_stdin();
  /// The reader of an unread standard output wakes up.
  void read_on();

  /// The exit, or nothing if it still runs after `patience`.
  std::optional<Exit> wait_exit(milliseconds patience);

  /// The first line at or after index `from` that pleases; nothing after `patience` or at the end
  /// of the stream.
  std::optional<Line> wait_for_line(Stream stream,
                                    const std::function<bool(const std::string&)>& pleases,
                                    milliseconds patience, std::size_t from = 0);
  std::optional<Line> wait_for_line(Stream stream, const std::string& regex, milliseconds patience,
                                    std::size_t from = 0);
  /// True once the stream has at least `count` whole lines.
  bool wait_for_lines(Stream stream, std::size_t count, milliseconds patience);
  std::vector<Line> lines(Stream stream);
  std::size_t line_count(Stream stream);
  /// Everything that came, byte for byte. After wait_exit it is complete.
  std::string bytes(Stream stream);

 private:
  struct Collected {
    std::string bytes;
    std::size_t line_begin = 0;
    std::vector<Line> lines;
    bool ended = false;
  };
  void read(int fd, Stream stream, bool only_first_line);
  void reap();
  Collected& of(Stream stream) { return stream == Stream::out ? out_ : err_; }

  pid_t pid_ = -1;
  Moment started_;
  Fd stdin_, stdout_, stderr_;
  std::mutex stdin_mutex_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Collected out_, err_;
  std::optional<Exit> exit_;
  std::thread out_reader_, err_reader_, reaper_, feeder_;
};

/// Runs to the end and gives what came; for helpers, not for what is under test.
struct Finished {
  Exit exit;
  std::string out, err;
};
Finished run(Command command, milliseconds patience = 20s);
inline Finished run(std::vector<std::string> argv, milliseconds patience = 20s) {
  return run(Command{std::move(argv)}, patience);
}

/// A program of the system, also where sbin is not in the path of a plain user.
std::string find_program(const std::string& name);

}  // namespace rig
