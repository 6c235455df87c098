// SPDX-License-Identifier: Apache-2.0
#include "simulation/transcript_parse.hpp"

#include <algorithm>
#include <concepts>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "policy/transcript_words.hpp"

namespace mqfail::test {
namespace {

using namespace transcript;

Error unreadable(std::string_view what, std::string_view text) {
  std::string message(1, '\'');
  message += printable(text);
  message += "' is not ";
  message += what;
  return {ErrorKind::data, std::move(message), ""};
}

template <class T>
Result<T> number(std::string_view text, std::string_view what) {
  std::optional<T> value;
  if constexpr (std::integral<T>) {
    const bool hex = text.starts_with("0x");
    if (hex) text.remove_prefix(2);
    value = parse_number<T>(text, hex ? 16 : 10);
  } else {
    value = parse_number<T>(text);
  }
  if (!value) return unreadable(what, text);
  return *value;
}

template <class T, std::size_t N>
Result<T> one_of(const Words<T, N>& words, std::string_view text, std::string_view what) {
  for (const auto& [each, value] : words) {
    if (each == text) return value;
  }
  return unreadable(what, text);
}

// The enumerators from 0 to `last`, told apart by the names that reason.hpp gives them.
template <class T>
Result<T> named(std::string_view text, T last, std::string_view what) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (name(static_cast<T>(i)) == text) return static_cast<T>(i);
  }
  return unreadable(what, text);
}

// Splits at spaces outside of quotes.
std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size()) {
      if (quoted && line[i] == '\\') {
        ++i;
        continue;
      }
      if (line[i] == '"') quoted = !quoted;
      if (quoted || (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')) continue;
    }
    const std::size_t end = std::min(i, line.size());
    if (end > start) out.push_back(line.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

// A bare word, or what json_string makes: it escapes no code point above U+FFFF.
Result<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  if (text.size() < 2 || !text.ends_with('"')) return unreadable("a string", text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return unreadable("a string", text);
    switch (text[i]) {
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        const std::string_view digits = text.substr(i + 1, 4);
        const auto point = parse_number<std::uint32_t>(digits, 16);
        if (digits.size() < 4 || !point) return unreadable("a string", text);
        append_utf8(out, *point);
        i += 4;
        break;
      }
      default:
        out += text[i];
    }
  }
  return out;
}

Result<AttemptId> attempt(std::string_view text) {
  if (!text.starts_with('#')) return unreadable("an attempt (#1)", text);
  const auto value = number<std::uint64_t>(text.substr(1), "an attempt (#1)");
  if (!value) return value.error();
  return AttemptId{*value};
}

Result<Reason> reason(const std::vector<std::string_view>& words, std::size_t first) {
  Reason out;
  if (words.size() <= first) return Error{ErrorKind::data, "the reason is missing", ""};
  const auto cause = named(words[first], Cause::local, "a cause");
  if (!cause) return cause.error();
  out.cause = *cause;
  for (std::size_t i = first + 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "mqtt5") {
      out.mqtt5 = true;
    } else if (word.starts_with("phase=")) {
      const auto phase = named(word.substr(6), Phase::publish, "a phase");
      if (!phase) return phase.error();
      out.phase = *phase;
    } else if (word.starts_with("code=")) {
      const auto code = number<int>(word.substr(5), "a code");
      if (!code) return code.error();
      out.code = *code;
    } else if (word.starts_with("text=")) {
      auto text = unquoted(word.substr(5));
      if (!text) return text.error();
      out.text = std::move(*text);
    } else if (word.starts_with("reference=")) {
      auto text = unquoted(word.substr(10));
      if (!text) return text.error();
      out.reference = std::move(*text);
    } else {
      return unreadable("part of a reason", word);
    }
  }
  return out;
}

Result<Scheme> scheme(std::string_view text) {
  static constexpr Words<Scheme, 4> kSchemes{
      {{"tcp", Scheme::tcp}, {"mqtts", Scheme::tls}, {"ws", Scheme::ws}, {"wss", Scheme::wss}}};
  return one_of(kSchemes, text, "a scheme");
}

