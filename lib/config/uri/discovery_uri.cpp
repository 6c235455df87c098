// SPDX-License-Identifier: Apache-2.0
#include "config/uri/discovery_uri.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kPrefix = "discovery:";
constexpr std::string_view kForms =
    "write discovery:(dns://NAME) or discovery:(multicast://default)";
constexpr std::size_t kLongestGroup = 63;  // TXT strings have 255 bytes, "group=" is one of them

Error usage(std::string message, std::string hint = std::string(kForms)) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}

// Without the prefix, and without the slashes before a parenthesis.
std::string_view body_of(std::string_view text) {
  text = trimmed(text.substr(kPrefix.size()));
  if (text.starts_with("//(")) text.remove_prefix(2);
  return text;
}

bool is_group(std::string_view text) {
  return !text.empty() && text.size() <= kLongestGroup &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
         });
}

Result<Discovery> parse_dns(std::string_view name, std::string_view query) {
  if (!query.empty()) {
    return usage("dns:// takes no options",
                 "options of the list stand behind the parentheses: discovery:(dns://NAME)?…");
  }
  if (name.find_first_of(":@/[") != std::string_view::npos) {
    return usage("dns:// is followed by a domain without port, user or path");
  }
  auto host = parse_host(name);
  if (!host) return host.error();
  return Discovery{Discovery::Kind::dns, std::move(*host), {}};
}

Result<Discovery> parse_multicast(std::string_view name, std::string_view query) {
  const auto options = parse_query(query);
  if (!options) return options.error();
  std::string group(name);
  for (const auto& [option, value] : *options) {
    if (option != "group")
      return usage("multicast:// takes no option '" + printable(option, 64) + "'",
                   "its only option is group=NAME; those of the list stand behind the "
                   "parentheses");
    group = value;
  }
  if (is_group(group)) return Discovery{Discovery::Kind::multicast, std::move(group), {}};
  return usage("'" + printable(group, 100) + "' is not the name of a group",
               "write multicast://default for every server of this network, or a name of letters, "
               "digits, '-' and '_'; the address is always that of multicast DNS");
}

Result<Discovery> parse_agent(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return usage("there is no dns:// or multicast://");
  const std::string word = lower_case(text.substr(0, scheme));
  text.remove_prefix(scheme + 3);
  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view name = text.substr(0, question);
  const std::string_view query = text.substr(std::min(question + 1, text.size()));
  if (word == "dns") return parse_dns(name, query);
  if (word == "multicast") return parse_multicast(name, query);
  constexpr std::array<std::string_view, 2> kKnown = {"dns", "multicast"};
  const bool plain =
      std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const auto meant = nearest(word, kKnown);
  return usage("nothing is discovered by " + (plain ? "'" + printable(word, 32) + "'" : "this"),
               meant ? "did you mean '" + *meant + "'?" : std::string(kForms));
}

}  // namespace

bool is_discovery_uri(std::string_view text) {
  if (!same_word(text.substr(0, kPrefix.size()), kPrefix)) return false;
  const std::string_view body = body_of(text);
  return body.starts_with('(') || body.find("://") != std::string_view::npos;
}

Result<DiscoveryUri> parse_discovery_uri(std::string_view text) {
  std::string_view agent = body_of(text), query;
  if (agent.starts_with('(')) {
    const std::size_t close = agent.rfind(')');
    if (close == std::string_view::npos) return usage("parentheses do not match");
    std::string_view rest = trimmed(agent.substr(close + 1));
    agent = trimmed(agent.substr(1, close - 1));
    if (rest.starts_with('/')) rest.remove_prefix(1);
    if (!rest.empty() && rest.front() != '?')
      return usage("something other than '?' follows the ')'");
    query = rest.empty() ? rest : rest.substr(1);
  }
  if (agent.find_first_of(",()") != std::string_view::npos) {
    return usage("discovery: takes one source",
                 "write several as failover:(discovery:(dns://A),discovery:(dns://B))");
  }
  auto discovery = parse_agent(agent);
  if (!discovery) return discovery.error();
  return DiscoveryUri{std::move(*discovery), query};
}

}  // namespace mqfail
