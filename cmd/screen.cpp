// SPDX-License-Identifier: Apache-2.0
#include "screen.hpp"

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/write.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";  // another screen, without a cursor
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kRestOfLine = "\x1b[K";
constexpr const char* kRestOfScreen = "\x1b[J";

}  // namespace

Result<Screen> Screen::open() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGWINCH, SIGTSTP, SIGQUIT}) sigaddset(&wanted, number);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  Descriptor signals(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals) {
    return Error{ErrorKind::temporary,
                 std::string("no descriptor for signals: ") + std::strerror(errno),
                 "raise the limit of open files (ulimit -n)"};
  }
  return Screen(std::move(signals));
}

Screen::Screen(Screen&& other) noexcept
    : signals_(std::move(other.signals_)), entered_(std::exchange(other.entered_, false)) {}

Screen::~Screen() {
  leave();
}

void Screen::enter() {
  if (!std::exchange(entered_, true)) write_unless_ended(STDOUT_FILENO, kEnter);
}

void Screen::leave() {
  if (std::exchange(entered_, false)) write_unless_ended(STDOUT_FILENO, kLeave);
}

void Screen::react() {
  signalfd_siginfo info{};
  bool stops = false, quits = false;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    stops = stops || info.ssi_signo == SIGTSTP;
    quits = quits || info.ssi_signo == SIGQUIT;
  }
  if (stops || quits) leave();
  if (quits) {
    raise(SIGQUIT);
    sigset_t quit;
    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    sigprocmask(SIG_UNBLOCK, &quit, nullptr);
  }
  if (stops) kill(getpid(), SIGSTOP);
}

ScreenSize Screen::size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

Result<Done> Screen::draw(const std::string& lines) {
  enter();
  std::string out = kHome;
  for (const char c : lines) {
    if (c == '\n') out += kRestOfLine;
    if (c == '\n') out += '\r';
    out += c;
  }
  out = out + kRestOfLine + kRestOfScreen;
  const int failed = write_unless_ended(STDOUT_FILENO, out);
  if (failed != 0 && failed != EINTR) return unwritten(failed);
  return Done{};
}

}  // namespace mqfail
