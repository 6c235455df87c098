// SPDX-License-Identifier: Apache-2.0
// The work of mqfail-sub: it writes the new messages of all live connections to standard output,
// and only then acknowledges them (delivery.md S1). It takes no more messages than the output has
// room for.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/work.hpp"
#include "subscribe/acknowledgements.hpp"
#include "subscribe/grants.hpp"
#include "subscribe/lost_numbers.hpp"
#include "subscribe/missing_report.hpp"
#include "subscribe/novelty.hpp"
#include "subscribe/output_stall.hpp"
#include "subscribe/retained_removal.hpp"
#include "subscribe/sink.hpp"
#include "subscribe/waiting_message.hpp"

namespace mqfail {

struct SubscriberSettings {
  /// Appends what is to be printed for a message, in full, with its end of line.
  std::function<void(const Message&, const std::string& server_id, std::uint64_t epoch,
                     std::string& out)>
      format;
  /// What `format` prints behind the payload, if that is all that it does to it: a large payload
  /// then goes to the output without a copy. Nothing: `format` makes each message.
  std::optional<std::string> end_of_plain_payload;
  std::optional<std::uint64_t> count;   ///< -C
  std::optional<Duration> idle_exit;    ///< done after so long without a message
  bool no_retained = false;             ///< -R
  bool retained_only = false;           ///< --retained-only
  bool until_subscribed = false;        ///< -E
  std::vector<std::string> filter_out;  ///< -T
  bool remove_retained = false;         ///< --remove-retained
  Duration keepalive{};        ///< `stalled` is told when the output takes nothing for half of it
  NoveltySettings novelty;     ///< which messages that come again are printed
  bool sequence_gaps = false;  ///< numbers missing at the end make the exit status 75
  std::vector<Subscription> subscriptions;  ///< what was asked for
  /// So many messages a server sends that are not acknowledged, if it forgets the others when it is
  /// left: no session is kept.
  std::optional<std::size_t> window;
  bool strict = false;                    ///< a server that grants less is not used
  std::optional<Duration> stale_timeout;  ///< a server without a message for so long is lost
};

class Subscriber final : public Work {
 public:
  /// `ack_from`: who says which messages may be acknowledged; null: those that are written.
  Subscriber(SubscriberSettings settings, Transport& transport, Announcer& announcer, Sink& output,
             std::unique_ptr<AckFrom> ack_from = nullptr);
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                               const ConnectionFacts& facts, TimePoint now) override;
  void offline(AttemptId attempt, TimePoint now) override;
  void listed(const std::vector<const Server*>& roster) override { novelty_.listed(roster.size()); }
  void leave(AttemptId attempt, TimePoint now) override;
  std::vector<Trouble> pump(TimePoint now) override;
  std::vector<AttemptId> take_finished() override { return std::exchange(finished_, {}); }
  void poll_fds(std::vector<pollfd>& fds) const override;
  void on_poll(const pollfd* fds, std::size_t count, TimePoint now) override;
  std::optional<TimePoint> deadline() const override;
  Counts counts() const override;
  bool done() const override {
    if (!done_ || output_.state() == Sink::State::failed) return done_;
    const bool acknowledged = !acknowledgements_.wait() || ack_over_;
    if (output_.state() == Sink::State::closed) return acknowledged;
    return !output_.pending() && (!removal_.is_busy() || removal_over_) && acknowledged;
  }
  bool waits_for_disk() const override { return output_.waits_for_disk(); }
  void stop(TimePoint now) override;
  int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) override;

 private:
  /// One write(2) carries about this much.
  static constexpr std::size_t kBatchBytes = 65536;
  /// From this size on a copy of the payload costs more than a write of its own (bytes).
  static constexpr std::size_t kLargePayload = 32768;
  /// How long a server that is ahead waits for the others, from when they can send.
  static constexpr auto kAheadPatience = std::chrono::milliseconds(250);
  static constexpr const char* kNotRead =
      "nothing more was read from the server while standard output was blocked";
  /// Batches before the mailbox is looked at again.
  static constexpr int kBatches = 32;

  /// A connection that has, or may have, messages for us.
  struct ReceivingConnection {
    AttemptId attempt;
    std::string server_id;
    std::uint64_t epoch;
    Protocol protocol;
    Novelty::Feed feed;
    bool live = true;
    std::optional<std::uint64_t> last_ping{};  // all messages to be taken come before its answer
    TimePoint leave_by{};                      // the answer is waited for until then
    bool was_held_up = false;                  // by the output, while its answer was waited for
    std::optional<std::deque<OwnMessage>> last{};  // what it held then; no more is taken
    std::optional<std::uint64_t> asked{};    // the ping that asks whether it has sent what it kept
    std::optional<TimePoint> ahead_until{};  // it is ahead of the others and waits for them so long
    TimePoint ahead_end{};                   // no longer, whatever holds them up
    bool retained_over = false;              // a message has come that is not retained
    TimePoint heard{};                       // when it was live, or its last message was seen
    std::deque<WaitingMessage> waiting{};
    std::size_t taken = 0, released = 0;  // messages; those released may be acknowledged
  };

  void move_messages(TimePoint now);
  std::optional<TimePoint> idle_at() const;
  std::optional<TimePoint> stale_at(const ReceivingConnection& connection) const;
  void find_stale(TimePoint now, std::vector<Trouble>& troubles) const;
  bool write_out(TimePoint now);
  void tell_what_may_be_lost(Duration blocked);
  void tell_unread(const ReceivingConnection& connection, int qos, std::string reason,
                   std::optional<Duration> blocked);
  bool collect(TimePoint now);
  bool is_over(const ReceivingConnection& connection, TimePoint now) const;
  void take_all(const ReceivingConnection& connection,
                const std::function<bool(const Message&)>& visit);
  void hold_last(ReceivingConnection& connection);
  bool collect_from(ReceivingConnection& connection, TimePoint now);
  bool take(const Message& message, ReceivingConnection& connection, TimePoint now);
  void ask(ReceivingConnection& connection, TimePoint now);
  static std::optional<TimePoint> ping_due(const ReceivingConnection& connection);
  void release(ReceivingConnection& connection);
  void print(Message message, const ReceivingConnection& connection);
  bool settle_doubts(ReceivingConnection& connection, TimePoint now);
  bool is_ahead(const Message& message, ReceivingConnection& connection, TimePoint now);
  void wait_anew(TimePoint now);
  void end_with_retained(TimePoint now);
  void note_number(Message& message, const ReceivingConnection& connection);
  void note_hole(const Message& message, const ReceivingConnection& connection);
  void acknowledgements_are_over(TimePoint now);
  void tell_removals(Notice& exit);
  void tell_unwritten(Notice& exit);
  bool full() const { return output_.size() >= kBatchBytes; }

  SubscriberSettings settings_;
  Transport& transport_;
  Announcer& announcer_;
  Sink& output_;

  Acknowledgements acknowledgements_;
  Grants grants_;
  Novelty novelty_;
  RetainedRemoval removal_;
  OutputStall stall_;
  MissingReport missing_report_;
  LostNumbers lost_numbers_;
  std::vector<ReceivingConnection> connections_;
  std::vector<AttemptId> finished_;
  std::optional<TimePoint> left_until_;  // the server that is left goes first so long
  std::size_t turn_ = 0;                 // of the live connections
  bool more_ = false;                    // the turn ended before the messages did
  bool drained_ = false;                 // this turn has seen all messages that have come
  bool retained_over_ = false;           // on any connection
  bool done_ = false;
  bool reader_gone_ = false;                // nobody reads the output any more
  std::optional<TimePoint> give_up_at_;     // a reader that does not read holds up the end so long
  std::optional<TimePoint> removal_until_;  // a slow server holds up the end so long
  bool removal_over_ = false;
  bool ack_over_ = false;  // --ack-from is not waited for any more
  bool abandoned_ = false;
  std::optional<TimePoint> last_heard_;  // on any connection, also one that is not there any more
  std::uint64_t received_ = 0, late_ = 0;
  std::uint64_t put_ = 0;        // into the buffer
  std::uint64_t put_qos_0_ = 0;  // of those that are not printed
  std::uint64_t printed_ = 0;    // written in full, with the whole buffer
};

}  // namespace mqfail
