// SPDX-License-Identifier: Apache-2.0
// What the SRV records of DNS (RFC 2782) say about servers: which names --srv asks for, in which
// order the answers are used, and when to ask again. Pure: the question itself is asked by
// discovery/srv_lookup.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// Of an answer with more records the best are used, and the number of the others is told.
inline constexpr std::size_t kMostSrvTargets = 300;

/// How soon to ask again at the earliest and at the latest, whatever the TTL is.
inline constexpr std::chrono::seconds kShortestSrvTtl{5};
inline constexpr std::chrono::seconds kLongestSrvTtl{24 * 60 * 60};

/// One SRV record, as it came.
struct SrvTarget {
  std::uint16_t priority = 0;  ///< the lowest is used first
  std::uint16_t weight = 0;    ///< the share among those of one priority
  std::uint16_t port = 0;
  std::string host;  ///< without a dot at its end; empty for the target "." ("not here")
  friend bool operator==(const SrvTarget&, const SrvTarget&) = default;
};

/// The answer to one question.
struct SrvAnswer {
  std::vector<SrvTarget> targets;
  std::chrono::seconds ttl{0};  ///< the smallest of its records, aliases included
  std::string nothing;          ///< without targets: why there are none
};

/// One name to ask for, and how its servers are spoken to.
struct SrvQuestion {
  std::string name;
  Scheme scheme = Scheme::tls;
  friend bool operator==(const SrvQuestion&, const SrvQuestion&) = default;
};

/// Which names NAME of --srv stands for, in the order in which they are asked for; the first that
/// has servers is the only one used (the services are those that IANA has for MQTT).
///
///   NAME                       _secure-mqtt._tcp.NAME (TLS), then _mqtt._tcp.NAME (plain text)
///   _secure-mqtt._tcp.NAME     as it is, with TLS; _mqtts the same, for many write it so
///   _mqtt._tcp.NAME            as it is, plain text
///   SCHEME://NAME              only the service of this scheme
///   SCHEME://_any._tcp.NAME    as it is, in this scheme
///
/// `tls_only`: no name of plain text is asked for unless it is the one that was written. It is set
/// if options of TLS are given, and in a run that has had servers with TLS from this NAME, so that
/// nobody who can make a name vanish lowers TLS. Usage errors.
Result<std::vector<SrvQuestion>> srv_questions(std::string_view name, bool tls_only);

/// The servers of one answer in the order of their use.
struct SrvList {
  ServerList servers;                 ///< ids are host:port, unique
  Duration again{};                   ///< when to look again: the TTL within its bounds
  std::vector<std::string> warnings;  ///< the same answer has the same; one line each
};

/// Orders by priority, and within one priority at random by weight, as RFC 2782 asks: a server is
/// first with the chance weight / sum of weights, and weight 0 has a chance below 0.1 % beside
/// others. The chance of a server depends on `seed`, its host and its port alone. So the same
/// records in any order give the same list for the same seed, and a record that comes or goes
/// moves no other (weighted rendezvous hashing). Targets that are no host name, port 0, doubles
/// and "." are left out; `servers` may be empty then.
SrvList srv_servers(const SrvQuestion& question, const SrvAnswer& answer, std::uint64_t seed);

/// True for what may stand in DNS as the name of a host: labels of 1 to 63 letters, digits, "-" and
/// "_", 253 bytes together, and not the shape of an IPv4 address.
bool is_dns_host(std::string_view host);

}  // namespace mqfail
