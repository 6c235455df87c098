// SPDX-License-Identifier: Apache-2.0
// A descriptor that becomes readable when a stop is requested, so that poll() ends by it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/descriptor.hpp"

namespace mqfail {

class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop) : wake_(stop, [this] { wake(); }) {}
  StopEvent(const StopEvent&) = delete;
  StopEvent& operator=(const StopEvent&) = delete;
  /// -1 if no descriptor was left.
  int fd() const { return event_.get(); }

 private:
  void wake() const {
    constexpr std::uint64_t kOne = 1;
    (void)!::write(event_.get(), &kOne, sizeof kOne);
  }

  Descriptor event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::stop_callback<std::function<void()>> wake_;
};

}  // namespace mqfail
