// SPDX-License-Identifier: Apache-2.0
// Tells the copies that several servers send of one message from messages that only look alike
// (delivery.md S3). What was printed is remembered by its digest, with who has sent it; what a
// server sends is a copy if the like of it was printed since that server is with us and it has not
// sent it yet. So the like is printed as often as the server that sent it most. A publisher does
// not reach all servers at one moment, so "since" has a margin, for what does not repeat.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/siphash.hpp"
#include "base/time.hpp"

namespace mqfail {

/// Bounded by time and number. What is forgotten too soon is printed twice and never lost.
/// Not thread-safe; one owner.
class Copies {
 public:
  /// Prints that are remembered at most: about 5 MiB.
  static constexpr std::size_t kMost = 32768;
  /// Servers at a time; what a further one sends is always new.
  static constexpr std::size_t kServers = 64;
  static constexpr std::size_t kNoPlace = kServers;
  /// How long after one server a message may reach another one: a publisher's own delay and the
  /// work that waits in a server that has just started.
  static constexpr Duration kSkew = std::chrono::seconds(1);

  /// A copy is recognised for `window` after the print.
  explicit Copies(Duration window) : window_(window) {}

  /// A connection to `server` begins: whatever was published after `since` comes through it too.
  /// `resumed`: also what was published while it was away (the server kept the session). The answer
  /// names its place for the calls below.
  std::size_t join(const std::string& server, TimePoint since, bool resumed);
  /// The connection has nothing more to say.
  void leave(std::size_t place);

  /// True if `digest` from `place` is a copy of what was printed.
  bool has_copy(std::size_t place, const Digest& digest, TimePoint now) {
    return find_copied(place, digest, now) != nullptr;
  }
  /// The same, and it is marked as sent by it.
  bool is_copy(std::size_t place, const Digest& digest, TimePoint now);
  /// `digest` from `place` is printed.
  void printed(std::size_t place, const Digest& digest, TimePoint now);

  std::size_t size() const { return prints_.size(); }

 private:
  struct Print {
    Digest digest;
    TimePoint at;
    std::uint64_t senders;  // a bit a place
  };
  struct Place {
    std::string server;  // empty once its server has another place
    TimePoint since{};
    int connections = 0;
  };
  // Numbers of the prints with one digest, rising; those before `head` are forgotten.
  struct Alike {
    std::vector<std::uint64_t> numbers;
    std::size_t head = 0;
  };
  struct Spread {
    std::size_t operator()(const Digest& digest) const { return digest.first; }
  };

  Print& print(std::uint64_t number) { return prints_[number - first_]; }
  Print* find_copied(std::size_t place, const Digest& digest, TimePoint now);
  bool sent_by_all(const Print& print) const;
  void forget_first();
  void forget_old(TimePoint now);

  Duration window_;
  std::vector<Place> places_;
  std::deque<Print> prints_;
  std::uint64_t first_ = 0;  // number of prints_.front()
  std::unordered_map<Digest, Alike, Spread> alike_;
};

}  // namespace mqfail
