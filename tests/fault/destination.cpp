// SPDX-License-Identifier: Apache-2.0
#include "fault/destination.hpp"

#include <sys/socket.h>

#include <atomic>
#include <csignal>

namespace fault {

using namespace rig;

void Record::add(Publish publish) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t number = number_of(publish.payload).value_or(0);
  all_.push_back({std::move(publish), Clock::now()});
  if (number != 0 && number < seen_.size() && !seen_[number]) {
    seen_[number] = true;
    ++distinct_;
    while (complete_to_ + 1 < seen_.size() && seen_[complete_to_ + 1]) ++complete_to_;
  }
  changed_.notify_all();
}

std::uint32_t Record::distinct() {
  const std::lock_guard lock(mutex_);
  return distinct_;
}

bool Record::has_all_to(std::uint32_t last) {
  const std::lock_guard lock(mutex_);
  return complete_to_ >= last;
}

void Record::wait_for_more(milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::size_t before = all_.size();
  changed_.wait_for(lock, patience, [&] { return all_.size() != before; });
}

std::vector<Recorded> Record::all() {
  const std::lock_guard lock(mutex_);
  return all_;
}

class Destination::Reader {
 public:
  Reader(std::uint16_t port, Record& record)
      : client_(port, {"reader", 5, true, {}, {}}), record_(record) {
    client_.subscribe("out/#", 0);
    thread_ = std::thread([this] { run(); });
  }
  ~Reader() {
    stop_ = true;
    ::shutdown(client_.fd(), SHUT_RDWR);
    wait_for_the_end();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  /// Waits until all is recorded that the server, which was killed, has sent.
  void wait_for_the_end() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    try {
      while (!stop_)
        if (auto publish = client_.receive(1s)) record_.add(std::move(*publish));
    } catch (const Broken&) {
      // The server died. What arrived before is recorded.
    }
  }
  Client client_;
  Record& record_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Destination::Destination(Record& record) : record_(record) {
  reader_ = std::make_unique<Reader>(server_.port(), record_);
}

Destination::~Destination() = default;

void Destination::kill(int signal) {
  if (signal == SIGKILL)
    server_.kill9();
  else
    server_.terminate();
  reader_->wait_for_the_end();
  proxy_.die();
}

void Destination::rise() {
  server_.restart();
  reader_ = std::make_unique<Reader>(server_.port(), record_);
  proxy_.rise();
}

}  // namespace fault
