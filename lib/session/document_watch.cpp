// SPDX-License-Identifier: Apache-2.0
#include "session/document_watch.hpp"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include "session/clock.hpp"

namespace mqfail {
namespace {

// Long enough for an editor that writes, renames and removes; nobody notices it.
constexpr auto kSettle = std::chrono::milliseconds(50);
// File times are the kernel's ticks: they lie up to this far back.
constexpr auto kTick = std::chrono::milliseconds(10);
// As many as the kernel follows.
constexpr int kMostLinks = 40;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What a link says; empty, if it is none.
std::string target_of(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

Duration since_epoch(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

// In the clock of file times.
Duration wall_clock_at(TimePoint moment) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return since_epoch(now) - (steady_now() - moment);
}

}  // namespace

Result<DocumentWatch> DocumentWatch::open(const std::vector<std::string>& paths, TimePoint since) {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    return Error{ErrorKind::configuration,
                 std::string("changes of the documents are not noticed: ") + std::strerror(errno),
                 "SIGHUP reads them again"};
  }
  DocumentWatch watch(fd);
  const Duration begin = wall_clock_at(since) - kTick;
  for (const std::string& path : paths) watch.documents_.push_back({path, {}});
  watch.watch_folders();
  for (Document& document : watch.documents_) {
    document.last = FileIdentity::of(document.path);
    if (since_epoch(document.last.altered) >= begin) {
      document.last = {};
      watch.due_ = since;
    }
  }
  return watch;
}

DocumentWatch::DocumentWatch(DocumentWatch&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      documents_(std::move(other.documents_)),
      due_(other.due_) {}

DocumentWatch::~DocumentWatch() {
  if (fd_ >= 0) close(fd_);
}

// Again after each event: a folder that was removed and made anew is another one, and so is what a
// link points to. Watching the same twice is watching it once.
void DocumentWatch::watch_folders() const {
  for (const Document& document : documents_) {
    std::string path = document.path;
    for (int links = 0; links <= kMostLinks; ++links) {
      const std::string folder = folder_of(path);
      inotify_add_watch(fd_, folder_of(folder).c_str(),
                        IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD);
      inotify_add_watch(fd_, folder.c_str(),
                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                            IN_ONLYDIR | IN_MASK_ADD);
      const std::string next = target_of(path);
      if (next.empty()) break;
      path = next.front() == '/' ? next : folder + "/" + next;
    }
  }
}

void DocumentWatch::on_poll(TimePoint now) {
  if (!due_) due_ = now + kSettle;
}

bool DocumentWatch::changed(TimePoint now) {
  if (!due_ || now < *due_) return false;
  due_.reset();
  alignas(inotify_event) std::array<char, 4096> events{};
  while (read(fd_, events.data(), events.size()) > 0) {
  }
  watch_folders();
  bool any = false;
  for (Document& document : documents_) {
    const FileIdentity now_there = FileIdentity::of(document.path);
    any = any || !(now_there == document.last);
    document.last = now_there;
  }
  return any;
}

}  // namespace mqfail
