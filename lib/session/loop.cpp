// SPDX-License-Identifier: Apache-2.0
#include "session/loop.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "session/clock.hpp"

namespace mqfail {
namespace {

void wait(Session& session, const Waiting& waiting, std::optional<TimePoint> until) {
  DocumentWatch* const documents = waiting.documents;
  std::vector<pollfd> fds{{waiting.mailbox.fd(), POLLIN, 0},
                          {waiting.signal_fd, POLLIN, 0},
                          {documents == nullptr ? -1 : documents->fd(), POLLIN, 0}};
  const std::size_t own = fds.size();
  waiting.work.poll_fds(fds);
  timespec timeout{};
  if (until) {
    const auto left = std::max(*until - steady_now(), Duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timeout.tv_sec = seconds.count();
    timeout.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count();
  }
  if (ppoll(fds.data(), fds.size(), until ? &timeout : nullptr, nullptr) <= 0) return;
  const TimePoint now = steady_now();
  waiting.work.on_poll(fds.data() + own, fds.size() - own, now);
  if (fds[2].revents != 0) documents->on_poll(now);
  signalfd_siginfo info{};
  if (fds[1].revents != 0 && read(waiting.signal_fd, &info, sizeof info) == sizeof info) {
    session.signalled(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace

int run(Session& session, const Waiting& waiting) {
  DocumentWatch* const documents = waiting.documents;
  session.start(steady_now());
  while (true) {
    const TimePoint now = steady_now();
    if (documents != nullptr && documents->changed(now)) waiting.documents_changed();
    auto due = session.turn(now);
    if (waiting.look) due = earlier(due, waiting.look(now));
    if (session.is_over()) return session.finish(steady_now());
    wait(session, waiting, documents == nullptr ? due : earlier(due, documents->deadline()));
  }
}

}  // namespace mqfail
