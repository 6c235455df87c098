// SPDX-License-Identifier: Apache-2.0
#include "policy/transcript.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <initializer_list>

#include "base/text.hpp"
#include "policy/overloaded.hpp"
#include "policy/transcript_words.hpp"

namespace mqfail {
namespace {

using namespace transcript;

// The pieces one after another.
std::string join(std::initializer_list<std::string_view> pieces) {
  std::string out;
  for (const std::string_view piece : pieces) out += piece;
  return out;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// A name as it is if it cannot be mistaken, else as a JSON string.
std::string token(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? std::string(text) : json_string(text);
}

std::string id(AttemptId attempt) {
  return join({"#", std::to_string(static_cast<std::uint64_t>(attempt))});
}

std::string hex(int code) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
  return join({"0x", std::string_view(digits.data(), end)});
}

std::string reason_words(const Reason& reason) {
  std::string out(name(reason.cause));
  out += " phase=";
  out += name(reason.phase);
  const bool is_mqtt_code = reason.cause == Cause::connack || reason.cause == Cause::suback ||
                            reason.cause == Cause::disconnect || reason.cause == Cause::ack_refused;
  if (reason.code != 0) {
    out += " code=";
    out += is_mqtt_code && reason.code >= 0x80 ? hex(reason.code) : std::to_string(reason.code);
  }
  if (reason.mqtt5) out += " mqtt5";
  if (!reason.text.empty()) out += join({" text=", json_string(reason.text)});
  if (!reason.reference.empty()) out += join({" reference=", json_string(reason.reference)});
  return out;
}

std::string server_words(const Server& server) {
  std::string out = join({token(server.id), "=", redacted_uri(server)});
  char mark = '?';
  const auto add = [&](std::string_view option, std::string_view value) {
    out += join({std::string_view(&mark, 1), option, "=", value});
    mark = '&';
  };
  if (server.connect_timeout) add("connectTimeout", transcript_time(*server.connect_timeout));
  if (server.client_id) add("clientId", token(*server.client_id));
  if (server.protocol) add("protocol", word(kProtocols, *server.protocol));
  if (!server.cluster.empty()) add("cluster", token(server.cluster));
  return out;
}

std::string list_words(const ServerList& servers) {
  std::string out;
  for (const Server& server : servers) out += join({" ", server_words(server)});
  return out;
}

template <class T>
std::string value_words(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::same_as<T, Jitter>) {
    return std::string(word(kJitters, value));
  } else if constexpr (std::same_as<T, Protocol>) {
    return std::string(word(kProtocols, value));
  } else if constexpr (std::same_as<T, Redirect>) {
    return std::string(word(kRedirects, value));
  } else if constexpr (std::same_as<T, Duration>) {
    return transcript_time(value);
  } else if constexpr (std::same_as<T, double>) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  } else if constexpr (std::same_as<T, std::int64_t>) {
    return std::to_string(value);
  } else if constexpr (std::same_as<T, ServerList>) {
    std::string out;
    for (const Server& server : value) {
      out += join({out.empty() ? "" : ",", server_words(server)});
    }
    return out;
  } else {
    return value ? value_words(*value) : "none";
  }
}

std::string settings_words(const FailoverSettings& settings) {
  std::vector<std::string> defaults;
  const FailoverSettings fresh;
  for_each_setting(fresh, [&](std::string_view, const auto& member) {
    defaults.push_back(value_words(member));
  });
  std::string out;
  std::size_t i = 0;
  for_each_setting(settings, [&](std::string_view setting, const auto& member) {
    const std::string value = value_words(member);
    if (value != defaults[i++]) out += join({" ", setting, "=", value});
  });
  return out;
}

std::string_view role_word(Role role) {
  switch (role) {
    case Role::active:
      return "";
    case Role::standby:
      return " standby";
    case Role::probe:
      return " probe";
  }
  return "";
}

std::string client_id_words(const ClientId& id) {
  if (id.form == ClientId::Form::by_server) return " id-by-server";
  return id.number == 0 ? "" : join({" id-", std::to_string(id.number)});
}

std::string names(std::string_view key, const std::vector<ServerIndex>& indices,
                  const Failover& failover) {
  std::string out;
  for (const ServerIndex index : indices) {
    out += out.empty() ? join({" ", key, "="}) : ",";
    out += token(failover.server(index).id);
  }
  return out;
}

}  // namespace

std::string transcript_time(Duration time) {
  const std::int64_t us = time.count();
  const std::int64_t magnitude = us < 0 ? -us : us;
  std::string out = join({us < 0 ? "-" : "", std::to_string(magnitude / 1000)});
  std::string decimals = std::to_string(1000 + magnitude % 1000).substr(1);
  while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
  return decimals.empty() ? out : join({out, ".", decimals});
}

std::string transcript_head(const TranscriptHead& head) {
  std::string out = join({"servers", list_words(head.servers), "\n"});
  const std::string settings = settings_words(head.settings);
  if (!settings.empty()) out += join({"set", settings, "\n"});
  return join({out, "seed ", std::to_string(head.seed), "\n"});
}

