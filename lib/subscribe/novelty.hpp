// SPDX-License-Identifier: Apache-2.0
// The one answer to "is this message new?" for everything that may bring a message twice: several
// servers at once (S3), a publisher that sends again (S2), a new SUBSCRIBE after a switch (S6) and
// filters that overlap. delivery.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "subscribe/copies.hpp"
#include "subscribe/last_printed.hpp"
#include "subscribe/overlap.hpp"
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
};

/// Not thread-safe; one owner. Ask is_new() for each message in the order of arrival, and tell
/// printed() before the next if it is printed.
class Novelty {
 public:
  explicit Novelty(NoveltySettings settings)
      : settings_(settings), digester_(settings.key), copies_(settings.window) {}

  /// What is remembered of one connection.
  struct Feed {
    std::size_t place = Copies::kNoPlace;
    bool first = false;  ///< the first connection of the run: all its messages are new
    TimePoint since{};   ///< its SUBSCRIBE
    /// The other servers have sent what it sends, or they are not waited for any more.
    bool in_step = true;
    /// Null: its filters are not told apart. A copied Feed shares it.
    std::shared_ptr<Overlap> overlap{};
  };

  Feed online(const std::string& server_id, const ConnectionFacts& facts);
  /// All messages of the connection were taken.
  void offline(const Feed& feed);

  /// Until now the output was blocked, and no messages were taken from the connection.
  void resumed(const Feed& feed, TimePoint now);

  bool is_new(const Message& message, const Feed& feed, TimePoint now);
  /// Whether another server may still bring messages that were published before this one: numbers
  /// are missing, or, without numbers, the connection has joined a stream and nothing shows yet
  /// that the other servers are as far. Ask it before is_new().
  bool is_ahead(const Message& message, Feed& feed, TimePoint now);
  /// The message of the last is_new() is printed.
  void printed(const Feed& feed, TimePoint now);

  /// What the number of the message of the last is_new() tells.
  const SequenceTracker::Verdict& verdict() const { return verdict_; }

  /// Numbers that have not come.
  std::uint64_t missing() const { return sequences_.missing(); }
  std::uint64_t copies() const { return copies_seen_; }
  std::uint64_t unchanged() const { return unchanged_; }

 private:
  void digest(const Message& message);

  NoveltySettings settings_;
  Digester digester_;
  Copies copies_;
  SequenceTracker sequences_;
  LastPrinted last_printed_;
  bool any_ = false;
  TimePoint counted_at_{};  // the last print of a message without a number
  // Of the message of the last is_new().
  Digest topic_, payload_, both_;
  bool numbered_ = false, empty_ = false;
  SequenceTracker::Verdict verdict_;
  std::uint64_t copies_seen_ = 0, unchanged_ = 0;
};

}  // namespace mqfail
