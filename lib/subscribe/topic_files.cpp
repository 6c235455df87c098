// SPDX-License-Identifier: Apache-2.0
#include "subscribe/topic_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.hpp"
#include "base/siphash.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kKeptBytes = 65536;  // of the buffer of a file
constexpr std::string_view kHexadecimal = "0123456789ABCDEF";

bool stands_as_it_is(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || (c == '.' && !first);
}

bool sync_parent(const Descriptor& directory) {
  const Descriptor parent(openat(directory.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return parent && fsync(parent.get()) == 0;
}

Error cannot_use(const std::string& directory) {
  Error error = file_error(ErrorKind::cannot_create, "--output", directory, errno);
  error.hint = "name a directory in which you may write; it is made if its parent is there";
  return error;
}

}  // namespace

std::string topic_file_name(std::string_view topic) {
  std::string name;
  for (const char c : topic) {
    if (stands_as_it_is(c, name.empty())) {
      name += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    name += {'%', kHexadecimal[byte >> 4U], kHexadecimal[byte & 0xFU]};
  }
  if (name.size() <= kLongestName) return name;
  // The same in each run, so the key is none.
  const Digest digest = SipHash(SipKey{}).end(topic, topic.size());
  std::string hash = "~";
  for (const std::uint64_t half : {digest.first, digest.second}) {
    for (int shift = 60; shift >= 0; shift -= 4)
      hash += kHexadecimal[(half >> static_cast<unsigned>(shift)) & 0xFU];
  }
  return name.substr(0, kLongestName - hash.size()) + hash;
}

Result<TopicFiles> TopicFiles::open(const std::string& directory, bool sync) {
  const bool made = mkdir(directory.c_str(), 0777) == 0;
  if (!made && errno != EEXIST) return cannot_use(directory);
  Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return cannot_use(directory);
  if (faccessat(opened.get(), ".", W_OK | X_OK, 0) != 0) return cannot_use(directory);
  if (made && sync && !sync_parent(opened)) return cannot_use(directory);
  return TopicFiles(std::move(opened), printable(directory, 4096), sync);
}

std::string& TopicFiles::buffer(std::string_view topic) {
  if (last_ != nullptr) bytes_ += growth();
  const auto [place, is_new] = by_topic_.try_emplace(std::string(topic), files_.end());
  if (is_new) {
    if (files_.size() >= kMostOpen) {
      if (files_.back().dirty) write(files_.back());
      std::erase(dirty_, &files_.back());
      by_topic_.erase(files_.back().topic);
      files_.pop_back();
    }
    files_.push_front({place->first, topic_file_name(topic), {}, {}});
    place->second = files_.begin();
  } else {
    files_.splice(files_.begin(), files_, place->second);
  }
  last_ = &files_.front();
  before_ = last_->buffer.size();
  if (!std::exchange(last_->dirty, true)) dirty_.push_back(last_);
  return last_->buffer;
}

bool TopicFiles::write() {
  for (File* const file : dirty_) {
    if (state_ != State::open || !write(*file)) return false;
  }
  if (sync_ && std::exchange(new_names_, false) && fsync(directory_.get()) != 0) return fail();
  dirty_.clear();
  last_ = nullptr;
  bytes_ = 0;
  return state_ == State::open;
}

// All of the buffer or nothing.
bool TopicFiles::write(File& file) {
  file.dirty = false;
  if (file.buffer.empty()) return true;
  struct stat before {};
  if (file.descriptor && fstat(file.descriptor.get(), &before) != 0) return fail(file);
  if (before.st_nlink == 0) {  // it is not open, or somebody has deleted it
    // O_NOFOLLOW: a link that somebody has put there leads out of the directory.
    file.descriptor = Descriptor(openat(
        directory_.get(), file.name.c_str(),
        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0666));
    if (!file.descriptor || fstat(file.descriptor.get(), &before) != 0) return fail(file);
    new_names_ = true;
  }
  const int fd = file.descriptor.get();
  std::size_t written = 0;
  while (written < file.buffer.size()) {
    const ssize_t done = ::write(fd, file.buffer.data() + written, file.buffer.size() - written);
    if (done >= 0) {
      written += static_cast<std::size_t>(done);
    } else if (errno != EINTR) {
      const bool failed = fail(file);
      if (written > 0 && S_ISREG(before.st_mode) && ftruncate(fd, before.st_size) != 0)
        failed_ += " (it ends with a part of a message)";
      return failed;
    }
  }
  if (sync_ && fdatasync(fd) != 0) return fail(file);
  // Memory is bounded, however many files there are.
  if (file.buffer.capacity() > kKeptBytes) std::string().swap(file.buffer);
  file.buffer.clear();
  return true;
}

bool TopicFiles::fail() {
  error_ = errno;
  state_ = State::failed;
  return false;
}

bool TopicFiles::fail(const File& file) {
  failed_ += "/" + file.name;
  return fail();
}

}  // namespace mqfail
