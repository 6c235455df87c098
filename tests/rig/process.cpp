// SPDX-License-Identifier: Apache-2.0
#include "rig/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace rig {
namespace {

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Broken("pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd open_or_throw(const std::string& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) throw Broken("cannot open " + path + ": " + std::strerror(errno));
  return fd;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

double Exit::cpu_seconds() const {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Process::Process(Command command) {
  if (command.argv.empty()) throw Broken("no command");
  // The caller's own configuration must not reach the program under test.
  std::map<std::string, std::string> environment{
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
      {"HOME", "/nonexistent"},
      {"TZ", "UTC"},
      {"LC_ALL", "C.UTF-8"}};
  for (const char* inherited : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(inherited)) environment[inherited] = value;
  for (const auto& [name, value] : command.environment) environment[name] = value;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> envp = pointers(variables);
  std::vector<char*> argv = pointers(command.argv);
  const std::string program = find_program(command.argv[0]);

  Fd in, out, err;
  if (command.stdin_pipe)
    std::tie(in, stdin_) = make_pipe();
  else
    in = open_or_throw(command.stdin_file.empty() ? "/dev/null" : command.stdin_file, O_RDONLY);
  if (command.stdout_file.empty())
    std::tie(stdout_, out) = make_pipe();
  else
    out = open_or_throw(command.stdout_file, O_WRONLY | O_CREAT | O_APPEND);
  std::tie(stderr_, err) = make_pipe();

  started_ = Clock::now();
  pid_ = ::fork();
  if (pid_ < 0) throw Broken("fork");
  if (pid_ == 0) {
    // Between fork and exec of a program with threads, only async-signal-safe calls are allowed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in.get(), 0);
    ::dup2(out.get(), 1);
    ::dup2(err.get(), 2);
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    ::sigaction(SIGPIPE, &plain, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(126);
    ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(127);
  }
  if (stdout_ && !command.stdout_unread)
    out_reader_ = std::thread([this, only = command.stdout_closed_after_first_line] {
      read(stdout_.get(), Stream::out, only);
    });
  else
    out_.ended = true;
  err_reader_ = std::thread([this] { read(stderr_.get(), Stream::err, false); });
  reaper_ = std::thread([this] { reap(); });
}

void Process::read_on() {
  {
    const std::lock_guard lock(mutex_);
    out_.ended = false;
  }
  out_reader_ = std::thread([this] { read(stdout_.get(), Stream::out, false); });
}

Process::~Process() {
  signal(SIGKILL);
  reaper_.join();
  if (feeder_.joinable()) feeder_.join();
  if (out_reader_.joinable()) out_reader_.join();
  err_reader_.join();
}

void Process::reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  const std::lock_guard lock(
      mutex_);  // the pid is ours until here, so signal() cannot hit a stranger
  Exit exit;
  int status = 0;
  while (::wait4(pid_, &status, 0, &exit.usage) < 0 && errno == EINTR) {
  }
  exit.at = Clock::now();
  exit.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  exit_ = exit;
  changed_.notify_all();
}

void Process::read(int fd, Stream stream, bool only_first_line) {
  std::vector<char> chunk(65536);
  for (;;) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    const Moment now = Clock::now();
    const std::lock_guard lock(mutex_);
    Collected& collected = of(stream);
    if (n > 0) {
      collected.bytes.append(chunk.data(), static_cast<std::size_t>(n));
      for (std::size_t end;
           (end = collected.bytes.find('\n', collected.line_begin)) != std::string::npos;) {
        collected.lines.push_back(
            {collected.bytes.substr(collected.line_begin, end - collected.line_begin), now});
        collected.line_begin = end + 1;
      }
    }
    if (n <= 0 || (only_first_line && !collected.lines.empty())) {
      collected.ended = true;
      if (stream == Stream::out)
        stdout_.reset();
      else
        stderr_.reset();
      changed_.notify_all();
      return;
    }
    changed_.notify_all();
  }
}

void Process::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (!exit_) ::kill(pid_, number);
}

bool Process::running() {
  const std::lock_guard lock(mutex_);
  return !exit_;
}

long Process::peak_kib() const {
  std::istringstream status(read_file("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  return 0;
}

bool Process::write(std::string_view bytes) {
  const std::lock_guard lock(stdin_mutex_);
  return stdin_ && write_all(stdin_.get(), bytes);
}

void Process::feed(std::string bytes) {
  if (feeder_.joinable()) feeder_.join();
  feeder_ = std::thread([this, all = std::move(bytes)] {
    write(all);
    close_stdin();
  });
}

void Process::close_stdin() {
  const std::lock_guard lock(stdin_mutex_);
  stdin_.reset();
}

std::optional<Exit> Process::wait_exit(milliseconds patience) {
  std::unique_lock lock(mutex_);
  const Moment end = Clock::now() + patience;
  if (!changed_.wait_until(lock, end, [this] { return exit_.has_value(); })) return {};
  // A grandchild may hold the pipes open. After this the last output of the program is there.
  changed_.wait_until(lock, Clock::now() + 2s, [this] { return out_.ended && err_.ended; });
  return exit_;
}

std::optional<Line> Process::wait_for_line(Stream stream,
                                           const std::function<bool(const std::string&)>& pleases,
                                           milliseconds patience, std::size_t from) {
  std::unique_lock lock(mutex_);
  const Moment end = Clock::now() + patience;
  for (std::size_t seen = from;;) {
    Collected& collected = of(stream);
    for (; seen < collected.lines.size(); ++seen)
      if (pleases(collected.lines[seen].text)) return collected.lines[seen];
    if (collected.ended) return {};
    if (changed_.wait_until(lock, end) == std::cv_status::timeout && Clock::now() >= end &&
        seen >= of(stream).lines.size())
      return {};
  }
}

std::optional<Line> Process::wait_for_line(Stream stream, const std::string& regex,
                                           milliseconds patience, std::size_t from) {
  const std::regex compiled(regex);
  return wait_for_line(
      stream, [&](const std::string& line) { return std::regex_search(line, compiled); }, patience,
      from);
}

bool Process::wait_for_lines(Stream stream, std::size_t count, milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, Clock::now() + patience,
                      [&] { return of(stream).lines.size() >= count || of(stream).ended; });
  return of(stream).lines.size() >= count;
}

std::vector<Line> Process::lines(Stream stream) {
  const std::lock_guard lock(mutex_);
  return of(stream).lines;
}

std::size_t Process::line_count(Stream stream) {
  const std::lock_guard lock(mutex_);
  return of(stream).lines.size();
}

std::string Process::bytes(Stream stream) {
  const std::lock_guard lock(mutex_);
  return of(stream).bytes;
}

Finished run(Command command, milliseconds patience) {
  const std::string name = command.argv.empty() ? "" : command.argv[0];
  Process process(std::move(command));
  process.close_stdin();
  const auto exit = process.wait_exit(patience);
  if (!exit) throw Broken(name + " did not end; stderr: " + process.bytes(Stream::err));
  return {*exit, process.bytes(Stream::out), process.bytes(Stream::err)};
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const char* folder :
       {"/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"}) {
    const std::string path = std::string(folder) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw Broken("program not found: " + name);
}

}  // namespace rig
