// SPDX-License-Identifier: Apache-2.0
#include "subscribe/grants.hpp"

#include "base/counted.hpp"

namespace mqfail {
namespace {

struct Shortfall {
  std::string what;    ///< empty: nothing was granted less than asked for
  std::string remedy;  ///< other than another server
};

// "a/#", "a/# and 2 other filters"
std::string named(const std::string& first, std::size_t count) {
  return count == 1 ? first : first + " and " + counted(count - 1, "other filter");
}

// MQTT 3.1.1 knows no shared subscriptions. mosquitto has them nevertheless; RabbitMQ and NATS take
// the filter for a topic like any other, to which nobody publishes.
Shortfall shared(const std::vector<Subscription>& asked, const ConnectionFacts& facts) {
  std::string first;
  std::size_t count = 0;
  for (const Subscription& one : asked) {
    if (!one.filter.starts_with("$share/")) continue;
    if (count++ == 0) first = one.filter;
  }
  if (count == 0 || facts.protocol == Protocol::mqtt5) return {};
  return {"with MQTT 3.1.1 a server may grant " + named(first, count) + " and deliver nothing",
          "subscribe without $share"};
}

Shortfall lower_qos(const std::vector<Subscription>& asked, const ConnectionFacts& facts) {
  std::string first;
  int granted = 0, wanted = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < asked.size() && i < facts.granted.size(); ++i) {
    if (facts.granted[i] >= asked[i].qos) continue;
    if (count++ != 0) continue;
    first = asked[i].filter;
    granted = facts.granted[i];
    wanted = asked[i].qos;
  }
  if (count == 0) return {};
  return {"the server grants QoS " + std::to_string(granted) + " instead of " +
              std::to_string(wanted) + " for " + named(first, count),
          "subscribe with -q " + std::to_string(granted)};
}

}  // namespace

std::optional<Reason> Grants::check(const Server& server, const ConnectionFacts& facts) {
  const bool is_told = told_.contains(server.id);
  for (const Shortfall& less : {shared(asked_, facts), lower_qos(asked_, facts)}) {
    if (less.what.empty()) continue;
    if (strict_) {
      const bool mqtt5 = facts.protocol == Protocol::mqtt5;
      return Reason{Cause::unfit, Phase::subscribe, 0, mqtt5,
                    less.what + "; " + less.remedy + " or without --strict"};
    }
    if (is_told) continue;
    told_.insert(server.id);
    Notice warning{.name = NoticeName::warning, .level = Level::warning};
    warning.server = server.id;
    warning.reason = less.what + "; with --strict another server is used";
    announcer_.announce(warning);
  }
  return std::nullopt;
}

}  // namespace mqfail
