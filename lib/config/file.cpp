// SPDX-License-Identifier: Apache-2.0
#include "config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"
#include "config/descriptor.hpp"
#include "config/json_reader.hpp"

namespace mqfail {
namespace {

Error unreadable(const std::string& path, int error) {
  return {ErrorKind::no_input, "cannot read " + shown_path(path) + ": " + std::strerror(error), ""};
}

Result<std::string> read_all(int fd, const std::string& path, std::size_t limit) {
  std::string text;
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) return unreadable(path, EISDIR);
  std::size_t used = 0;
  std::size_t step =
      status.st_size > 0 ? std::min(static_cast<std::size_t>(status.st_size), limit) + 1 : 65536;
  while (true) {
    if (used == text.size()) {
      text.reserve(used + std::max(step, used) + kDocumentPadding);
      text.resize(used + std::max(step, used));
      step = 65536;
    }
    const ssize_t got = read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) {
      return Error{ErrorKind::data,
                   shown_path(path) + " is larger than " + std::to_string(limit) + " bytes", ""};
    }
  }
  text.resize(used);
  return text;
}

}  // namespace

std::string shown_path(const std::string& path) {
  return path == "-" ? "<stdin>" : printable(path);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_all(STDIN_FILENO, path, limit);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return unreadable(path, errno);
  return read_all(file.get(), path, limit);
}

Result<Secret> read_password_file(const std::string& path) {
  constexpr std::size_t kLimit = 65536;
  auto text = read_file(path, kLimit);
  if (!text) return text.error();
  std::string line = text->substr(0, text->find('\n'));
  explicit_bzero(text->data(), text->size());
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty())
    return Error{ErrorKind::data, "the first line of " + shown_path(path) + " is empty",
                 "it holds the password"};
  return Secret(std::move(line));
}

Result<Done> check_readable(const std::string& path) {
  // O_NONBLOCK: a FIFO must not make the check wait for a writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return unreadable(path, errno);
  return Done{};
}

}  // namespace mqfail
