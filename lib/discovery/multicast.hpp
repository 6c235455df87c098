// SPDX-License-Identifier: Apache-2.0
// Finds MQTT servers on this network by one question to all (RFC 6762, section 5.1). Avahi's client
// library is not used: its calls to the daemon wait for up to 25 s and cannot be stopped, and it
// needs Avahi and D-Bus on every machine, which a container has neither of. The call blocks: it
// belongs on a thread of its own.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "discovery/srv_records.hpp"

namespace mqfail {

/// How long answers are waited for: all who answer do so within a second, and one question of two
/// may get lost.
inline constexpr Duration kMulticastListening = std::chrono::seconds(2);

/// Asks on every interface that has multicast and an IPv4 address, and collects the answers for
/// `listening` or until a stop is requested. `group`, `tls_only`, `seed` and the list: see
/// MulticastAnswers::servers(). Any machine of the network can answer: what it says is a host and a
/// port, and nothing else of it is used. Errors: unavailable.
Result<SrvList> discover_by_multicast(std::string_view group, bool tls_only, std::uint64_t seed,
                                      Duration listening, const std::stop_token& stop);

}  // namespace mqfail
