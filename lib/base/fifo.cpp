// SPDX-License-Identifier: Apache-2.0
#include "base/fifo.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

Error cannot_open(const std::string& flag, const std::string& path) {
  Error error = file_error(ErrorKind::cannot_create, flag, path, errno);
  error.hint = "name a FIFO, or a path in a directory where one can be made";
  return error;
}

}  // namespace

Result<Fifo> Fifo::open(const std::string& flag, std::string path, End end) {
  Fifo fifo(flag, std::move(path), end);
  if (auto done = fifo.open_file(); !done) return done.error();
  return fifo;
}

Result<Done> Fifo::open_file() {
  // Two processes may make it at the same time.
  if (mkfifo(path_.c_str(), 0600) != 0 && errno != EEXIST) return cannot_open(flag_, path_);
  const int way = end_ == End::reading ? O_RDONLY : O_RDWR;
  Descriptor file(::open(path_.c_str(), way | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) return cannot_open(flag_, path_);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return cannot_open(flag_, path_);
  if (!S_ISFIFO(status.st_mode)) {
    return Error{ErrorKind::usage, flag_ + " " + printable(path_, 4096) + " is not a FIFO",
                 "name one that mkfifo(1) has made, or a path where nothing is"};
  }
  if (status.st_uid != geteuid()) {
    return Error{
        ErrorKind::configuration, flag_ + " " + printable(path_, 4096) + " belongs to another user",
        "whoever can write there decides what counts as delivered; use a FIFO of your own"};
  }
  file_ = std::move(file);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  return Done{};
}

bool Fifo::follow() {
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
    return false;
  return static_cast<bool>(open_file());
}

}  // namespace mqfail
