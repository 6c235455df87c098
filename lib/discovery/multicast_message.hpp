// SPDX-License-Identifier: Apache-2.0
// Services of MQTT on this network, as their records say it (DNS-SD, RFC 6763, over multicast DNS,
// RFC 6762). Pure: discovery/multicast.hpp sends and receives.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "discovery/srv_records.hpp"

namespace mqfail {

class DnsReader;

/// How soon to ask again. The TTL says nothing, for in answers to who asks once it is 10 s at most
/// (RFC 6762, section 6.7).
inline constexpr std::chrono::seconds kMulticastAgain{60};

/// Collects the answers to one look-up.
class MulticastAnswers {
 public:
  using Bytes = std::vector<unsigned char>;

  /// The question for the services, _secure-mqtt._tcp.local and _mqtt._tcp.local.
  static Bytes question();

  /// Takes what any datagram says of them. Damage ends its reading. No more than
  /// kMostSrvTargets services are kept.
  void take(std::span<const unsigned char> message);

  /// The question for what is missing of the services that were named, and was not asked for yet;
  /// empty: nothing is.
  Bytes question_left();

  /// The servers of `group`: `default` is all, another name those with group=NAME in their TXT
  /// record, letter case aside. Those with TLS are the only ones if there are any, or `tls_only`;
  /// that servers of plain text are used is a warning. A plain server's host is its address, if it
  /// is known; with TLS it is the name, which the certificate must have. The order is that of
  /// srv_servers(). Errors: unavailable: there is none.
  Result<SrvList> servers(std::string_view group, bool tls_only, std::uint64_t seed) const;

 private:
  struct Service {
    Scheme scheme = Scheme::tcp;
    std::optional<SrvTarget> target;
    std::string group;
    bool asked = false;
  };
  bool take_record(DnsReader& reader);

  std::map<std::string, Service> services_;       // by the name of the instance
  std::map<std::string, std::string> addresses_;  // of hosts
};

}  // namespace mqfail
