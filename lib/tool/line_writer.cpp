// SPDX-License-Identifier: Apache-2.0
#include "tool/line_writer.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/write.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr auto kPatience = std::chrono::milliseconds(500);

constexpr int kMostRounds = 20;

bool has_room(int fd) {
  pollfd one{fd, POLLOUT, 0};
  return poll(&one, 1, 0) == 1 && one.revents == POLLOUT;
}

bool is_always_ready(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return true;
  return S_ISCHR(status.st_mode) && isatty(fd) == 0;
}

// The thread that is made here takes no signals.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct LineWriter::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> lines;  // the first is being written
  std::size_t bytes = 0;
  bool ended = false;
  std::atomic<int> error{0};  // errno of the first write that failed

  void write(int fd, std::string_view line) {
    int none = 0;
    if (const int failed = write_all(fd, line)) error.compare_exchange_strong(none, failed);
  }

  void work(int fd) {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return ended || !lines.empty(); });
      if (lines.empty()) return;
      const std::string& line = lines.front();
      lock.unlock();
      write(fd, line);
      lock.lock();
      bytes -= line.size();
      lines.pop_front();
      if (lines.empty()) changed.notify_all();
    }
  }
};

LineWriter::LineWriter(int fd, Note note)
    : fd_(fd), note_(std::move(note)), queue_(std::make_shared<Queue>()) {}

LineWriter::~LineWriter() {
  drain();
  const std::lock_guard lock(queue_->mutex);
  queue_->ended = true;
  queue_->changed.notify_all();
}

bool LineWriter::start() {
  if (way_ == Way::undecided && is_always_ready(fd_)) way_ = Way::direct;
  if (way_ == Way::undecided) {
    const SignalsBlocked blocked;
    try {
      std::thread([queue = queue_, fd = fd_] { queue->work(fd); }).detach();
      way_ = Way::thread;
    } catch (const std::system_error&) {
      way_ = Way::direct;  // there is no thread to be had
    }
  }
  return way_ == Way::thread;
}

void LineWriter::put(std::string line, bool last) {
  if (!start()) {
    queue_->write(fd_, line);
    return;
  }
  const std::lock_guard lock(queue_->mutex);
  const bool room = queue_->lines.empty() || queue_->bytes + line.size() <= kMostBytes;
  if (!room && !last) {
    ++dropped_;
    return;
  }
  const auto push = [this](std::string one) {
    queue_->bytes += one.size();
    queue_->lines.push_back(std::move(one));
  };
  if (dropped_ != 0) push(note_(std::exchange(dropped_, 0)));
  push(std::move(line));
  queue_->changed.notify_all();
}

int LineWriter::error() const {
  return queue_->error;
}

bool LineWriter::idle() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->lines.empty();
}

// On a busy machine the thread may not have run at all.
void LineWriter::drain() {
  std::unique_lock lock(queue_->mutex);
  const auto written = [this] { return queue_->lines.empty(); };
  for (int round = 0; round < kMostRounds; ++round) {
    if (queue_->changed.wait_for(lock, kPatience, written) || !has_room(fd_)) return;
  }
}

}  // namespace mqfail
