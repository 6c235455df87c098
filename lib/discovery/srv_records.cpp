// SPDX-License-Identifier: Apache-2.0
#include "discovery/srv_records.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "base/number.hpp"
#include "base/siphash.hpp"
#include "base/text.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kSecure = "_secure-mqtt._tcp.";
constexpr std::string_view kPlain = "_mqtt._tcp.";

Error usage(std::string message, std::string hint) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}

// The scheme of a name that begins with a service.
Result<Scheme> scheme_of_service(std::string_view name) {
  const std::string_view service = name.substr(0, name.find('.'));
  if (same_word(service, "_secure-mqtt") || same_word(service, "_mqtts")) return Scheme::tls;
  if (same_word(service, "_mqtt")) return Scheme::tcp;
  return usage("'" + printable(service, 64) +
                   "' is no service of MQTT: nothing says whether its "
                   "servers speak TLS or WebSocket",
               "write the scheme before it: mqtts://" + printable(name, 253));
}

// Exponential with the rate `weight`: the smallest of several is that of a server with the chance
// weight / sum of weights.
double draw(const SrvTarget& target, std::uint64_t seed) {
  constexpr double kAlmostNothing = 1.0 / 1024;
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  const std::string text = target.host + ":" + std::to_string(target.port);
  const std::uint64_t bits = siphash(SipKey{seed, 2782}, text).first;
  const double uniform = (static_cast<double>(bits >> 11U) + 0.5) / kSteps;
  return -std::log(uniform) / (target.weight == 0 ? kAlmostNothing : target.weight);
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

bool is_dns_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::string_view label;
  while (true) {
    const std::size_t dot = host.find('.');
    label = host.substr(0, dot);
    if (label.empty() || label.size() > 63) return false;
    const bool good = std::all_of(label.begin(), label.end(), [](char c) {
      return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
    });
    if (!good) return false;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return !all_digits(label);  // RFC 3696, section 2: no top-level domain is all digits
}

Result<std::vector<SrvQuestion>> srv_questions(std::string_view name, bool tls_only) {
  name = trimmed(name);
  std::optional<Scheme> scheme;
  std::string_view domain = name;
  if (const std::size_t end = name.find("://"); end != std::string_view::npos) {
    domain.remove_prefix(end + 3);
    // Who writes a whole URI is told what is wrong with it.
    const auto draft = parse_server_uri(std::string(name.substr(0, end + 3)) + "host");
    if (!draft) return draft.error();
    scheme = draft->server.scheme;
  }
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (!is_dns_host(domain) || domain.size() + kSecure.size() > 253) {
    return usage("'" + printable(domain, 253) + "' is not a domain that has SRV records",
                 "write a domain without port, user or path: example.com, or "
                 "_secure-mqtt._tcp.example.com");
  }
  const std::string text = lower_case(domain);
  if (text.starts_with('_')) {
    if (!scheme) {
      const auto known = scheme_of_service(text);
      if (!known) return known.error();
      scheme = *known;
    }
    return std::vector<SrvQuestion>{{text, *scheme}};
  }
  if (scheme && is_web_socket(*scheme)) {
    return usage("no standard names a service of MQTT over WebSocket",
                 "write the whole name of the records: " + std::string(scheme_name(*scheme)) +
                     "://_NAME._tcp." + text);
  }
  std::vector<SrvQuestion> questions;
  if (!scheme || is_tls(*scheme)) questions.push_back({std::string(kSecure) + text, Scheme::tls});
  if (scheme ? !is_tls(*scheme) : !tls_only)
    questions.push_back({std::string(kPlain) + text, Scheme::tcp});
  return questions;
}

SrvList srv_servers(const SrvQuestion& question, const SrvAnswer& answer, std::uint64_t seed) {
  SrvList list;
  list.again = std::clamp(answer.ttl, kShortestSrvTtl, kLongestSrvTtl);
  using Place = std::tuple<std::uint16_t, double, std::string, std::uint16_t>;
  std::vector<Place> places;
  std::size_t unusable = 0;
  std::string first_unusable;
  for (SrvTarget target : answer.targets) {
    if (target.host.empty()) continue;
    if (target.port == 0 || !is_dns_host(target.host)) {
      if (unusable++ == 0)
        first_unusable = printable(target.host) + " port " + std::to_string(target.port);
      continue;
    }
    target.host = lower_case(target.host);
    places.emplace_back(target.priority, draw(target, seed), target.host, target.port);
  }
  std::sort(places.begin(), places.end());
  std::set<std::pair<std::string, std::uint16_t>> taken;
  std::size_t left_out = 0;
  for (auto& [priority, chance, host, port] : places) {
    if (!taken.emplace(host, port).second) continue;
    if (list.servers.size() == kMostSrvTargets) {
      ++left_out;
      continue;
    }
    Server server;
    server.host = std::move(host);
    server.port = port;
    server.scheme = question.scheme;
    server.path = default_path(question.scheme);
    server.id = endpoint(server);
    list.servers.push_back(std::move(server));
  }
  if (unusable > 0) {
    list.warnings.push_back(question.name + ": " + counted(unusable, "SRV record") +
                            " without a usable host name and port, such as " + first_unusable);
  }
  if (left_out > 0) {
    list.warnings.push_back(question.name + ": " + counted(left_out, "SRV record") +
                            " left out, for at most " + std::to_string(kMostSrvTargets) +
                            " are used");
  }
  return list;
}

}  // namespace mqfail
