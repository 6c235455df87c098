// SPDX-License-Identifier: Apache-2.0
#include "session/loop.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/timeout.hpp"
#include "session/clock.hpp"

namespace mqfail {
namespace {

/// The turns of one session, on whichever thread calls.
class Loop final : public Guest {
 public:
  Loop(Session& session, const Waiting& waiting) : session_(session), waiting_(waiting) {}

  /// One turn. False: the session is over.
  bool turn() {
    const TimePoint now = steady_now();
    stirred_ = false;
    DocumentWatch* const documents = waiting_.documents;
    if (documents != nullptr && documents->changed(now)) waiting_.documents_changed();
    until_ = session_.turn(now);
    if (waiting_.look) until_ = earlier(until_, waiting_.look(now));
    if (documents != nullptr) until_ = earlier(until_, documents->deadline());
    return !session_.is_over();
  }

  void wait() {
    std::vector<pollfd> fds;
    add(fds);
    const timespec timeout = until_ ? timeout_of(*until_ - steady_now()) : timespec{};
    if (ppoll(fds.data(), fds.size(), until_ ? &timeout : nullptr, nullptr) <= 0) return;
    after(fds.data(), fds.size());
  }

  // On the thread that receives. It must not wait for a server there: it would wait for itself.
  Wish work() override {
    stay(true);
    if (!is_due()) return Wish::nothing;
    if (turn() && !session_.wants_to_wait()) return Wish::look;
    stay(false);
    return Wish::home;
  }

  TimePoint add(std::vector<pollfd>& fds) override {
    const DocumentWatch* const documents = waiting_.documents;
    fds.push_back({waiting_.mailbox.fd(), POLLIN, 0});
    fds.push_back({waiting_.signal_fd, POLLIN, 0});
    fds.push_back({documents == nullptr ? -1 : documents->fd(), POLLIN, 0});
    waiting_.work.poll_fds(fds);
    if (waiting_.mailbox.has_news_here()) return TimePoint{};  // long ago: at once
    return until_.value_or(TimePoint::max());
  }

  void after(const pollfd* fds, std::size_t count) override {
    stirred_ = std::any_of(fds, fds + count, [](const pollfd& one) { return one.revents != 0; });
    if (!stirred_) return;
    const TimePoint now = steady_now();
    waiting_.work.on_poll(fds + kOwn, count - kOwn, now);
    if (fds[0].revents != 0) waiting_.mailbox.bell_heard();
    if (fds[2].revents != 0) waiting_.documents->on_poll(now);
    signalfd_siginfo info{};
    if (fds[1].revents != 0 && read(waiting_.signal_fd, &info, sizeof info) == sizeof info) {
      session_.signalled(static_cast<int>(info.ssi_signo));
    }
  }

 private:
  static constexpr std::size_t kOwn = 3;  // descriptors that are not the Work's

  bool is_due() const {
    return stirred_ || waiting_.mailbox.has_news_here() || (until_ && *until_ <= steady_now());
  }
  void stay(bool here) {
    if (std::exchange(here_, here) == here) return;
    waiting_.mailbox.work_here(here);
    session_.may_wait(!here);
  }

  Session& session_;
  const Waiting& waiting_;
  std::optional<TimePoint> until_;
  bool stirred_ = false;  // what the last wait was for has come
  bool here_ = false;     // a guest of the thread that receives
};

}  // namespace

int run(Session& session, const Waiting& waiting) {
  session.start(steady_now());
  Loop loop(session, waiting);
  while (loop.turn()) {
    if (waiting.work.waits_for_disk() || !waiting.transport.take_in(loop)) {
      loop.wait();
    } else if (session.is_over()) {
      break;
    }
  }
  return session.finish(steady_now());
}

}  // namespace mqfail
