// SPDX-License-Identifier: Apache-2.0
// Tells the copies that several servers send of one message from messages that only look alike
// (delivery.md S3). Each printed message is remembered by its digest, with the servers that have
// sent it. A message is a copy if an equal one was printed since its server joined, and that server
// has not sent it yet. So equal messages are printed as often as the server that delivered most of
// them did. A publisher does not reach all servers at the same moment. So for kSkew after a server
// joined, messages that do not repeat also count if they were printed up to kSkew before.
// A server that was silent may deliver later what it could not: a frozen one to the next
// connection, what its bridge brings; a node without a quorum after the election. If it has brought
// kProof copies before, the prints that do not repeat wait for it, as long as it is away and for
// kBridgePatience after its return, or until it goes on behind them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/siphash.hpp"
#include "base/time.hpp"
#include "subscribe/print_log.hpp"

namespace mqfail {

/// A clock that stands still while no messages can be taken from anybody: a copy that waits is not
/// late.
class TakingClock {
 public:
  void stop(TimePoint now) {
    if (stopped_) return;
    stopped_ = true;
    before_ += last_;
    last_ = {};
    from_ = now;
  }
  void go_on(TimePoint now) {
    if (!std::exchange(stopped_, false)) return;
    last_ = now - from_;
    to_ = now;
  }
  /// What it showed at `time`, which is no earlier than the last stop but one.
  TimePoint at(TimePoint time) const {
    if (time < from_) return time - before_;
    if (stopped_ || time < to_) return from_ - before_;
    return time - before_ - last_;
  }

 private:
  bool stopped_ = false;
  TimePoint from_{}, to_{};     // of the last stop
  Duration before_{}, last_{};  // that stops took: those before it, and it
};

/// Bounded by number, and by time where no server lags. What is forgotten too soon is printed twice
/// and never lost.
/// Not thread-safe; one owner.
class Copies {
 public:
  /// At most so many printed messages are remembered: about 5 MiB.
  static constexpr std::size_t kMost = 32768;
  /// At most so many servers; a message from a further one is always new.
  static constexpr std::size_t kServers = 64;
  static constexpr std::size_t kNoPlace = kServers;
  /// How long after one server a message may reach another one: a publisher's own delay and the
  /// work that waits in a server that has just started.
  static constexpr Duration kSkew = std::chrono::seconds(1);
  /// How long after its return a server may begin to bring what it owes: a bridge of mosquitto
  /// finds out after 1.5 keepalives of 60 s that its peer is gone, and tries again 30 s later.
  static constexpr Duration kBridgePatience = std::chrono::minutes(2);
  /// A server that has brought so many copies, or messages of which others have brought copies,
  /// brings what the others bring.
  static constexpr std::size_t kProof = 10;

  /// A copy is recognised for `window` after the print, and longer if its server lags.
  explicit Copies(Duration window) : window_(window) {}

  /// A connection to `server` begins. Everything that is published after `since` comes through it,
  /// too; `resumed`: also what was published while it was away, because the server kept the
  /// session. Returns its place for the calls below.
  std::size_t join(const std::string& server, TimePoint since, bool resumed);
  /// All messages of the connection were taken.
  void leave(std::size_t place);
  /// No messages can be taken from anybody until resumed(). That time does not count.
  void blocked(TimePoint now) { clock_.stop(now); }
  void resumed(TimePoint now) { clock_.go_on(now); }

  /// True if `digest` from `place` is a copy of what was printed.
  bool has_copy(std::size_t place, const Digest& digest, TimePoint now) {
    return find_copied(place, digest, clock_.at(now)) != nullptr;
  }
  /// The same, and the copy is marked as sent by that server.
  bool is_copy(std::size_t place, const Digest& digest, TimePoint now);
  /// `digest` from `place` is printed.
  void printed(std::size_t place, const Digest& digest, TimePoint now);

  std::size_t size() const { return prints_.size(); }

 private:
  struct Print {
    Digest digest;
    TimePoint at;
    std::uint64_t senders;      // a bit a place
    std::uint64_t earlier = 0;  // the same, of servers that sent it on a connection before
  };
  struct Place {
    std::string server;  // empty once its server has another place
    TimePoint since{};
    int connections = 0;
    std::size_t successor = kNoPlace;  // the place that its server has instead
    std::size_t copies = 0;            // that it has in common with others, at most kProof
    TimePoint reached{};               // the newest print that its server has brought a copy of
    std::uint64_t next = 0;            // the number of no older print than the next one it owes
    TimePoint behind{};                // the same, of the connections before this one
    TimePoint late_until{};            // what is older than this connection may come
    std::size_t late = 0;              // near each other, of those that it owes, at most kProof
    TimePoint late_at{};               // the last one of them
  };

  Print* find_copied(std::size_t place, const Digest& digest, TimePoint now);
  Print* find_recent(std::size_t place, std::span<const std::uint64_t> numbers, TimePoint now);
  Print* find_late(std::size_t place, std::span<const std::uint64_t> equal, TimePoint now);
  static bool is_near(const Print& print, const Place& place);
  void note_late(std::size_t place, const Print& print);
  std::uint64_t with_successors(std::size_t place) const;
  bool is_old(const Print& print, TimePoint now) const;
  bool owes(std::size_t place, const Print& print, TimePoint now) const;
  bool is_owed(const Print& print, TimePoint now) const;
  bool sent_by_all(const Print& print) const;
  void forget_old(TimePoint now);

  Duration window_;
  TakingClock clock_;  // all times below and in places and prints are its times
  std::vector<Place> places_;
  PrintLog<Print> prints_;
};

}  // namespace mqfail
