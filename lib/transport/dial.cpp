// SPDX-License-Identifier: Apache-2.0
#include "transport/dial.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

constexpr auto kNextAddressAfter = std::chrono::milliseconds(250);

/// The connects that are under way; closes what it still has.
class Race {
 public:
  ~Race() {
    for (const Runner& runner : runners_) close(runner.fd);
  }

  // 0 if it runs or has arrived, else errno.
  int start(const Address& address) {
    const int fd =
        socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
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

  bool empty() const { return runners_.empty(); }

  // Those that have neither arrived nor failed.
  std::vector<Address> under_way() const {
    std::vector<Address> all;
    for (const Runner& runner : runners_) all.push_back(runner.address);
    return all;
  }

  // Waits for a runner to arrive, to fail, for `stop`, or for the time to start another one.
  // The winner's descriptor, or -1; `error` is the last failure.
  int wait(const StopSwitch& stop, int timeout_ms, int& error, std::string& address) {
    std::vector<pollfd> fds;
    for (const Runner& runner : runners_) fds.push_back({runner.fd, POLLOUT, 0});
    fds.push_back({stop.fd(), POLLIN, 0});
    if (poll(fds.data(), fds.size(), timeout_ms) <= 0) return -1;
    for (std::size_t i = fds.size() - 1; i-- > 0;) {
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

 private:
  struct Runner {
    int fd;
    Address address;
  };
  std::vector<Runner> runners_;
};

// Empty, and `error` is set, if there is none.
std::vector<Address> resolve(const Server& server, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  error = getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  std::vector<Address> out;
  if (error != 0) return out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address& address = out.emplace_back();
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  freeaddrinfo(found);
  return out;
}

}  // namespace

bool is_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const bool is = getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0;
  if (is) freeaddrinfo(found);
  return is;
}

StopSwitch::StopSwitch() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), error_(errno) {}
StopSwitch::~StopSwitch() {
  if (fd_ >= 0) close(fd_);
}
void StopSwitch::stop() {
  stopped_ = true;
  if (fd_ >= 0) eventfd_write(fd_, 1);
}

void AddressMemory::tried_in_vain(const Server& server, const std::string& address) {
  if (address.empty()) return;
  const std::lock_guard lock(mutex_);
  last_[endpoint_key(server)] = address;
}

std::string AddressMemory::last_in_vain(const Server& server) const {
  const std::lock_guard lock(mutex_);
  const auto found = last_.find(endpoint_key(server));
  return found == last_.end() ? std::string() : found->second;
}

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&bytes), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return bracketed(host.data()) + ":" + port.data();
}

std::vector<Address> in_dialling_order(const std::vector<Address>& resolved,
                                       const std::string& last_in_vain) {
  std::vector<Address> first, others;
  for (const Address& one : resolved) {
    (one.family() == resolved.front().family() ? first : others).push_back(one);
  }
  std::vector<Address> order;
  for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < others.size()) order.push_back(others[i]);
  }
  if (last_in_vain.empty()) return order;
  const auto last = std::find_if(order.begin(), order.end(),
                                 [&](const Address& one) { return one.text() == last_in_vain; });
  if (last != order.end()) std::rotate(order.begin(), last + 1, order.end());
  return order;
}

std::variant<Dialled, Reason> Dialler::next(const std::function<void()>& resolved) {
  if (stop_.error() != 0) return Reason{Cause::local, Phase::dns, stop_.error(), false, {}};
  if (!std::exchange(resolved_, true)) {
    const TimePoint begin = wire_now();
    int failure = 0;
    addresses_ = in_dialling_order(resolve(server_, failure), memory_.last_in_vain(server_));
    looked_up_ = wire_now() - begin;
    several_ = addresses_.size() > 1;
    if (addresses_.empty()) {
      const char* const text = failure == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(failure);
      return Reason{Cause::dns, Phase::dns, failure, false, text};
    }
  }
  resolved();
  const TimePoint begin = wire_now();
  Dialled result;
  result.dns = looked_up_;
  Race race;
  std::string last;  // the last one that was begun: the next attempt goes on behind it
  int error = ECONNREFUSED;
  while (!stop_.stopped() && !(addresses_.empty() && race.empty())) {
    if (!addresses_.empty()) {
      if (several_) last = addresses_.front().text();
      if (const int refused = race.start(addresses_.front()); refused != 0) error = refused;
      addresses_.erase(addresses_.begin());
      if (race.empty()) continue;
    }
    const int wait_ms = addresses_.empty() ? -1 : static_cast<int>(kNextAddressAfter.count());
    result.fd = race.wait(stop_, wait_ms, error, result.address);
    if (result.fd < 0) continue;
    result.tcp = wire_now() - begin;
    const std::vector<Address> slower = race.under_way();
    addresses_.insert(addresses_.begin(), slower.begin(), slower.end());
    return result;
  }
  memory_.tried_in_vain(server_, last);
  const bool ours = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
  return Reason{ours ? Cause::local : Cause::refused, Phase::tcp, error, false, {}};
}

}  // namespace mqfail
