// SPDX-License-Identifier: Apache-2.0
#include "tool/human_events.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "tool/events.hpp"

namespace mqfail {
namespace {

std::string show(std::int64_t value) {
  return std::to_string(value);
}
std::string show(bool value) {
  return value ? "yes" : "no";
}
std::string show(const std::string& value) {
  return printable(value);
}
std::string show(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.4g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}
std::string show(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values)
    out.append(out.empty() ? "" : ",").append(printable(value));
  return out;
}

// The keys of a notice. A key that a sentence uses is not shown again.
class Facts {
 public:
  explicit Facts(const Notice& notice) : notice_(notice) {}

  std::optional<std::string> take(std::string_view key) {
    const NoticeValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    return std::visit([](const auto& held) { return show(held); }, *value);
  }
  std::optional<Duration> take_ms(std::string_view key) {
    const NoticeValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* whole = std::get_if<std::int64_t>(value))
      return std::chrono::milliseconds(*whole);
    if (const auto* real = std::get_if<double>(value))
      return Duration(static_cast<Duration::rep>(*real * 1000.0));
    return std::nullopt;
  }
  // The numbers that are not zero, in words: "printed 3, lost max 1".
  std::string counts() const {
    std::string out;
    for (const auto& [key, value] : notice_.more) {
      const auto* const number = std::get_if<std::int64_t>(&value);
      if (taken_.contains(key) || (number != nullptr && *number == 0)) continue;
      std::string words = printable(key);
      std::replace(words.begin(), words.end(), '_', ' ');
      out.append(out.empty() ? "" : ", ").append(words).append(" ");
      out += std::visit([](const auto& held) { return show(held); }, value);
    }
    return out;
  }
  std::string rest(std::string_view between, std::string_view equals) const {
    std::string out;
    for (const auto& [key, value] : notice_.more) {
      if (taken_.contains(key)) continue;
      const std::string text = std::visit([](const auto& held) { return show(held); }, value);
      out.append(out.empty() ? "" : between).append(printable(key)).append(equals).append(text);
    }
    return out;
  }

 private:
  const NoticeValue* find(std::string_view key) {
    for (const auto& [name, value] : notice_.more) {
      if (name == key) {
        taken_.insert(name);
        return &value;
      }
    }
    return nullptr;
  }
  const Notice& notice_;
  std::set<std::string> taken_;
};

// "b=mqtts://b:8883", or the URI alone where the id says no more.
std::string label(const Notice& notice) {
  std::string server = printable(notice.server);
  if (notice.uri.empty()) return server;
  if (server.empty() || notice.uri.ends_with("://" + notice.server)) return printable(notice.uri);
  return server + "=" + printable(notice.uri);
}

// ": reason (phase): the server's words"
std::string why(const Notice& notice) {
  std::string out;
  if (!notice.reason.empty()) out += ": " + printable(notice.reason, 1024);
  if (!notice.phase.empty()) out += " (" + printable(notice.phase) + ")";
  if (!notice.text.empty()) out += ": \"" + printable(notice.text) + "\"";
  return out;
}

// The subject of the notice and its reason. Either may be empty.
std::string about(const std::string& what, const std::string& why) {
  return what.empty() && why.starts_with(": ") ? why.substr(2) : what + why;
}

std::string counted(const std::string& number, std::string_view noun) {
  return number + " " + std::string(noun) + (number == "1" ? "" : "s");
}

void add_part(std::string& list, const std::string& part) {
  list.append(list.empty() ? "" : ", ").append(part);
}

std::string protocol(const std::string& value) {
  if (value == "4") return "v3.1.1";
  if (value == "3") return "v3.1";
  return value.starts_with('v') || value.starts_with("MQTT") ? value : "v" + value;
}

std::string connected(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  if (notice.dur) out += " in " + human_duration(*notice.dur);
  std::string list;
  if (const auto present = facts.take("session_present")) {
    add_part(list, *present == "yes" ? "session resumed" : "session new");
  }
  const auto outage = facts.take_ms("outage_ms");
  if (const auto version = facts.take("protocol")) add_part(list, protocol(*version));
  const bool resumed = facts.take("tls_resumed").has_value();
  if (const auto tls = facts.take("tls"); tls && !tls->empty())
    add_part(list, *tls + (resumed ? " resumed" : ""));
  if (!list.empty()) out += " (" + list + ")";
  // In whole milliseconds; `failover` has it exactly.
  if (outage.value_or(Duration::zero()) == Duration::zero()) return out;
  return out + " after " + human_duration(*outage) + " without a server";
}