Result<Done> server_options(std::string_view text, Server& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view option = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string_view value = option.substr(std::min(equals + 1, option.size()));
    if (option.starts_with("connectTimeout=")) {
      const auto timeout = parse_transcript_time(value);
      if (!timeout) return timeout.error();
      out.connect_timeout = *timeout;
    } else if (option.starts_with("protocol=")) {
      const auto protocol = one_of(kProtocols, value, "a protocol");
      if (!protocol) return protocol.error();
      out.protocol = *protocol;
    } else if (option.starts_with("clientId=") || option.starts_with("cluster=")) {
      auto word = unquoted(value);
      if (!word) return word.error();
      if (option.starts_with("clientId=")) {
        out.client_id = std::move(*word);
      } else {
        out.cluster = std::move(*word);
      }
    } else {
      return unreadable("an option of a server", option);
    }
  }
  return Done{};
}

// What server_words prints; lib/config reads the URIs that people write.
Result<Server> server(std::string_view text) {
  Server out;
  const std::size_t quote = text.starts_with('"') ? text.find("\"=") : std::string_view::npos;
  const std::size_t equals = quote == std::string_view::npos ? text.find('=') : quote + 1;
  auto id = unquoted(text.substr(0, equals));
  if (!id) return id.error();
  out.id = out.host = std::move(*id);
  if (equals == std::string_view::npos) return out;

  std::string_view rest = text.substr(equals + 1);
  if (const std::size_t query = rest.find('?'); query != std::string_view::npos) {
    if (auto done = server_options(rest.substr(query + 1), out); !done) return done.error();
    rest = rest.substr(0, query);
  }
  const std::size_t colon = rest.find("://");
  if (colon == std::string_view::npos) return unreadable("a server", text);
  const auto kind = scheme(rest.substr(0, colon));
  if (!kind) return kind.error();
  out.scheme = *kind;
  rest.remove_prefix(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  out.path = rest.substr(slash);
  rest = rest.substr(0, slash);
  const std::size_t port_colon = rest.rfind(':');
  if (port_colon == std::string_view::npos) return unreadable("a server", text);
  const auto port = number<std::uint16_t>(rest.substr(port_colon + 1), "a port");
  if (!port) return port.error();
  out.port = *port;
  rest = rest.substr(0, port_colon);
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  out.host = rest;
  return out;
}

Result<ServerList> list(const std::vector<std::string_view>& words, std::size_t first) {
  ServerList out;
  for (std::size_t i = first; i < words.size(); ++i) {
    auto each = server(words[i]);
    if (!each) return each.error();
    out.push_back(std::move(*each));
  }
  return out;
}

// Durations come before numbers: a Duration is written as a number of ms.
template <class T>
Result<Done> read_value(std::string_view text, T& out) {
  const auto take = [&](const auto& read) -> Result<Done> {
    if (!read) return read.error();
    out = *read;
    return Done{};
  };
  if constexpr (std::same_as<T, bool>) {
    static constexpr Words<bool, 2> kBools{{{"true", true}, {"false", false}}};
    return take(one_of(kBools, text, "true or false"));
  } else if constexpr (std::same_as<T, Jitter>) {
    return take(one_of(kJitters, text, "a jitter"));
  } else if constexpr (std::same_as<T, Protocol>) {
    return take(one_of(kProtocols, text, "a protocol"));
  } else if constexpr (std::same_as<T, Redirect>) {
    return take(one_of(kRedirects, text, "a way to redirect"));
  } else if constexpr (std::same_as<T, Duration>) {
    return take(parse_transcript_time(text));
  } else if constexpr (std::same_as<T, double> || std::same_as<T, std::int64_t>) {
    return take(number<T>(text, "a number"));
  } else if constexpr (std::same_as<T, ServerList>) {
    std::vector<std::string_view> words;
    for (std::size_t comma = 0; comma != std::string_view::npos;) {
      comma = text.find(',');
      words.push_back(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return take(list(words, 0));
  } else {
    out.reset();
    if (text == "none") return Done{};
    return read_value(text, out.emplace());
  }
}

Result<Done> read_setting(std::string_view word, FailoverSettings& settings) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = word.substr(std::min(equals + 1, word.size()));
  Result<Done> out = unreadable("a setting", key);
  for_each_setting(settings, [&](std::string_view setting, auto& member) {
    if (setting == key) out = read_value(value, member);
  });
  return out;
}

template <class E>
Result<Event> about_attempt(std::vector<std::string_view> words) {
  if (words.size() < 3) return Error{ErrorKind::data, "the event names no attempt", ""};
  const auto id = attempt(words[2]);
  if (!id) return id.error();
  if constexpr (requires(E e) { e.silent; }) {
    Duration silent{};
    if (words.back().starts_with("silent=")) {
      const auto read = parse_transcript_time(words.back().substr(7));
      if (!read) return read.error();
      silent = *read;
      words.pop_back();
    }
    auto why = reason(words, 3);
    if (!why) return why.error();
    return Event(E{*id, std::move(*why), silent});
  } else if constexpr (requires(E e) { e.reason; }) {
    auto why = reason(words, 3);
    if (!why) return why.error();
    return Event(E{*id, std::move(*why)});
  } else if constexpr (requires(E e) { e.patience; }) {
    const auto patience = parse_transcript_time(words.size() > 3 ? words[3] : "");
    if (!patience) return patience.error();
    const auto cause = named(words.size() > 4 ? words[4] : "", Cause::local, "a cause");
    if (!cause) return cause.error();
    return Event(E{*id, *patience, *cause});
  } else if constexpr (requires(E e) { e.phase; }) {
    const auto phase = named(words.size() > 3 ? words[3] : "", Phase::publish, "a phase");
    if (!phase) return phase.error();
    return Event(E{*id, *phase});
  } else {
    return Event(E{*id});
  }
}

Result<Event> list_changed(const std::vector<std::string_view>& words) {
  const auto source = one_of(kSources, words.size() > 2 ? words[2] : "", "a source of lists");
  if (!source) return source.error();
  const bool rebalance = words.size() > 3 && words[3] == "rebalance";
  auto servers = list(words, rebalance ? 4 : 3);
  if (!servers) return servers.error();
  return Event(event::ListChanged{std::move(*servers), *source, rebalance});
}

Result<Event> event_of(const std::vector<std::string_view>& words) {
  const std::string_view what = words[1];
  if (what == "started") return Event(event::Started{});
  if (what == "ticked") return Event(event::Ticked{});
  if (what == "hurried") return Event(event::Hurried{});
  if (what == "stopped") return Event(event::Stopped{});
  if (what == "ends-in") {
    const auto left = parse_transcript_time(words.size() > 2 ? words[2] : "");
    if (!left) return left.error();
    return Event(event::EndsIn{*left});
  }
  if (what == "connected") return about_attempt<event::Connected>(words);
  if (what == "accepted") return about_attempt<event::Accepted>(words);
  if (what == "reached") return about_attempt<event::Reached>(words);
  if (what == "failed") return about_attempt<event::Failed>(words);
  if (what == "lost") return about_attempt<event::Lost>(words);
  if (what == "left") return about_attempt<event::Left>(words);
  if (what == "list-changed") return list_changed(words);
  return unreadable("an event", what);
}

}  // namespace

Result<Duration> parse_transcript_time(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  std::string decimals(text.substr(std::min(point + 1, text.size())));
  if (decimals.size() > 3 || digits.size() > 15) return unreadable("a time in ms", text);
  decimals.resize(3, '0');
  const auto us = number<Duration::rep>(digits + decimals, "a time in ms");
  if (!us || digits.empty() || digits == "-") return unreadable("a time in ms", text);
  return Duration(*us);
}

Result<bool> parse_transcript_head(std::string_view line, TranscriptHead& head) {
  const auto words = split(line);
  if (words.empty()) return false;
  if (words[0] == "servers") {
    auto servers = list(words, 1);
    if (!servers) return servers.error();
    head.servers = std::move(*servers);
    return true;
  }
  if (words[0] == "set") {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto read = read_setting(words[i], head.settings);
      if (!read) return read.error();
    }
    return true;
  }
  if (words[0] == "seed") {
    const auto seed = number<std::uint64_t>(words.size() > 1 ? words[1] : "", "a seed");
    if (!seed) return seed.error();
    head.seed = *seed;
    return true;
  }
  return false;
}

Result<TranscriptEvent> parse_transcript_event(std::string_view line) {
  const auto words = split(line);
  if (words.size() < 2) return unreadable("an event line", line);
  const auto at = parse_transcript_time(words[0]);
  if (!at) return at.error();
  auto event = event_of(words);
  if (!event) return event.error();
  TranscriptEvent out;
  out.at = *at;
  out.event = std::move(*event);
  return out;
}

}  // namespace mqfail::test
