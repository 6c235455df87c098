// SPDX-License-Identifier: Apache-2.0
// Whether a file is still the one that it was.
#pragma once

#include <sys/stat.h>

#include <ctime>
#include <string>

namespace mqfail {

/// Of what a path names, links followed; all zero if it names nothing that can be asked.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};
  timespec altered{};  ///< ctime: a rename into place shows here

  static FileIdentity of(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
  }
  friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
    const auto same = [](const timespec& one, const timespec& other) {
      return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
    };
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           same(a.modified, b.modified) && same(a.altered, b.altered);
  }
};

}  // namespace mqfail