std::string transcript_line(const Event& event, Duration at) {
  using namespace event;
  const auto words = Overloaded{
      [](const Started&) { return std::string("started"); },
      [](const Reached& e) {
        return join({"reached ", id(e.attempt), " ", name(e.phase)});
      },
      [](const Accepted& e) {
        return join(
            {"accepted ", id(e.attempt), " ", transcript_time(e.patience), " ", name(e.cause)});
      },
      [](const Connected& e) {
        return join({"connected ", id(e.attempt)});
      },
      [](const Failed& e) {
        return join({"failed ", id(e.attempt), " ", reason_words(e.reason)});
      },
      [](const Lost& e) {
        return join({"lost ", id(e.attempt), " ", reason_words(e.reason),
                     e.silent == Duration::zero() ? "" : " silent=",
                     e.silent == Duration::zero() ? "" : transcript_time(e.silent)});
      },
      [](const Left& e) {
        return join({"left ", id(e.attempt)});
      },
      [](const Ticked&) { return std::string("ticked"); },
      [](const Hurried&) { return std::string("hurried"); },
      [](const EndsIn& e) {
        return "ends-in " + (e.left == Duration::max() ? "never" : transcript_time(e.left));
      },
      [](const ListChanged& e) {
        return join({"list-changed ", word(kSources, e.source), e.rebalance ? " rebalance" : "",
                     list_words(e.servers)});
      },
      [](const Stopped&) { return std::string("stopped"); },
  };
  return join({transcript_time(at), " ", std::visit(words, event)});
}

std::string transcript_line(const Action& action, Duration at, const Failover& failover) {
  using namespace action;
  const auto named = [&](ServerIndex server) { return token(failover.server(server).id); };
  const auto words = Overloaded{
      [&](const Connect& a) {
        return join({"connect ", id(a.attempt), " ", named(a.server), " ",
                     word(kProtocols, a.protocol), role_word(a.role),
                     client_id_words(a.client_id)});
      },
      [&](const TakeOver& a) {
        return join({"take-over ", id(a.attempt), " ", named(a.server)});
      },
      [&](const Abandon& a) {
        return join({"abandon ", id(a.attempt)});
      },
      [&](const Retire& a) {
        return join({"retire ", id(a.attempt)});
      },
      [&](const Disconnect& a) {
        return join({"disconnect ", id(a.attempt), a.first ? " first" : ""});
      },
      [&](const Use& a) {
        return join({"use ", id(a.attempt), " ", named(a.server), " epoch=",
                     std::to_string(a.epoch), a.from ? " from=" : "", a.from ? named(*a.from) : "",
                     " outage=", transcript_time(a.outage), word(kMoves, a.move)});
      },
      [&](const TellFailed& a) {
        return join({"tell-failed ", id(a.attempt), " ", named(a.server), role_word(a.role), " ",
                     name(a.verdict), ": ", reason_words(a.reason)});
      },
      [&](const TellStandbyReady& a) {
        return join({"tell-standby-ready ", id(a.attempt), " ", named(a.server)});
      },
      [&](const TellStandbyLost& a) {
        return join({"tell-standby-lost ", id(a.attempt), " ", named(a.server),
                     " up=", transcript_time(a.up), ": ", reason_words(a.reason)});
      },
      [&](const TellLost& a) {
        return join({"tell-lost ", id(a.attempt), " ", named(a.server),
                     " up=", transcript_time(a.up), a.maybe_twin ? " maybe-twin" : "",
                     a.failback_hold ? " failback-hold=" + transcript_time(*a.failback_hold) : "",
                     ": ", reason_words(a.reason)});
      },
      [&](const TellBackoff& a) {
        return join({"tell-backoff ", transcript_time(a.delay), " pass=", std::to_string(a.pass),
                     a.warn ? " warn" : ""});
      },
      [&](const TellListChanged& a) {
        return join({"tell-list-changed", names("added", a.added, failover),
                     names("removed", a.removed, failover)});
      },
      [&](const TellRedirected& a) {
        std::string out = join({"tell-redirected ", named(a.by), a.moved ? " moved" : "",
                                names("to", a.to, failover)});
        for (const std::string& one : a.refused) out += join({" refused=", token(one)});
        return a.why.empty() ? out : join({out, ": ", a.why});
      },
      [&](const TellCluster& a) {
        return join({"tell-cluster ", named(a.one), " ", named(a.other)});
      },
      [&](const GiveUp& a) {
        return join({"give-up ", a.kind == ErrorKind::denied ? "denied" : "unavailable",
                     a.bound == Bound::none ? "" : " bound=", name(a.bound),
                     " passes=", std::to_string(a.passes), " attempts=", std::to_string(a.attempts),
                     ": ", reason_words(a.reason)});
      },
  };
  return join({transcript_time(at), " -> ", std::visit(words, action)});
}

}  // namespace mqfail
