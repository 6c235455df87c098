// SPDX-License-Identifier: Apache-2.0
#include "transport/dial.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "transport/race.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

// Waits for a runner to arrive, to fail, for `stop`, or for the time to start another one.
// The winner's descriptor, or -1; `error` is the last failure.
int wait(Race& race, const StopSwitch& stop, int timeout_ms, int& error, std::string& address) {
  std::vector<pollfd> fds;
  for (const Race::Runner& runner : race.runners()) fds.push_back({runner.fd, POLLOUT, 0});
  fds.push_back({stop.fd(), POLLIN, 0});
  if (poll(fds.data(), fds.size(), timeout_ms) <= 0) return -1;
  return race.arrived(error, address);
}

// Empty, and `error` is set, if there is none.
std::vector<Address> resolve(const Server& server, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  error = getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (error != 0) return {};
  std::vector<Address> out = addresses_in(found);
  freeaddrinfo(found);
  return out;
}

}  // namespace

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

std::variant<Dialled, Reason> Dialler::next(const std::function<void()>& resolved) {
  if (stop_.error() != 0) return Reason{Cause::local, Phase::dns, stop_.error(), false, {}};
  if (!std::exchange(resolved_, true)) {
    const TimePoint begin = wire_now();
    int failure = 0;
    addresses_ = in_dialling_order(resolve(server_, failure), memory_.last_in_vain(server_));
    looked_up_ = wire_now() - begin;
    several_ = addresses_.size() > 1;
    if (addresses_.empty()) {
      return Reason{Cause::dns, Phase::dns, failure, false, lookup_failure(server_.host, failure)};
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
    const int wait_ms = addresses_.empty() ? -1 : kNextAddressAfterMs;
    result.fd = wait(race, stop_, wait_ms, error, result.address);
    if (result.fd < 0) continue;
    result.tcp = wire_now() - begin;
    const std::vector<Address> slower = race.under_way();
    addresses_.insert(addresses_.begin(), slower.begin(), slower.end());
    return result;
  }
  memory_.tried_in_vain(server_, last);
  return Reason{is_our_limit(error) ? Cause::local : Cause::refused, Phase::tcp, error, false, {}};
}

}  // namespace mqfail
