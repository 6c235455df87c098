// SPDX-License-Identifier: Apache-2.0
// Where the transport's threads leave word for the session: events in order, and a bell. Rare
// things come through here; messages and acknowledgements wait in the transport and only ring the
// bell.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "transport/transport.hpp"

namespace mqfail {

class Mailbox final : public TransportListener {
 public:
  /// Fails if the process may open no more descriptors.
  static Result<std::unique_ptr<Mailbox>> make();
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Event event) override;
  void wake() override;

  /// Readable when the bell was rung since the last take().
  int fd() const { return fd_; }
  /// All events so far; silences the bell. Session's thread.
  std::vector<Event> take();

 private:
  explicit Mailbox(int fd) : fd_(fd) {}

  const int fd_;
  std::atomic<bool> rung_{false};
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace mqfail
