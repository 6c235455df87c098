// SPDX-License-Identifier: Apache-2.0
// What a transport tells, for tests that wait for it.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "transport/transport.hpp"

namespace mqfail::test {

inline ConnectSettings settings() {
  ConnectSettings connect;
  connect.client_id = "c";
  return connect;
}

/// Any thread may tell it, and any thread may wait.
class RecordedEvents final : public TransportListener {
 public:
  void post(Event event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    told_.notify_all();
  }
  void wake() override {}

  /// The first `What` about this attempt, which must come within 20 seconds.
  template <class What>
  What wait_for(AttemptId attempt) {
    std::unique_lock lock(mutex_);
    What found{};
    const bool came = told_.wait_for(lock, std::chrono::seconds(20), [&] {
      for (const Event& event : events_) {
        const auto* const one = std::get_if<What>(&event);
        if (one == nullptr || one->attempt != attempt) continue;
        found = *one;
        return true;
      }
      return false;
    });
    BOOST_REQUIRE(came);
    return found;
  }
  Reason failure_of(AttemptId attempt) { return wait_for<event::Failed>(attempt).reason; }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<Event> events_;
};

}  // namespace mqfail::test
