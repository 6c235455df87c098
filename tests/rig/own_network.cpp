// SPDX-License-Identifier: Apache-2.0
#include "rig/own_network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rig/basics.hpp"

namespace rig {
namespace {

void write_once(const char* path, const std::string& text) {
  const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd || !write_all(fd.get(), text)) throw Broken(std::string(path) + ": cannot be written");
}

}  // namespace

std::string enter_own_network() {
  if (::unshare(CLONE_NEWNET) != 0) {
    const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
      return std::string("no network namespace: ") + std::strerror(errno);
    write_once("/proc/self/setgroups", "deny");
    write_once("/proc/self/uid_map", user + " " + user + " 1");
    write_once("/proc/self/gid_map", group + " " + group + " 1");
  }
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0)
    throw Broken(std::string("loopback does not come up: ") + std::strerror(errno));
  return {};
}

}  // namespace rig
