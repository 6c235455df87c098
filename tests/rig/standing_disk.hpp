// SPDX-License-Identifier: Apache-2.0
// A disk that can stand still, as NFS without its server does: bindfs, frozen. Whoever writes to it
// or reads from it waits in the kernel. It needs mounts of the test's own (own_mounts.hpp).
#pragma once

#include "rig/process.hpp"

namespace rig {

class StandingDisk {
 public:
  /// Throws Broken if there can be no such disk here.
  StandingDisk();
  /// Goes on, and is unmounted.
  ~StandingDisk();
  StandingDisk(const StandingDisk&) = delete;
  StandingDisk& operator=(const StandingDisk&) = delete;

  std::string path(std::string_view name) const { return (there_ / name).string(); }
  /// The same file without the disk: what was written can be read while it stands still.
  std::string behind(std::string_view name) const { return (stored_ / name).string(); }
  void stand_still();
  void go_on();

 private:
  Scratch stored_, there_;
  Process bindfs_;
};

}  // namespace rig
