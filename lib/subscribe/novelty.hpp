// SPDX-License-Identifier: Apache-2.0
// The one answer to "is this message new?" for everything that may bring a message twice: several
// servers at once, sessions that several servers keep (S3), a publisher that sends again (S2), a
// new SUBSCRIBE after a switch (S6) and filters that overlap. delivery.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "subscribe/copies.hpp"
#include "subscribe/kept_copies.hpp"
#include "subscribe/last_printed.hpp"
#include "subscribe/overlap.hpp"
#include "subscribe/redelivered.hpp"
#include "subscribe/sequence_tracker.hpp"
#include "transport/message.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct NoveltySettings {
  bool several_servers = false;  ///< --standby hot with --dedupe: each message comes through all
  Duration window{};             ///< how late a copy may be
  /// Hold back retained messages that a later SUBSCRIBE brings although they are unchanged. Not
  /// with --retain-as-published, where the flag does not tell what a SUBSCRIBE has brought.
  bool hold_back_unchanged = true;
  SipKey key;           ///< random, so that nobody can make two messages look alike
  bool numbers = true;  ///< a message that its publisher has numbered is new once
  /// We remove retained messages (--remove-retained): an empty message is our own doing and says
  /// nothing about what the next server has.
  bool removes = false;
  /// A persistent session with --dedupe, one server in use at a time: each may keep what the others
  /// bring. Not together with several_servers.
  bool kept_sessions = false;
  /// The retain flag of a message is the publisher's (--retain-as-published): it does not tell that
  /// a SUBSCRIBE has brought it.
  bool retain_as_published = false;
};

/// Not thread-safe; one owner. Ask judge() for each message in the order of arrival, and tell
/// printed() before the next if it is printed.
class Novelty {
 public:
  explicit Novelty(NoveltySettings settings)
      : settings_(settings), digester_(settings.key), copies_(settings.window) {}

  enum class News {
    fresh,
    known,
    doubtful,  ///< not known yet: take_fate() tells it. Until then it is not acknowledged.
    behind,    ///< fresh; it waits behind those that are doubtful
  };
  /// By which a message is recognised.
  struct Identity {
    Digest topic, payload, both;
    bool empty = false;  // its payload
  };

  /// What is remembered of one connection.
  struct Feed {
    std::size_t place = Copies::kNoPlace;
    KeptCopies::Visit visit{};  ///< with kept_sessions
    bool first = false;         ///< the first connection of the run: all its messages are new
    TimePoint since{};          ///< its SUBSCRIBE
    /// The other servers have sent what it sends, or they are not waited for any more.
    bool in_step = true;
    /// Null: its filters are not told apart. A copied Feed shares it.
    std::shared_ptr<Overlap> overlap{};
  };

  /// The servers are so many.
  void listed(std::size_t servers) { servers_ = servers; }
  Feed online(const Server& server, const ConnectionFacts& facts, TimePoint now);
  /// All messages of the connection were taken. What is doubtful has its fate then.
  void offline(Feed& feed);

  /// The output is blocked, and no messages are taken from the connection until resumed().
  void blocked(Feed& feed, TimePoint now);
  void resumed(Feed& feed, TimePoint now);

  News judge(const Message& message, Feed& feed, TimePoint now);
  /// Whether another server may still bring messages that were published before this one: numbers
  /// are missing, or, without numbers, the connection has joined a stream and nothing shows yet
  /// that the other servers are as far. Ask it before judge().
  bool is_ahead(const Message& message, Feed& feed, TimePoint now);
  /// It was, and no other server has brought anything before it in time.
  void gave_up(const Message& message, Feed& feed) {
    feed.in_step = true;
    sequences_.give_up(message.publisher);
  }
  /// A server has come, which may fill holes.
  void look_anew() { sequences_.look_anew(); }
  /// In place of judge(), for a message that nobody wants: its number has come all the same.
  void pass_over(const Message& message) {
    verdict_ = sequences_.judge(message.publisher, message.number, message.retain);
  }
  /// The message of the last judge() is printed.
  void printed(const Feed& feed, TimePoint now);

  /// Of the message of the last judge(), if it is doubtful.
  const Identity& identity() const { return identity_; }
  /// What becomes of the messages of the feed that are doubtful; once, and empty until it is known.
  /// Ask it after judge(), answered() and offline().
  std::optional<News> take_fate(Feed& feed);
  /// A message that has waited is printed. `in_doubt`: it was doubtful itself.
  void printed_after_all(const Identity& identity, const Feed& feed, bool in_doubt, TimePoint now);
  /// When a ping is to tell whether the server has sent what it kept; empty: that is known.
  static std::optional<TimePoint> ping_due(const Feed& feed) { return KeptCopies::due(feed.visit); }
  /// The answer to that ping has come, and all messages before it were taken.
  void answered(Feed& feed, TimePoint now) { kept_.answered(feed.visit, now); }

  /// What the number of the message of the last judge() or pass_over() tells.
  const SequenceTracker::Verdict& verdict() const { return verdict_; }

  /// Numbers that have not come.
  std::uint64_t missing() const { return sequences_.missing(); }
  std::uint64_t copies() const { return copies_seen_; }
  std::uint64_t unchanged() const { return unchanged_; }

 private:
  void digest(const Message& message);
  void note_last(const Identity& identity);
  bool is_redelivered(const Message& message, const Feed& feed);
  bool may_be_kept(const Message& message) const;
  News judge_number(const Message& message, Feed& feed, TimePoint now);
  News judge_kept(KeptCopies::Kind kind, Feed& feed, TimePoint now);

  NoveltySettings settings_;
  Digester digester_;
  Copies copies_;
  KeptCopies kept_;
  std::vector<Redelivered> redelivered_;  // by the place in kept_
  std::size_t servers_ = 0;
  SequenceTracker sequences_;
  LastPrinted last_printed_;
  bool any_ = false;
  TimePoint counted_at_{};  // the last print of a message without a number
  // Of the message of the last judge().
  Identity identity_;
  bool numbered_ = false, counts_ = false;
  SequenceTracker::Verdict verdict_;
  std::uint64_t copies_seen_ = 0, unchanged_ = 0;
};

}  // namespace mqfail
