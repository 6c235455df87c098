// SPDX-License-Identifier: Apache-2.0
#include "tool/signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mqfail {

void prepare_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file as large as ulimit -f allows is a full disk, not a death
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

namespace {
// glibc makes threads that block nothing: those that tell the end of getaddrinfo_a(3). There a
// signal would end the process. It blocks the signal from here on, as all other threads do, and the
// signal waits for its descriptor again.
void hand_back(int number, siginfo_t* /*info*/, void* context) {
  sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, number);
  kill(getpid(), number);
}

void guard_threads_of_others(int number) {
  struct sigaction now {};
  if (sigaction(number, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;  // nohup
  now = {};
  now.sa_sigaction = hand_back;
  now.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&now.sa_mask);
  sigaction(number, &now, nullptr);
}
}  // namespace

Result<Signals> Signals::block() {
  prepare_signals();
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    sigaddset(&set, number);
    guard_threads_of_others(number);
  }
  const int failed = pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (failed != 0) {
    return Error{ErrorKind::internal,
                 std::string("signals cannot be blocked: ") + std::strerror(failed), ""};
  }
  const int fd = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) {
    return Error{ErrorKind::internal,
                 std::string("no descriptor for signals: ") + std::strerror(errno), ""};
  }
  return Signals(fd);
}

Signals::Signals(Signals&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Signals::~Signals() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<int> Signals::take() {
  signalfd_siginfo info{};
  for (;;) {
    const ssize_t got = ::read(fd_, &info, sizeof info);
    if (got == static_cast<ssize_t>(sizeof info)) return static_cast<int>(info.ssi_signo);
    if (got < 0 && errno == EINTR) continue;
    return std::nullopt;
  }
}

namespace {
bool has_terminal() {
  const int fd = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}
}  // namespace

HangUp HangUp::of_process() {
  struct sigaction before {};
  const bool ignored = ::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
  return {ignored, has_terminal()};
}

bool HangUp::ends(bool has_documents) const {
  if (ignored_) return false;
  return !has_documents || (had_terminal_ && !has_terminal());
}

}  // namespace mqfail
