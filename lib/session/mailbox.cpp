// SPDX-License-Identifier: Apache-2.0
#include "session/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>
#include <variant>

namespace mqfail {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  close(fd_);
}

void Mailbox::happened(Event event) {
  // How far an attempt has come is asked only when its time is over: not worth a wake-up.
  const bool urgent = !std::holds_alternative<event::Reached>(event);
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  if (urgent) stirred();
}

void Mailbox::stirred() {
  // One system call for all that happens between two looks.
  if (!rung_.exchange(true)) eventfd_write(fd_, 1);
}

std::vector<Event> Mailbox::take() {
  if (rung_.load()) {
    eventfd_t count = 0;
    eventfd_read(fd_, &count);
    // Before the events are taken: whoever comes now rings again.
    rung_ = false;
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

}  // namespace mqfail
