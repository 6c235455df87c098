// SPDX-License-Identifier: Apache-2.0
// Notices that a document was changed while the run goes on (failover.md section 5), whether it was
// written in place or replaced. Rule: inotify only wakes; what decides is whether the file behind
// the name is another one than before.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace mqfail {

/// Thread: the session's. Owns its inotify descriptor.
class DocumentWatch {
 public:
  /// Watches the folders of `paths`, and the folders above in case one is made anew; where a path
  /// is a link, those of what it points to as well. What changed after `since`, when reading began,
  /// is a change already. Errors (configuration): the system has no inotify to give.
  static Result<DocumentWatch> open(const std::vector<std::string>& paths, TimePoint since);

  DocumentWatch(DocumentWatch&& other) noexcept;
  DocumentWatch& operator=(DocumentWatch&&) = delete;
  DocumentWatch(const DocumentWatch&) = delete;
  DocumentWatch& operator=(const DocumentWatch&) = delete;
  ~DocumentWatch();

  /// To be polled for input; -1 while a change is being waited out.
  int fd() const { return due_ ? -1 : fd_; }
  /// The descriptor is readable: something happened beside the documents.
  void ready(TimePoint now);
  /// When to ask changed().
  std::optional<TimePoint> deadline() const { return due_; }
  /// True once for each change, a moment after it: one change may be many writes.
  bool changed(TimePoint now);

 private:
  // The file behind a name, as far as a change of it would show.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec altered{};  // ctime: a rename into place shows here
    friend bool operator==(const Identity& a, const Identity& b) {
      const auto same = [](const timespec& one, const timespec& other) {
        return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
      };
      return a.device == b.device && a.inode == b.inode && a.size == b.size &&
             same(a.modified, b.modified) && same(a.altered, b.altered);
    }
  };
  struct Document {
    std::string path;
    Identity last;
  };

  explicit DocumentWatch(int fd) : fd_(fd) {}
  static Identity identify(const std::string& path);
  void watch_folders() const;

  int fd_;
  std::vector<Document> documents_;
  std::optional<TimePoint> due_;
};

}  // namespace mqfail
