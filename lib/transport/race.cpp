// SPDX-License-Identifier: Apache-2.0
#include "transport/race.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace mqfail {

void Race::clear() {
  for (const Runner& runner : runners_) close(runner.fd);
  runners_.clear();
}

int Race::start(const Address& address) {
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  runners_.push_back({fd, address});
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0 ||
      errno == EINPROGRESS) {
    return 0;
  }
  const int error = errno;
  close(fd);
  runners_.pop_back();
  return error;
}

std::vector<Address> Race::under_way() const {
  std::vector<Address> all;
  for (const Runner& runner : runners_) all.push_back(runner.address);
  return all;
}

int Race::arrived(int& error, std::string& address) {
  std::vector<pollfd> fds;
  for (const Runner& runner : runners_) fds.push_back({runner.fd, POLLOUT, 0});
  const timespec at_once{};
  if (ppoll(fds.data(), fds.size(), &at_once, nullptr) <= 0) return -1;
  for (std::size_t i = fds.size(); i-- > 0;) {
    if (fds[i].revents == 0) continue;
    const Runner runner = runners_[i];
    socklen_t size = sizeof error;
    int failure = 0;
    getsockopt(runner.fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    runners_.erase(runners_.begin() + static_cast<std::ptrdiff_t>(i));
    if (failure == 0) {
      address = runner.address.text();
      return runner.fd;
    }
    error = failure;
    close(runner.fd);
  }
  return -1;
}

bool is_our_limit(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

}  // namespace mqfail
