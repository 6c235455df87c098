// SPDX-License-Identifier: Apache-2.0
#include "session/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace mqfail {
namespace {

thread_local const Mailbox* t_of_this_thread = nullptr;  // of the session whose work it does

std::size_t cost(const Heard& one) {
  return sizeof one + one.topic.size() + one.payload.size() +
         (one.correlation ? one.correlation->size() : 0);
}

}  // namespace

Result<std::unique_ptr<Mailbox>> Mailbox::make() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) {
    return Error{ErrorKind::temporary,
                 std::string("no descriptor to wake up by: ") + std::strerror(errno),
                 "raise the limit of open files (ulimit -n)"};
  }
  return std::unique_ptr<Mailbox>(new Mailbox(fd));
}

Mailbox::~Mailbox() {
  close(fd_);
}

void Mailbox::post(Event event) {
  // How far an attempt has come is asked only when its time is over: not worth a wake-up.
  const bool urgent = !std::holds_alternative<event::Reached>(event);
  {
    const std::lock_guard lock(mutex_);
    mail_.events.push_back(std::move(event));
  }
  if (urgent) wake();
}

void Mailbox::work_here(bool on) {
  t_of_this_thread = on ? this : nullptr;
}

void Mailbox::wake() {
  if (t_of_this_thread == this) {
    news_here_ = true;
    return;
  }
  // One system call for all that happens between two looks.
  if (!rung_.exchange(true)) eventfd_write(fd_, 1);
}

void Mailbox::heard(AttemptId attempt, const Message& message) {
  const bool too_large = message.payload.size() > kHeardBytes;
  Heard one{.attempt = attempt,
            .topic = std::string(message.topic),
            .payload = std::string(too_large ? "" : message.payload),
            .correlation = {},
            .retained = message.retain,
            .too_large = too_large};
  if (message.properties != nullptr) one.correlation = message.properties->correlation_data;
  {
    const std::lock_guard lock(mutex_);
    heard_bytes_ += cost(one);
    mail_.heard.push_back(std::move(one));
    while (heard_bytes_ > kUntakenBytes) {
      heard_bytes_ -= cost(mail_.heard.front());
      mail_.heard.pop_front();
    }
  }
  wake();
}

Mail Mailbox::take() {
  news_here_ = false;
  // Even if rung_ is false: whoever set it before the last look may have rung only behind it. And
  // first: read after rung_ is cleared, a bell would be silenced that rung_ says is ringing.
  // Whoever rings in between is heard below. A thread that waits for the bell itself has been told
  // whether it rings (bell_heard()), and saves the system call.
  if (t_of_this_thread != this || std::exchange(bell_heard_, false)) {
    eventfd_t count = 0;
    eventfd_read(fd_, &count);
    rung_ = false;
  }
  const std::lock_guard lock(mutex_);
  heard_bytes_ = 0;
  return std::exchange(mail_, {});
}

void Mailbox::bring(ListNews news) {
  {
    const std::lock_guard lock(mutex_);
    mail_.lists.push_back(std::move(news));
  }
  wake();
}

}  // namespace mqfail
