// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "base/write.hpp"

namespace mqfail {
namespace {

Error unreadable(const std::string& path, int error) {
  return {ErrorKind::no_input, "cannot read " + shown_path(path) + ": " + std::strerror(error), ""};
}

// More room, and nothing left behind in the old one: a document may hold passwords.
void grow(std::string& text, std::size_t size) {
  std::string larger;
  larger.reserve(size + kDocumentPadding);
  larger = text;
  larger.resize(size);
  explicit_bzero(text.data(), text.size());
  text.swap(larger);
}

}  // namespace

Result<std::string> read_descriptor(int fd, const std::string& path, std::size_t limit) {
  std::string text;
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) return unreadable(path, EISDIR);
  std::size_t used = 0;
  std::size_t step =
      status.st_size > 0 ? std::min(static_cast<std::size_t>(status.st_size), limit) + 1 : 65536;
  while (true) {
    if (used == text.size()) {
      grow(text, used + std::max(step, used));
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

std::string shown_path(const std::string& path) {
  return path == "-" ? "<stdin>" : printable(path);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_descriptor(STDIN_FILENO, path, limit);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return unreadable(path, errno);
  return read_descriptor(file.get(), path, limit);
}

Result<std::string> read_regular_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: a FIFO that has taken the place of the file must not be waited for.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return unreadable(path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return unreadable(path, errno);
  if (!S_ISREG(status.st_mode))
    return Error{ErrorKind::no_input,
                 "cannot read " + shown_path(path) + ": not a regular file now", ""};
  return read_descriptor(file.get(), path, limit);
}

bool is_stream(const std::string& path) {
  if (path == "-") return true;
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

Result<Secret> read_password_file(const std::string& path) {
  auto read = read_file(path, kLargestPasswordFile);
  if (!read) return read.error();
  return first_line(path, Secret(std::move(*read)));
}

Result<Secret> first_line(const std::string& path, const Secret& text) {
  std::string line = text.reveal().substr(0, text.reveal().find('\n'));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty())
    return Error{ErrorKind::data, "the first line of " + shown_path(path) + " is empty",
                 "it holds the password"};
  return Secret(std::move(line));
}

Error file_error(ErrorKind kind, std::string_view what, const std::string& path, int error) {
  return {kind, std::string(what) + " " + printable(path, 1024) + ": " + std::strerror(error), ""};
}

Result<Done> write_durably(Descriptor& file, std::string_view text, const std::string& path) {
  int error = write_all(file.get(), text);
  if (error == 0 && (fsync(file.get()) != 0 || file.close() != 0)) error = errno;
  if (error != 0) return file_error(ErrorKind::io, "cannot write", path, error);
  return Done{};
}

Result<Done> replace_file(const std::string& path, std::string_view text) {
  const std::size_t name = path.find_last_of('/') + 1;
  // The name of the temporary file does not end as that of the file does: a reader of all *.prom
  // files of the folder must not take it.
  const std::string temporary =
      path.substr(0, name) + temporary_name("." + path.substr(name).substr(0, 200) + ".");
  Descriptor file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error(ErrorKind::cannot_create, "cannot create", path, errno);
  int error = write_all(file.get(), text);
  if (error == 0 && (fchmod(file.get(), 0644) != 0 || file.close() != 0)) error = errno;
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return Done{};
  unlink(temporary.c_str());
  return file_error(ErrorKind::io, "cannot write", path, error);
}

std::string behind_links(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out(real);
  std::free(real);  // NOLINT(cppcoreguidelines-no-malloc): realpath(3) has allocated it
  return out;
}

namespace {
// A FIFO without a reader cannot be waited for by poll(2), and open(2) would wait for ever.
Descriptor open_to_write(const std::string& path, bool waits) {
  while (true) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    if (file || errno != ENXIO || !waits || end_waits()) return file;
    poll(nullptr, 0, 100);
  }
}
}  // namespace

Result<Done> put_file(const std::string& path, std::string_view text, bool waits) {
  const std::string target = behind_links(path);
  struct stat status {};
  if (stat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode))
    return replace_file(target, text);
  const Descriptor file = open_to_write(target, waits && S_ISFIFO(status.st_mode));
  using std::chrono::milliseconds;
  const int failed =
      file ? write_unless_ended(file.get(), text, waits ? milliseconds::max() : milliseconds(1000))
           : errno;
  if (failed != 0) return file_error(ErrorKind::io, "cannot write", path, failed);
  return Done{};
}

std::string temporary_name(std::string_view prefix) {
  std::array<unsigned char, 8> bytes{};
  // If the kernel gives none, O_EXCL still guards against a clash.
  if (getrandom(bytes.data(), bytes.size(), 0) < 0) bytes[0] = static_cast<unsigned char>(getpid());
  std::string name(prefix);
  for (const unsigned char byte : bytes) name += static_cast<char>('a' + byte % 26);
  return name;
}

Result<Done> make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) {
      return file_error(ErrorKind::cannot_create, "cannot create", part, errno);
    }
    if (slash == std::string::npos) break;
  }
  return Done{};
}

}  // namespace mqfail
