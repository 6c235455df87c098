// SPDX-License-Identifier: Apache-2.0
// Persistent sessions with one server in use at a time: each of the other servers keeps for us what
// is published meanwhile. If the servers are bridged, those are copies of what we print, and they
// come when we return to that server. They are told here from messages that only look alike
// (delivery.md S3): equal messages are printed as often as the server that sent most of them did.
//
// A message is a candidate if an equal one was printed that its server has not brought yet: that
// server owes it. Servers that are not bridged have candidates, too: a sensor says the same again,
// or its publisher came to that server a moment before us. So candidates are copies only if their
// server is seen to bring copies:
//  - They wait, and what comes behind them, until there are kProof of them. If those are neighbours
//    among the prints and half of them were printed once only, they and those that follow are
//    copies. A print that was a candidate itself does not count if nothing had told what it was.
//  - If what the server has kept ends before, by kProof other messages or by silence, they are
//    copies if they are more than half of what the server owes. Silence may also mean that the
//    server waits for acknowledgements: so candidates that follow it are printed and count.
//    A server is silent if no candidate comes for kSilence, and it then answers a ping. A server
//    that is slow, or cannot be reached for a while, is not silent.
// A server that has brought kProof copies, and more than half of what it owed, is trusted for the
// run: what it keeps does not wait any more.
// After that a live message is new. Only a server that has brought kProof copies still owes those
// that follow, if they were printed once: a bridge lags behind when one of its servers dies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/siphash.hpp"
#include "base/time.hpp"
#include "subscribe/print_log.hpp"

namespace mqfail {

/// Bounded: the oldest print is forgotten first, and what would be its copy is printed. That one is
/// not remembered in its turn, or it would make us forget the next one before its copy comes. Not
/// thread-safe; one owner.
class KeptCopies {
 public:
  /// At most so many printed messages are remembered: about 10 MiB.
  static constexpr std::size_t kMost = 65536;
  /// At most so many servers; a message from a further one is always new.
  static constexpr std::size_t kServers = 64;
  static constexpr std::size_t kNoPlace = kServers;
  /// So many candidates are a proof. No more than servers commonly send before they wait for an
  /// acknowledgement.
  static constexpr std::size_t kProof = 10;
  static constexpr Duration kSilence = std::chrono::seconds(1);
  /// Neighbours are no more than so many prints apart.
  static constexpr std::uint64_t kNear = 100;
  /// By how much the order of messages may differ between two servers.
  static constexpr Duration kSkew = std::chrono::seconds(1);

  /// The print that a candidate would be a copy of.
  struct Candidate {
    std::uint64_t number;
    bool single;  // printed once only
  };
  /// One connection to a server. The members are for KeptCopies alone.
  struct Visit {
    std::size_t place = kNoPlace;
    bool drains = false;      // what the server kept may still come
    bool copies = false;      // candidates are copies
    bool patient = true;      // candidates wait
    std::size_t others = 0;   // messages that are no candidates, behind the first or the last copy
    std::size_t brought = 0;  // candidates
    std::vector<Candidate> candidates;  // the first ones
    std::size_t waiting = 0;            // of them
    TimePoint silent_at{};
    std::optional<std::size_t> fate;  // how many of those that waited were copies: all or none
    bool doubtful = false;            // the fate is no proof: those printed may be copies
  };

  enum class Answer {
    fresh,
    copy,
    /// It waits, with its acknowledgement, until take_fate() tells whether it is a copy.
    candidate,
    /// It is fresh, and waits behind candidates.
    behind,
    /// The server has sent an equal one and may repeat it, because it missed the acknowledgement:
    /// fresh, but it is no print that other servers owe. Do not call printed().
    again,
  };

  /// A connection to `server` begins. `resumed`: it has a session of ours, of this run or an
  /// earlier one.
  Visit join(const std::string& server, bool resumed, TimePoint now);
  /// All its messages were taken. What is doubtful has its fate then.
  void leave(Visit& visit);

  enum class Kind {
    plain,
    repeated,  ///< DUP is set
    numbered,  ///< can only be a copy of a message that has lost its number, and does not wait
  };
  Answer judge(Visit& visit, const Digest& digest, Kind kind, TimePoint now);
  /// A message is known by its number: the server owes one less that is equal to it.
  void brought(const Visit& visit, const Digest& digest);
  /// `digest` from the server of the visit is printed. `in_doubt`: it was a candidate that waited.
  void printed(const Visit& visit, const Digest& digest, Kind kind, TimePoint now,
               bool in_doubt = false);

  /// Until now no messages were taken: that was no silence.
  static void resumed(Visit& visit, TimePoint now) { visit.silent_at = now + kSilence; }
  /// When a ping is to tell whether the server is silent; empty: it does not matter any more.
  static std::optional<TimePoint> due(const Visit& visit);
  /// The answer to a ping that was sent at due() or later has come, and all messages before it were
  /// taken.
  void answered(Visit& visit, TimePoint now);
  /// Once it is known, once: how many of the doubtful messages are copies, all or none.
  static std::optional<std::size_t> take_fate(Visit& visit);

  std::size_t size() const { return prints_.size(); }

 private:
  struct Print {
    Digest digest;
    TimePoint at;
    std::uint64_t brought;  // a bit a place: it owes this one no more
    bool numbered;
    bool doubtful;  // it may be a copy of another one
  };
  struct Place {
    std::string server;
    bool copies = false;   // it has brought kProof copies in a visit
    bool trusted = false;  // and more than half of what it owed
    TimePoint reached{};   // the last print that it has brought a copy of
  };

  std::span<const std::uint64_t> owed(std::size_t place, const Digest& digest);
  bool owes(std::size_t place, std::uint64_t number) {
    return ((prints_[number].brought >> place) & 1) == 0;
  }
  bool follows(std::size_t place, std::uint64_t number);
  bool is_single(const Digest& digest);
  static bool is_proof(std::vector<Candidate> candidates);
  bool has_brought_most(const Visit& visit);
  static void decide(Visit& visit, bool are_copies);
  void decide_at_end(Visit& visit);
  void end_drain(Visit& visit);
  void write_off(std::size_t place);

  std::vector<Place> places_;
  PrintLog<Print> prints_;
};

}  // namespace mqfail
