// SPDX-License-Identifier: Apache-2.0
// What the servers answered to a probe: the model that verdict and formats read. Texts of a server
// are untrusted until base/text.hpp or the format has escaped them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"
#include "sparkplug/state_message.hpp"
#include "transport/direct/facts.hpp"

namespace mqfail {

/// The steps of a probe, in their order. The last two need --topic.
enum class ProbePhase { dns, tcp, tls, ws, connack, suback, ping, puback, round_trip };
inline constexpr std::size_t kProbePhases = 9;
/// As it is in keys and metrics: "round_trip".
std::string_view key(ProbePhase phase);
/// As it is said: "round trip".
std::string_view name(ProbePhase phase);

/// Up: the server accepted our CONNECT, answered a PINGREQ, delivered our message (--topic), and
/// the primary host is online there (--primary-host).
struct ServerReport {
  Server server;
  bool up = false;
  bool asked_to_the_end = true;        ///< false: --first had its answer before
  std::optional<Reason> reason = {};   ///< why it is not up; empty while it is
  ProbePhase phase = ProbePhase::dns;  ///< in which it failed
  DirectFacts facts = {};
  /// How long each phase took that was gone through, by number.
  std::array<std::optional<Duration>, kProbePhases> times = {};
  std::optional<StateMessage> state = {};  ///< of the primary host, if one was asked for
  Duration state_age{};                    ///< by this machine's clock, if the state has a time
  std::optional<std::int64_t> certificate_days = {};  ///< left, rounded down
  Duration total{};  ///< from the first step to the answer or the failure

  std::optional<Duration> time(ProbePhase one) const {
    return times[static_cast<std::size_t>(one)];
  }
};

/// One a server, in roster order.
using ServerReports = std::vector<ServerReport>;

/// The phases of `report` that were gone through, in order, with their times.
std::vector<std::pair<ProbePhase, Duration>> phases(const ServerReport& report);
/// From the first step to CONNACK; empty: it did not come so far.
std::optional<Duration> connect_time(const ServerReport& report);
/// Of our message, or of a ping if there was none.
std::optional<Duration> round_trip_time(const ServerReport& report);

std::size_t count_up(const ServerReports& reports);

/// What became of the message to each server at each other one (--cross). Empty: it was not asked
/// for.
class CrossMatrix {
 public:
  CrossMatrix() = default;
  explicit CrossMatrix(std::size_t servers) : size_(servers), cells_(servers * servers) {}
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  enum class Outcome { not_tried, missing, arrived };
  struct Cell {
    Outcome outcome = Outcome::not_tried;
    Duration time{};  ///< from our PUBLISH to the PUBLISH of the other server, if it arrived
  };
  const Cell& at(std::size_t from, std::size_t to) const { return cells_[from * size_ + to]; }
  Cell& at(std::size_t from, std::size_t to) { return cells_[from * size_ + to]; }

  /// The server at `place` has failed: nothing is said of its pairs.
  void leave_out(std::size_t place);

  /// Pairs of different servers that were tried, and those of them at which nothing arrived.
  std::size_t tried() const;
  std::vector<std::pair<std::size_t, std::size_t>> missing() const;

 private:
  std::size_t size_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace mqfail
