// SPDX-License-Identifier: Apache-2.0
// Asks for a password on the controlling terminal. Whatever ends the question, the terminal shows
// again what is typed: signals wait until it does.
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/utf8.hpp"
#include "base/write.hpp"
#include "tool/password.hpp"

namespace mqfail {
namespace {

constexpr char kInterrupt = 3, kEndOfText = 4, kErase = 127, kBackspace = 8;
constexpr char kKill = 21, kWordErase = 23;      // ^U and ^W
constexpr std::size_t kLongestPassword = 65535;  // MQTT's limit for binary data

// The terminal without echo and line discipline, until the end of its life.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    sigemptyset(&ending_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP})
      sigaddset(&ending_, signal);
    sigprocmask(SIG_BLOCK, &ending_, &before_mask_);
    signals_ = signalfd(-1, &ending_, SFD_CLOEXEC);
    is_silent_ = tcgetattr(fd_, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    is_silent_ = is_silent_ && signals_ >= 0 && tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (is_silent_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (signals_ >= 0) close(signals_);
    sigprocmask(SIG_SETMASK, &before_mask_, nullptr);  // what has waited takes effect here
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool is_silent() const { return is_silent_; }
  /// The next byte that is typed; nothing if the terminal has gone or a signal waits.
  std::optional<char> key() const {
    pollfd both[] = {{fd_, POLLIN, 0}, {signals_, POLLIN, 0}};
    while (poll(both, 2, -1) < 0) {
      if (errno != EINTR) return std::nullopt;
    }
    char byte = 0;
    if (both[1].revents != 0 || read(fd_, &byte, 1) != 1) return std::nullopt;
    return byte;
  }

 private:
  int fd_, signals_ = -1;
  sigset_t ending_{}, before_mask_{};
  termios before_{};
  bool is_silent_ = false;
};

void erase_character(std::string& line) {
  while (line.size() > 1 && continues_character(line.back())) line.pop_back();
  if (!line.empty()) line.pop_back();
}

void erase_word(std::string& line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  while (!line.empty() && line.back() != ' ') line.pop_back();
}

// Nothing if the user gave up.
std::optional<std::string> typed_line(const SilentTerminal& terminal) {
  std::string line;
  line.reserve(kLongestPassword + 1);  // once: what grows leaves copies behind
  while (line.size() <= kLongestPassword) {
    const auto key = terminal.key();
    if (!key || *key == kInterrupt || (*key == kEndOfText && line.empty())) break;
    if (*key == '\n' || *key == '\r') return line;
    if (*key == kKill) {
      line.clear();
    } else if (*key == kWordErase) {
      erase_word(line);
    } else if (*key == kErase || *key == kBackspace) {
      erase_character(line);
    } else {
      line += *key;
    }
  }
  Secret::overwrite(line);
  return std::nullopt;
}

}  // namespace

Result<Secret> password_from_terminal(const std::string& flag) {
  const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return Error{ErrorKind::usage,
                 flag + " without a value asks for the password, and there is no terminal",
                 "give the password, or name a file with --pw-file"};
  }
  std::optional<std::string> line;
  {
    const SilentTerminal terminal(fd);
    if (terminal.is_silent() && write_all(fd, "Password: ") == 0) line = typed_line(terminal);
    (void)write_all(fd, "\n");
  }
  close(fd);
  if (line) return Secret(std::move(*line));
  return Error{ErrorKind::usage, flag + ": no password was typed",
               "give one, or name a file with --pw-file"};
}

}  // namespace mqfail
