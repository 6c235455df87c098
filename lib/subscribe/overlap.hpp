// SPDX-License-Identifier: Apache-2.0
// Filters of ours that overlap. MQTT 5 lets a server send a message once for each filter that it
// matches (section 3.3.4), and mosquitto does. So that such copies can be told from a message that
// was published twice, filters that overlap are subscribed to with subscription identifiers of
// their own: a copy comes with another identifier, a repetition with the same.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "subscribe/copies.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Whether a topic can match both filters. "$share/NAME/" is no part of a filter.
bool overlap(std::string_view one, std::string_view other);

/// Gives filters that overlap different identifiers, as few as possible. If no two overlap, no
/// filter gets one, and a single SUBSCRIBE serves all.
void set_apart(std::vector<Subscription>& subscriptions);

/// What one connection brings through filters that were set apart. It counts as Copies does: equal
/// messages are new as often as the filter that brought most of them did.
class Overlap {
 public:
  /// `identifiers`: how many set_apart() has given. A copy is recognised for `window`.
  Overlap(std::size_t identifiers, Duration window);
  /// Whether the message is the copy of one that came with another identifier. That is noted.
  /// `identifier`: Message::subscription; with 0 nothing is known, and it is new.
  bool is_copy(std::uint32_t identifier, const Digest& message, TimePoint now);
  /// As those of Copies.
  void blocked(TimePoint now) { copies_.blocked(now); }
  void resumed(TimePoint now) { copies_.resumed(now); }

 private:
  Copies copies_;
  std::vector<std::size_t> places_;  // of the identifiers, the highest first
};

}  // namespace mqfail
