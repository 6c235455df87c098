// SPDX-License-Identifier: Apache-2.0
// One live connection of mqfail-pub: what its server takes, what is under way on it, and until when
// that must be acknowledged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "policy/event.hpp"
#include "publish/inflight_window.hpp"
#include "publish/packet_size.hpp"
#include "publish/ping_barrier.hpp"
#include "publish/server_book.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct PublishingConnection {
  AttemptId attempt;
  ServerKey server;
  std::string server_id;
  bool mqtt5;
  std::size_t window;                 ///< at most so many messages wait for an acknowledgement
  std::uint32_t maximum_packet_size;  ///< in bytes; 0: no limit
  int maximum_qos;
  bool retain_available;
  PingBarrier barrier;  ///< at QoS 0, where nothing is acknowledged
  InflightWindow inflight{};
  bool dropped_properties = false;  ///< that was told
  bool lost = false;                ///< the session knows, and will name it to Work::offline()
  TimePoint backlog_at{};  ///< when the transport last had bytes that the kernel did not take
  std::optional<std::uint64_t> suspect_ping{};  ///< the ping sent before the first suspect
  std::optional<TimePoint> leave_by{};  ///< the server is left; what is open then is sent again

  bool is_in_use() const { return !lost && !leave_by; }

  /// Why the server does not take the message; empty: it does.
  std::string why_not(const Message& message) const {
    if (maximum_packet_size != 0 && publish_size(message, mqtt5) > maximum_packet_size)
      return "larger than the server takes";
    if (message.qos > maximum_qos)
      return "the server allows QoS " + std::to_string(maximum_qos) + " at most";
    if (message.retain && !retain_available) return "the server does not keep retained messages";
    return "";
  }
  /// The connection has worked right before the suspect is sent.
  bool has_answered_suspect_ping(const Transport& transport) const {
    return suspect_ping && transport.pongs(attempt) >= *suspect_ping;
  }
  /// Since when the server could have acknowledged this message. A server that has not been sent
  /// everything yet, as with a giant message over a slow line, is not late.
  TimePoint waits_since(const InflightWindow::Sent& sent) const {
    return std::max(sent.at, backlog_at);
  }
  /// When the oldest message must be acknowledged. If the server reads no more, the keepalive finds
  /// it.
  std::optional<TimePoint> acknowledgement_due(Duration timeout) const {
    const InflightWindow::Sent* const oldest = inflight.oldest();
    if (oldest == nullptr) return std::nullopt;
    return waits_since(*oldest) + timeout;
  }
  /// The server is known to have everything that was sent at QoS 0.
  bool is_drained(const Transport& transport) const {
    return barrier.unproven() == 0 && transport.backlog(attempt) == 0;
  }
};

}  // namespace mqfail
