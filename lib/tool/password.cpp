// SPDX-License-Identifier: Apache-2.0
#include "tool/password.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestPassword = 65535;  // MQTT's limit for binary data

// Overwrites [from, to) of `text` where a word of argv ends with `text`.
void hide(int argc, char** argv, std::string_view text, std::size_t from, std::size_t to) {
  for (int i = 1; i < argc; ++i) {
    const std::size_t length = std::strlen(argv[i]);
    if (length < text.size()) continue;
    char* tail = argv[i] + (length - text.size());
    if (std::string_view(tail, text.size()) == text) std::fill(tail + from, tail + to, '*');
  }
}

}  // namespace

void hide_in_argv(int argc, char** argv, std::string_view text) {
  if (!text.empty()) hide(argc, argv, text, 0, text.size());
}

void hide_uri_in_argv(int argc, char** argv, std::string_view uri) {
  // Hides everything from the first colon behind "://", or of the text, to the last "@" before the
  // next "://". This covers a password with characters that should have been escaped, and a server
  // without a scheme before one with a scheme.
  std::string current(uri);
  std::size_t start = 0;
  while (start < uri.size()) {
    const std::size_t next = uri.find("://", start);
    const std::string_view part = uri.substr(start, next - start);
    const std::size_t at = part.rfind('@');
    const std::size_t colon = part.find(':');
    if (at != std::string_view::npos && colon < at) {
      hide(argc, argv, current, start + colon + 1, start + at);
      std::fill(current.begin() + static_cast<std::ptrdiff_t>(start + colon + 1),
                current.begin() + static_cast<std::ptrdiff_t>(start + at), '*');
    }
    start = next == std::string_view::npos ? uri.size() : next + 3;
  }
}

Result<Secret> password_from_fd(const std::string& flag, int fd) {
  std::string line;
  line.reserve(kLongestPassword + 1);  // once: what grows leaves copies behind
  // A byte at a time, because another reader may want what follows the first line.
  for (char byte = 0; line.size() <= kLongestPassword;) {
    const ssize_t got = ::read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorKind::no_input, flag + " cannot be read: " + std::strerror(errno), ""};
    }
    if (got == 0 || byte == '\n') break;
    line += byte;
  }
  if (line.size() > kLongestPassword) {
    return Error{ErrorKind::no_input, flag + " has a first line of more than 65535 bytes",
                 "give a file or descriptor whose first line is the password"};
  }
  if (line.ends_with('\r')) line.pop_back();
  return Secret(std::move(line));
}

Result<Secret> password_from_file(const std::string& flag, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return Error{ErrorKind::no_input, flag + " " + printable(path) + ": " + std::strerror(errno),
                 ""};
  }
  auto secret = password_from_fd(flag + " " + printable(path), fd);
  ::close(fd);
  return secret;
}

}  // namespace mqfail
