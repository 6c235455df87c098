// SPDX-License-Identifier: Apache-2.0
#include "hostile/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace hostile {
namespace {

using rig::Broken;
using rig::Fd;

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Broken("pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

// Every byte that is written to it arrives as it is.
void make_raw(const Fd& terminal) {
  termios mode{};
  if (::tcgetattr(terminal.get(), &mode) != 0) throw Broken("tcgetattr");
  ::cfmakeraw(&mode);
  if (::tcsetattr(terminal.get(), TCSANOW, &mode) != 0) throw Broken("tcsetattr");
}

}  // namespace

Child::Child(std::vector<std::string> argv, const std::string& input, bool terminal) {
  std::vector<std::string> variables{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "TZ=UTC",
                                     "LC_ALL=C.UTF-8", "TERM=xterm"};
  for (const char* inherited : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* const value = std::getenv(inherited))
      variables.push_back(std::string(inherited) + "=" + value);
  const std::vector<char*> environment = pointers(variables), arguments = pointers(argv);

  auto [in, feed] = make_pipe();
  if (!rig::write_all(feed.get(), input)) throw Broken("a pipe takes no input");
  feed.reset();
  Fd out, err;
  if (terminal) {
    terminal_ = std::make_unique<rig::Terminal>();
    out = Fd(::open(terminal_->path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    make_raw(out);
  } else {
    std::tie(out_, out) = make_pipe();
    std::tie(err_, err) = make_pipe();
    for (const Fd* const fd : {&out_, &err_}) ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  }
  pid_ = ::fork();
  if (pid_ < 0) throw Broken("fork");
  if (pid_ == 0) {
    // Between fork and exec of a program with threads, only async-signal-safe calls are allowed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in.get(), 0);
    ::dup2(out.get(), 1);
    ::dup2(terminal ? out.get() : err.get(), 2);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) throw Broken("pidfd_open");
}

Child::~Child() {
  kill();
  reap();
}

void Child::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int Child::reap() {
  if (pid_ < 0) return -1;
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  pidfd_.reset();
  peak_kib_ = usage.ru_maxrss;
  read_out();
  read_err();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::read(Fd& fd, std::string& into) {
  std::array<char, 65536> block{};
  while (fd) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      fd.reset();
      return;
    }
    into.append(block.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace hostile
