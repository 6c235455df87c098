// SPDX-License-Identifier: Apache-2.0
#include "rig/standing_disk.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>

namespace rig {
namespace {

dev_t device_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_dev : 0;
}

}  // namespace

StandingDisk::StandingDisk()
    : bindfs_({find_program("bindfs"), "-f", stored_.path().string(), there_.path().string()}) {
  const Moment until = Clock::now() + 10s;
  while (device_of(there_.path()) == device_of(stored_.path())) {
    if (!bindfs_.running() || Clock::now() > until)
      throw Broken("no bindfs: " + bindfs_.bytes(Stream::err));
    std::this_thread::sleep_for(5ms);  // no event tells of a mount
  }
}

StandingDisk::~StandingDisk() {
  go_on();
  ::umount2(there_.path().c_str(), MNT_DETACH);
  bindfs_.signal(SIGTERM);
  bindfs_.wait_exit(5s);
}

void StandingDisk::stand_still() {
  bindfs_.signal(SIGSTOP);
}

void StandingDisk::go_on() {
  bindfs_.signal(SIGCONT);
}

}  // namespace rig
