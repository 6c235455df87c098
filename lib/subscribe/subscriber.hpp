// SPDX-License-Identifier: Apache-2.0
// The work of mqfail-sub: the new messages of all live connections to standard output, and only
// then their acknowledgements (delivery.md S1). Takes no more messages than the output has room
// for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "session/work.hpp"
#include "subscribe/novelty.hpp"
#include "subscribe/output.hpp"
#include "subscribe/retained_removal.hpp"

namespace mqfail {

struct SubscriberSettings {
  /// Appends what is to be printed for a message, in full, with its end of line.
  std::function<void(const Message&, const std::string& server_id, std::uint64_t epoch,
                     std::string& out)>
      format;
  std::optional<std::uint64_t> count;   ///< -C
  bool no_retained = false;             ///< -R
  bool retained_only = false;           ///< --retained-only
  bool until_subscribed = false;        ///< -E
  std::vector<std::string> filter_out;  ///< -T
  bool remove_retained = false;         ///< --remove-retained
  Duration keepalive{};                 ///< `stalled` is told after half of it
  NoveltySettings novelty;              ///< what of that which comes again is printed
  bool sequence_gaps = false;           ///< numbers missing at the end make the exit status 75
};

class Subscriber final : public Work {
 public:
  Subscriber(SubscriberSettings settings, Transport& transport, Announcer& announcer,
             Output& output);

  std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                               const ConnectionFacts& facts, TimePoint now) override;
  void offline(AttemptId attempt, TimePoint now) override;
  void leave(AttemptId attempt, TimePoint now) override;
  std::vector<Trouble> pump(TimePoint now) override;
  void poll_fds(std::vector<pollfd>& fds) const override;
  void on_poll(const pollfd* fds, std::size_t count) override;
  std::optional<TimePoint> deadline() const override;
  bool done() const override {
    if (output_.state() != Output::State::open) return done_;
    return done_ && !output_.pending() && (!removal_.is_busy() || removal_over_);
  }
  void stop(TimePoint now) override;
  int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) override;

 private:
  /// One write(2) carries about this much.
  static constexpr std::size_t kBatchBytes = 65536;
  /// Batches before the mailbox is looked at again.
  static constexpr int kBatches = 32;

  /// A connection that has, or may have, messages for us.
  struct Feed {
    AttemptId attempt;
    std::string server_id;
    std::uint64_t epoch;
    Novelty::Feed novelty;
    bool live = true;
    std::optional<std::uint64_t> last_ping{};  // its answer comes behind all that is to be taken
    TimePoint leave_by{};                      // the answer is waited for no longer
    std::optional<TimePoint> ahead_until{};    // it is ahead of the others, which have so long
    bool retained_over = false;                // a message that is not retained has come
  };
  struct Unacknowledged {
    AttemptId attempt;
    std::size_t count;
  };

  void move(TimePoint now);
  bool write_out(TimePoint now);
  void note_blocked(TimePoint now);
  void note_flowing(TimePoint now);
  bool collect(TimePoint now);
  bool is_over(const Feed& feed, TimePoint now) const;
  bool collect(Feed& feed, TimePoint now);
  bool take(const Message& message, Feed& feed, TimePoint now);
  bool is_ahead(const Message& message, Feed& feed, TimePoint now);
  void end_with_retained(TimePoint now);
  void note_number(Message& message, const Feed& feed);
  void tell_holes(TimePoint now);
  void tell_removals(Notice& exit);
  bool full() const { return output_.buffer().size() >= kBatchBytes; }

  SubscriberSettings settings_;
  Transport& transport_;
  Announcer& announcer_;
  Output& output_;

  Novelty novelty_;
  RetainedRemoval removal_;
  std::vector<Feed> feeds_;
  std::size_t turn_ = 0;                   // of the live feeds
  std::vector<Unacknowledged> in_buffer_;  // goes out with the buffer
  bool more_ = false;
  bool retained_over_ = false;  // of any
  bool done_ = false;
  std::optional<TimePoint>
      give_up_at_;  // a reader that has stopped reading does not hold up a stop
  std::optional<TimePoint> blocked_since_;
  bool told_stalled_ = false;
  std::optional<TimePoint>
      removal_until_;  // a server that is slow with it does not hold up the end
  bool removal_over_ = false;
  std::uint64_t received_ = 0, printed_ = 0, late_ = 0;

  // Holes in the numbers that were not told yet. The first is told at once, then one line a second.
  struct Holes {
    std::uint64_t count = 0, missing = 0;
    std::uint64_t first = 0;  // number missing; the rest is about the last hole
    std::string publisher, server_id;
    std::uint64_t epoch = 0;
  };
  Holes holes_;
  std::optional<TimePoint> told_holes_;
};

}  // namespace mqfail