std::string failed(const Notice& notice, Facts& facts) {
  const std::string out = about(label(notice), why(notice));
  const auto role = facts.take("role");
  if (!role) return out;
  return out + (*role == "probe" ? ", probed while another is in use" : ", tried as " + *role);
}

std::string lost(const Notice& notice, Facts& facts) {
  // The server was in use, so that there is no phase.
  Notice in_use = notice;
  in_use.phase.clear();
  std::string out = about(label(notice), why(in_use));
  if (const auto up = facts.take_ms("up_ms")) out += " after " + human_duration(*up);
  if (const auto unacked = facts.take("unacked"); unacked && *unacked != "0") {
    out += ", " + *unacked + " unacknowledged";
  }
  if (const auto twin = facts.take("twin")) out += "; " + *twin;
  if (const auto hold = facts.take_ms("failback_hold_ms"))
    out += "; no failback for " + human_duration(*hold);
  return out;
}

std::string backoff(const Notice& notice, Facts& facts) {
  const std::optional<Duration> delay = notice.dur ? notice.dur : facts.take_ms("delay_ms");
  std::string out = delay ? "next pass in " + human_duration(*delay) : "";
  for (const std::string_view key : {"pass", "round"}) {
    if (const auto pass = facts.take(key)) out += " (pass " + *pass + " failed)";
  }
  return about(out, why(notice));
}

std::string moved(const Notice& notice, Facts& facts) {
  const std::string from = facts.take("from").value_or("");
  const std::string to = facts.take("to").value_or(printable(notice.server));
  std::string out = from.empty() ? to : from + " -> " + to;
  const std::optional<Duration> outage = notice.dur ? notice.dur : facts.take_ms("outage_ms");
  if (outage) out += " after " + human_duration(*outage);
  if (const auto healthy = facts.take_ms("healthy_ms")) {
    out += " (" + to + " healthy for " + human_duration(*healthy) + ")";
  }
  return about(out, why(notice));
}

std::string gap(const Notice& notice, Facts& facts) {
  std::string out = printable(notice.server);
  const std::optional<Duration> duration = notice.dur ? notice.dur : facts.take_ms("dur_ms");
  if (duration) out.append(out.empty() ? "" : " ").append(human_duration(*duration));
  const auto most = facts.take("lost_max");
  const auto qos = facts.take("qos");
  if (const auto missing = facts.take("missing")) {
    out += (out.empty() ? "" : ": ") + counted(*missing, "numbered message") +
           (*missing == "1" ? " is missing" : " are missing");
    if (const auto first = facts.take("first_missing"))
      out += (*missing == "1" ? ": " : ", the first is ") + *first;
    if (const auto holes = facts.take("holes")) out += ", in " + counted(*holes, "hole");
  }
  if (most) {
    out += ", up to " + counted(*most, "message") + " may be missing";
  } else if (facts.take("may_be_missing").value_or(qos == "0" ? "yes" : "no") == "yes") {
    out += ", messages may be missing";
  }
  if (qos) out += " (QoS " + *qos + ")";
  return about(out, why(notice));
}

std::string stalled(const Notice& notice, Facts& facts) {
  facts.take("ended");  // the sentence says it
  const std::string cause = why(notice);
  std::string out = cause.empty() ? "" : cause.substr(2);
  if (notice.dur) out += " after " + human_duration(*notice.dur);
  const std::string rest = facts.rest(" ", "=");
  return rest.empty() ? out : out + " " + rest;
}

std::string gave_up(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  if (const auto attempts = facts.take("attempts")) {
    out += (out.empty() ? "" : " ") + std::string("after ") + counted(*attempts, "attempt");
  }
  // No attempt has ended, so that there is no number to show.
  if (const auto passes = facts.take("passes"); passes && *passes != "0")
    out += " in " + *passes + (*passes == "1" ? " pass" : " passes");
  const auto elapsed = facts.take_ms("elapsed_ms");
  if (elapsed && *elapsed >= std::chrono::seconds(1)) out += " and " + human_duration(*elapsed);
  if (const auto bound = facts.take("bound")) out += ", as " + *bound + " says";
  return about(out, why(notice));
}

std::string subscribed(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  if (const auto filters = facts.take("filters")) out += " to " + counted(*filters, "filter");
  if (const auto ended = facts.take("unsubscribed")) out += ", unsubscribed from " + *ended;
  return about(out, why(notice));
}

