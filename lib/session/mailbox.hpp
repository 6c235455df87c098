// SPDX-License-Identifier: Apache-2.0
// Where other threads leave word for the session: events of the transport in order, lists that were
// read, and a bell. Rare things come through here, such as messages on watched topics; all other
// messages and acknowledgements wait in the transport and only ring the bell.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "session/list_news.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// A message on a watched topic.
struct Heard {
  AttemptId attempt{};
  std::string topic;
  std::string payload;
  std::optional<std::string> correlation;  ///< its correlation data
  bool retained = false;
  bool too_large = false;  ///< above Mailbox::kHeardBytes; `payload` is empty
};

/// All that other threads have left.
struct Mail {
  std::vector<Event> events;    ///< in order
  std::deque<Heard> heard;      ///< in order
  std::vector<ListNews> lists;  ///< in order
};

class Mailbox final : public TransportListener {
 public:
  /// A larger payload on a watched topic is not copied (bytes).
  static constexpr std::size_t kHeardBytes = 1U << 20U;
  /// Of what was heard and not taken the oldest is dropped above this (bytes): on a topic that is
  /// watched the newest message counts.
  static constexpr std::size_t kUntakenBytes = 4U << 20U;

  /// Fails if the process may open no more descriptors.
  static Result<std::unique_ptr<Mailbox>> make();
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(Event event) override;
  void wake() override;
  void heard(AttemptId attempt, const Message& message) override;
  /// A list was read, or could not be read.
  void bring(ListNews news);

  /// Whether the calling thread does the session's work: what it leaves itself needs no bell. It
  /// looks at has_news_here() before it waits.
  void work_here(bool on);
  /// The thread that does the session's work has seen the bell ring; it silences no other one.
  void bell_heard() { bell_heard_ = true; }
  bool has_news_here() const { return news_here_; }
  /// Readable when the bell was rung since the last take().
  int fd() const { return fd_; }
  /// Silences the bell and takes all that has come so far, in one step: what was taken before the
  /// bell is silent could miss the news that it rang for. Session's thread.
  Mail take();

 private:
  explicit Mailbox(int fd) : fd_(fd) {}

  const int fd_;
  bool news_here_ = false;   // of the thread that does the session's work
  bool bell_heard_ = false;  // since it silenced the bell
  std::atomic<bool> rung_{false};
  std::mutex mutex_;
  Mail mail_;
  std::size_t heard_bytes_ = 0;  // in mail_.heard
};

}  // namespace mqfail
