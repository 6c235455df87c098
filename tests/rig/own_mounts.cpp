// SPDX-License-Identifier: Apache-2.0
#include "rig/own_mounts.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

namespace rig {
namespace {

std::string outcome(int result, const std::string& there) {
  if (result == 0) return {};
  return "nothing can be mounted on " + there + ": " + std::strerror(errno);
}

}  // namespace

std::string enter_own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr))
    return std::string("no mount namespace: ") + std::strerror(errno);
  return {};
}

std::string cover_with_nothing(const std::string& there, const std::string& options) {
  return outcome(::mount("tmpfs", there.c_str(), "tmpfs", 0, options.c_str()), there);
}

std::string cover(const std::string& there, const std::string& own) {
  return outcome(::mount(own.c_str(), there.c_str(), nullptr, MS_BIND, nullptr), there);
}

}  // namespace rig