std::string finished(const Notice& notice, Facts& facts) {
  std::string out;
  for (const std::string_view key : {"exit", "status"}) {
    if (const auto status = facts.take(key)) out = "status " + *status;
  }
  out = about(out, why(notice));
  const std::string counts = facts.counts();
  return counts.empty() ? out : out + (out.empty() ? "" : ", ") + counts;
}

std::string dropped(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  if (const auto count = facts.take("count"))
    out += (out.empty() ? "" : ": ") + std::string("up to ") + counted(*count, "message") +
           " may be lost";
  return about(out, why(notice));
}

std::string list_updated(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  const auto tell = [&](std::string_view what, std::string_view verb) {
    const auto ids = facts.take(what);
    if (!ids || ids->empty()) return;
    out.append(out.empty() ? "" : ", ").append(verb).append(" ").append(*ids);
  };
  tell("added", "added");
  tell("removed", "removed");
  tell("refused", "not taken:");
  if (const auto source = facts.take("source"); source && *source != "document")
    out += (out.empty() ? "" : ", ") + std::string("from ") + *source;
  return about(out.empty() ? "nothing added or removed" : out, why(notice));
}

std::string redirected(const Notice& notice, Facts& facts) {
  std::string out = label(notice);
  if (const auto to = facts.take("to"); to && !to->empty()) out += " -> " + *to;
  if (const auto refused = facts.take("refused"); refused && !refused->empty())
    out += ", not to " + *refused;
  facts.take("moved");
  return about(out, why(notice));
}

// All keys: for events without a sentence of their own.
std::string plain(const Notice& notice, Facts& facts) {
  std::string out = about(label(notice), why(notice));
  if (notice.dur) out.append(out.empty() ? "" : " ").append(human_duration(*notice.dur));
  const std::string rest = facts.rest(" ", "=");
  return rest.empty() ? out : out + (out.empty() ? "" : " ") + rest;
}

}  // namespace

std::string human_duration(Duration duration) {
  const auto us = static_cast<double>(duration.count());
  std::array<char, 48> text{};
  int length = 0;
  const auto print = [&](const char* format, auto... values) {
    length = std::snprintf(text.data(), text.size(), format, values...);
  };
  if (us < 1000) {
    print("%.0fus", us);
  } else if (us < 9950) {
    print("%.1fms", us / 1e3);
  } else if (us < 999500) {
    print("%.0fms", us / 1e3);
  } else if (us < 59.95e6) {
    print("%.1fs", us / 1e6);
  } else {
    const long long seconds = (duration.count() + 500000) / 1000000;
    if (seconds < 3600) {
      print("%lldm%llds", seconds / 60, seconds % 60);
    } else {
      print("%lldh%lldm", seconds / 3600, seconds % 3600 / 60);
    }
  }
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string human_detail(const Notice& notice, bool debug) {
  Facts facts(notice);
  std::string out;
  switch (notice.name) {
    case NoticeName::trying:
      out = label(notice) + why(notice);
      break;
    case NoticeName::failed:
      out = failed(notice, facts);
      break;
    case NoticeName::connected:
      out = connected(notice, facts);
      break;
    case NoticeName::lost:
    case NoticeName::standby_lost:
      out = lost(notice, facts);
      break;
    case NoticeName::backoff:
      out = backoff(notice, facts);
      break;
    case NoticeName::failover:
    case NoticeName::failback:
    case NoticeName::rebalanced:
      out = moved(notice, facts);
      break;
    case NoticeName::gap:
      out = gap(notice, facts);
      break;
    case NoticeName::subscribed:
      out = subscribed(notice, facts);
      break;
    case NoticeName::dropped:
      out = dropped(notice, facts);
      break;
    case NoticeName::list_updated:
      out = list_updated(notice, facts);
      break;
    case NoticeName::redirected:
      out = redirected(notice, facts);
      break;
    case NoticeName::gave_up:
      out = gave_up(notice, facts);
      break;
    case NoticeName::stalled:
      return stalled(notice, facts);
    case NoticeName::exit:
      return finished(notice, facts);
    default:
      return plain(notice, facts);
  }
  if (!debug) return out;
  if (notice.attempt) out += " attempt=" + std::to_string(*notice.attempt);
  if (notice.code) out += " code=" + std::to_string(*notice.code);
  const std::string rest = facts.rest(" ", "=");
  return rest.empty() ? out : out + " " + rest;
}

}  // namespace mqfail
