// SPDX-License-Identifier: Apache-2.0
// Which servers are in use, how often that has changed, and for how long no server was in use: what
// a run shows of its failover to those who look on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "policy/event.hpp"

namespace mqfail {

/// Thread: the session's. Time comes in.
class Standing {
 public:
  /// A server that is in use, or was in this run.
  struct Place {
    std::string server;             ///< its id
    std::string uri;                ///< redacted
    std::uint64_t connections = 0;  ///< those in use now
  };

  /// The run begins without a server.
  void begin(TimePoint now) { without_since_ = now; }
  void use(const std::string& server, const std::string& uri, TimePoint now);
  void leave(const std::string& server, TimePoint now);
  /// Another server has taken over.
  void moved(Move move) {
    ++(move == Move::none ? failovers_ : failbacks_);
    ++changes_;
  }
  /// Messages may have been lost in an outage.
  void missed() {
    ++gaps_;
    ++changes_;
  }
  /// The run is over: no server is in use.
  void end(TimePoint now);

  /// Rises with everything that changes here but time.
  std::uint64_t changes() const { return changes_; }
  const std::vector<Place>& places() const { return places_; }
  std::uint64_t in_use() const { return in_use_; }            ///< connections
  std::uint64_t connections() const { return connections_; }  ///< in this run
  std::uint64_t failovers() const { return failovers_; }
  /// Moves from a server that was still good: failback and rebalancing.
  std::uint64_t failbacks() const { return failbacks_; }
  std::uint64_t gaps() const { return gaps_; }
  /// All the time in which no server was in use, until `now`.
  Duration without(TimePoint now) const;

 private:
  std::vector<Place> places_;
  std::uint64_t in_use_ = 0, connections_ = 0, failovers_ = 0, failbacks_ = 0, gaps_ = 0;
  std::uint64_t changes_ = 0;
  Duration without_{};
  std::optional<TimePoint> without_since_;
};

}  // namespace mqfail
