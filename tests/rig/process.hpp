// SPDX-License-Identifier: Apache-2.0
// A program under test: its descriptors, its lines with the time at which each arrived, its exit.
// Every wait is for an event and has a bound; there is no fixed sleep. The destructor kills a
// program that still runs, by its process id.
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
  /// Does nothing if the program has ended.
  void signal(int number);
  bool running();
  /// The maximum of its resident memory so far, 0 when it has ended. It is not taken from rusage,
  /// because the kernel counts the memory that the parent had at the fork.
  long peak_kib() const;

  /// Writes to standard input. False if the program has closed it.
  bool write(std::string_view bytes);
  /// Writes from a separate thread, then closes standard input.
  void feed(std::string bytes);
  void close_stdin();
  /// Wakes the reader of a standard output that is not read.
  void read_on();

  /// The exit, or nothing if the program still runs after `patience`.
  std::optional<Exit> wait_exit(milliseconds patience);

  /// The first line from index `from` on for which `pleases` is true; nothing after `patience` or
  /// at the end of the stream.
  std::optional<Line> wait_for_line(Stream stream,
                                    const std::function<bool(const std::string&)>& pleases,
                                    milliseconds patience, std::size_t from = 0);
  std::optional<Line> wait_for_line(Stream stream, const std::string& regex, milliseconds patience,
                                    std::size_t from = 0);
  /// True when the stream has at least `count` whole lines.
  bool wait_for_lines(Stream stream, std::size_t count, milliseconds patience);
  std::vector<Line> lines(Stream stream);
  std::size_t line_count(Stream stream);
  /// Everything that arrived, byte for byte. It is complete after wait_exit.
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

/// Runs a program to its end and returns its output. For auxiliary programs, not for the program
/// under test.
struct Finished {
  Exit exit;
  std::string out, err;
};
Finished run(Command command, milliseconds patience = 20s);
inline Finished run(std::vector<std::string> argv, milliseconds patience = 20s) {
  return run(Command{std::move(argv)}, patience);
}

/// The path of a system program, also if sbin is not in PATH.
std::string find_program(const std::string& name);

}  // namespace rig
