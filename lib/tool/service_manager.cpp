// SPDX-License-Identifier: Apache-2.0
#include "tool/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/number.hpp"

namespace mqfail {
namespace {

constexpr Duration kAgain = std::chrono::milliseconds(100);

std::string take_variable(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no thread yet
  std::string value = text == nullptr ? "" : text;
  unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value;
}

}  // namespace

ServiceManager ServiceManager::of_process() {
  std::string socket = take_variable("NOTIFY_SOCKET");
  const auto period = parse_number<std::int64_t>(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  const bool ours = pid.empty() || pid == std::to_string(getpid());
  if (!ours || !period || *period <= 0) return ServiceManager(std::move(socket));
  return ServiceManager(std::move(socket), Duration(*period));
}

ServiceManager::ServiceManager(std::string socket, std::optional<Duration> watchdog)
    : socket_(std::move(socket)) {
  if (socket_.empty() || socket_.size() >= sizeof(sockaddr_un{}.sun_path)) return;
  if (socket_.front() != '/' && socket_.front() != '@') return;
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (watchdog) every_ = *watchdog / 2;
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::move(other.socket_)),
      fd_(std::exchange(other.fd_, -1)),
      every_(other.every_),
      due_(other.due_),
      owed_(std::move(other.owed_)) {}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) ::close(fd_);
}

void ServiceManager::reloading(TimePoint now) {
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.time_since_epoch().count()), true);
}

// A manager that takes no more delays nothing. What matters is said again later.
void ServiceManager::say(const std::string& state, bool matters) {
  if (!listens()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API wants it so
  const ssize_t sent = ::sendto(fd_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&address), length);
  if (sent < 0 && errno == EAGAIN && matters) owed_ = state;
}

std::optional<TimePoint> ServiceManager::tend(TimePoint now) {
  if (!listens()) return std::nullopt;
  if (!owed_.empty()) say(std::exchange(owed_, {}), true);
  if (every_ && (!due_ || now >= *due_)) {
    due_ = now + *every_;
    say("WATCHDOG=1", false);
  }
  return owed_.empty() ? due_ : std::optional(std::min(now + kAgain, due_.value_or(now + kAgain)));
}

}  // namespace mqfail
