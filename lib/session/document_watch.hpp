// SPDX-License-Identifier: Apache-2.0
// Notices that a document was changed while the run goes on (failover.md section 5), whether it was
// written in place or replaced. Rule: inotify only wakes; what decides is whether the file behind
// the name is another one than before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file_identity.hpp"
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
  void on_poll(TimePoint now);
  /// When to ask changed().
  std::optional<TimePoint> deadline() const { return due_; }
  /// True once for each change, a moment after it: one change may be many writes.
  bool changed(TimePoint now);

 private:
  struct Document {
    std::string path;
    FileIdentity last;
  };

  explicit DocumentWatch(int fd) : fd_(fd) {}
  void watch_folders() const;

  int fd_;
  std::vector<Document> documents_;
  std::optional<TimePoint> due_;
};

}  // namespace mqfail
