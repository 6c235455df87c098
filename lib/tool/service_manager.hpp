// SPDX-License-Identifier: Apache-2.0
// Reports to the service manager (sd_notify(3)): one datagram for each, and nobody waits for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace mqfail {

/// Thread: one. Without a service manager it does nothing.
class ServiceManager {
 public:
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, because they are
  /// meant for this process only. Before any thread starts.
  static ServiceManager of_process();

  /// `socket`: a path, or a name of the abstract namespace that begins with @; anything else means
  /// that nobody listens. `watchdog`: the manager ends a service that is silent for so long.
  explicit ServiceManager(std::string socket, std::optional<Duration> watchdog = std::nullopt);
  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  bool listens() const { return fd_ >= 0; }
  void ready() { say("READY=1", true); }
  /// `now` is CLOCK_MONOTONIC, as the manager wants it. ready() says that it is done.
  void reloading(TimePoint now);
  void stopping() { say("STOPPING=1", true); }
  /// One line for people.
  void status(std::string_view text) { say("STATUS=" + std::string(text), false); }

  /// To be called by the loop each time that it turns: keeps the watchdog quiet. Returns when it
  /// wants to be called again at the latest.
  std::optional<TimePoint> tend(TimePoint now);

 private:
  void say(const std::string& state, bool matters);

  std::string socket_;
  int fd_ = -1;
  std::optional<Duration> every_;  // half the time of the watchdog
  std::optional<TimePoint> due_;
  std::string owed_;  // what matters and found no room
};

}  // namespace mqfail
