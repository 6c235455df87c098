// SPDX-License-Identifier: Apache-2.0
#include "config/uri/server_uri.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "config/uri/failover_options.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

constexpr std::array<std::pair<std::string_view, Scheme>, 7> kSchemes = {{{"tcp", Scheme::tcp},
                                                                          {"mqtt", Scheme::tcp},
                                                                          {"ssl", Scheme::tls},
                                                                          {"tls", Scheme::tls},
                                                                          {"mqtts", Scheme::tls},
                                                                          {"ws", Scheme::ws},
                                                                          {"wss", Scheme::wss}}};

constexpr std::array<std::string_view, 14> kUriOptions = {"serverId",
                                                          "tls",
                                                          "cafile",
                                                          "cert",
                                                          "key",
                                                          "validate",
                                                          "connectTimeout",
                                                          "username",
                                                          "password-file",
                                                          "password",
                                                          "clientCertificateThumbprint",
                                                          "clientCertificatePassword",
                                                          "component",
                                                          "query"};

template <std::size_t N>
std::string suggestion(std::string_view word, const std::array<std::string_view, N>& known,
                       std::string_view otherwise) {
  const auto meant = nearest(word, known);
  return meant ? "did you mean '" + *meant + "'?" : std::string(otherwise);
}

Error in_uri(std::string_view uri, const Error& error) {
  return {error.kind, error.message + " in '" + shown_uri(uri) + "'", error.hint};
}

// The URI cut at its joints; nothing is decoded yet.
struct Cut {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> user_info;
  std::string_view host;
  std::optional<std::string_view> port;
  std::string_view rest;  // from the first "/", "?" or "#" after the authority
};

// What is written like a list but is none, and what was meant.
std::optional<Error> refuse_list(std::string_view text) {
  const std::size_t letters = std::min(
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), text.size());
  const std::string word = lower_case(text.substr(0, letters));
  const std::string_view behind = text.substr(letters);
  if (word == "failover" && (behind.starts_with('(') || behind.starts_with("//"))) {
    return Error{ErrorKind::usage, "the ':' behind failover is missing",
                 "write failover:(URI,URI)"};
  }
  if (word == "failover" && (behind.starts_with(":(") || behind.starts_with("://"))) {
    return Error{ErrorKind::usage, "a failover: URI names a whole list", "give it with -s"};
  }
  if (letters > 0 && (behind.starts_with(":(") || behind.starts_with(":/(") ||
                      behind.starts_with("://(") || behind.starts_with("("))) {
    return Error{ErrorKind::usage, "'" + word + "' is no kind of list here",
                 "write failover:(URI,URI)"};
  }
  if (word == "static" && behind.starts_with(':') && behind.find("://") > 0 &&
      behind.find("://") != std::string_view::npos) {
    return Error{ErrorKind::usage, "'static' is no kind of list here", "write failover:(URI,URI)"};
  }
  // Only behind the last "@": a user or password may hold anything.
  const std::size_t scheme = text.find("://");
  std::string_view authority = text.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const std::size_t between = authority.find_first_of(" \t\r\n;,|");
  if (between == std::string_view::npos) return std::nullopt;
  const char mark = authority[between];
  const std::string what = mark == '\n' || mark == '\r'  ? "a line end"
                           : mark == ' ' || mark == '\t' ? "a space"
                                                         : "'" + std::string(1, mark) + "'";
  return Error{ErrorKind::usage, what + " stands between servers",
               "give each its own -s, or write failover:(URI,URI)"};
}

Result<Cut> cut(std::string_view text) {
  if (auto list = refuse_list(text)) return *list;
  Cut parts;
  const std::size_t colon = text.find("://");
  // "host?cafile=x://y" has no scheme: the name before "://" must be a bare word.
  if (colon != std::string_view::npos && text.find_first_of("/?#@[") > colon) {
    parts.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 3);
  }
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  parts.rest = text.substr(end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parts.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket =
      authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  if (authority.starts_with('[') && bracket == std::string_view::npos) {
    return Error{ErrorKind::usage, "a '[' has no ']'", "write an IPv6 address in brackets: [::1]"};
  }
  std::size_t port = std::string_view::npos;
  if (bracket != std::string_view::npos) {
    if (bracket + 1 < authority.size()) {
      if (authority[bracket + 1] != ':')
        return Error{ErrorKind::usage, "something other than ':port' follows the ']'", ""};
      port = bracket + 1;
    }
  } else {
    port = authority.find(':');
    if (port != std::string_view::npos && port != authority.rfind(':')) {
      return Error{ErrorKind::usage, "there is more than one ':' in host and port",
                   "write an IPv6 address in brackets: [::1]"};
    }
  }
  parts.host = authority.substr(0, port);
  if (port != std::string_view::npos) parts.port = authority.substr(port + 1);
  return parts;
}

// A password with "/", "?" or "#" cuts the URI too early; then its tail would be quoted as a path,
// an option or a port. Nothing of it may be shown.
bool looks_cut_inside_password(const Cut& parts) {
  if (parts.user_info || !parts.port) return false;
  const bool digits = parts.port->empty() || all_digits(*parts.port);
  const std::string_view path = parts.rest.substr(0, parts.rest.find('?'));
  return parts.rest.find('@') != std::string_view::npos &&
         (!digits || path.find('@') != std::string_view::npos);
}

Result<Done> apply_authority(const Cut& parts, ServerDraft& draft) {
  Server& server = draft.server;
  if (parts.scheme) {
    const std::string name = lower_case(*parts.scheme);
    const auto known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const auto& s) { return s.first == name; });
    if (known == kSchemes.end()) {
      constexpr std::array<std::string_view, 7> kNames = {"tcp",   "mqtt", "ssl", "tls",
                                                          "mqtts", "ws",   "wss"};
      const bool word = std::all_of(name.begin(), name.end(),
                                    [](unsigned char c) { return std::isalnum(c) != 0; });
      return Error{ErrorKind::usage,
                   "unknown scheme" + (word ? " '" + printable(name, 32) + "'" : std::string()),
                   suggestion(name, kNames, "schemes are tcp, mqtt, ssl, tls, mqtts, ws and wss")};
    }
    server.scheme = known->second;
    draft.scheme_given = true;
  }
  if (parts.user_info) {
    const std::size_t colon = parts.user_info->find(':');
    auto user = percent_decoded(parts.user_info->substr(0, colon));
    if (!user) return user.error();
    if (!user->empty()) server.username = std::move(*user);
    if (colon != std::string_view::npos) {
      auto password = percent_decoded(parts.user_info->substr(colon + 1));
      if (!password) return password.error();
      server.password = Secret(std::move(*password));
    }
  }
  auto host = parse_host(parts.host);
  if (!host) return host.error();
  server.host = std::move(*host);
  if (parts.port) {
    const auto port = parse_port(*parts.port);
    if (!port) return port.error();
    server.port = *port;
    draft.port_given = true;
  }
  return Done{};
}

Result<Done> apply_tls(std::string_view value, ServerDraft& draft) {
  constexpr std::array<std::string_view, 5> kValues = {"None", "TLS", "TLS11", "TLS12", "TLS13"};
  const std::string word = lower_case(value);
  Server& server = draft.server;
  if (word == "none") {
    if (draft.scheme_given && is_tls(server.scheme)) {
      return Error{ErrorKind::usage, "tls=None contradicts the scheme",
                   "write mqtt:// or ws:// for plain text"};
    }
    return Done{};
  }
  if (word == "tls") {
    server.tls.version = TlsVersion::any;
  } else if (word == "tls11") {
    server.tls.version = TlsVersion::tls11;
  } else if (word == "tls12") {
    server.tls.version = TlsVersion::tls12;
  } else if (word == "tls13") {
    server.tls.version = TlsVersion::tls13;
  } else {
    return Error{ErrorKind::usage,
                 "tls: '" + printable(value, 32) + "' is not one of None, TLS, TLS11, TLS12, TLS13",
                 suggestion(value, kValues, "")};
  }
  draft.tls_version_given = true;
  if (server.scheme == Scheme::tcp) server.scheme = Scheme::tls;
  if (server.scheme == Scheme::ws) server.scheme = Scheme::wss;
  draft.scheme_given = true;
  return Done{};
}

Result<Done> apply_uri_option(const std::string& name, const std::string& value,
                              bool bare_milliseconds, ServerDraft& draft) {
  Server& server = draft.server;
  const bool empty_is_fine = name == "tls" || name == "validate" || name == "connectTimeout";
  if (value.empty() && !empty_is_fine &&
      std::find(kUriOptions.begin(), kUriOptions.end(), name) != kUriOptions.end()) {
    return Error{ErrorKind::usage, name + " has no value", ""};
  }
  if (name == "serverId") {
    server.id = value;
  } else if (name == "tls") {
    return apply_tls(value, draft);
  } else if (name == "cafile") {
    server.tls.cafile = value;
  } else if (name == "cert") {
    server.tls.cert = value;
  } else if (name == "key") {
    server.tls.key = value;
  } else if (name == "validate") {
    const std::string word = lower_case(value);
    if (word != "true" && word != "false") {
      return Error{ErrorKind::usage,
                   "validate: '" + printable(value, 32) + "' is neither true nor false", ""};
    }
    server.tls.verify_chain = server.tls.verify_name = word == "true";
    draft.verify_given = true;
  } else if (name == "connectTimeout") {
    const auto timeout = parse_option_duration(name, value, bare_milliseconds);
    if (!timeout) return timeout.error();
    if (*timeout <= Duration::zero())
      return Error{ErrorKind::usage, "connectTimeout must be above 0", ""};
    server.connect_timeout = *timeout;
  } else if (name == "username") {
    server.username = value;
  } else if (name == "password-file") {
    draft.password_file = value;
  } else if (name == "password" || name == "clientCertificatePassword") {
    const auto reference = secret_name(value);
    if (!reference) {
      return Error{ErrorKind::usage, name + " takes a reference {{NAME}}, never the secret itself",
                   name == "password" ? "write user:password@host, password-file= or a reference"
                                      : "mqfail-config(1) says where the named secret is kept"};
    }
    (name == "password" ? draft.password_name : draft.certificate_password_name) =
        std::string(*reference);
  } else if (name == "clientCertificateThumbprint") {
    const auto digits = parse_thumbprint(value);
    if (!digits) {
      return Error{ErrorKind::usage, name + ": '" + printable(value, 100) + "' is not a thumbprint",
                   "40 hexadecimal digits (SHA-1) or 64 (SHA-256)"};
    }
    server.tls.thumbprint = *digits;
  } else if (name == "component") {
    draft.secrets_of = value;
  } else if (name == "query") {
    server.path = kQueryMark + wire_query(value.substr(value.starts_with('?') ? 1 : 0));
  } else if (is_failover_option(name)) {
    return Error{ErrorKind::usage, "'" + name + "' belongs to the whole list, not to one server",
                 "write failover:(URI,URI)?" + name + "=…"};
  } else {
    std::string hint = suggestion(name, kUriOptions,
                                  "options are serverId, tls, cafile, cert, key, validate, "
                                  "connectTimeout, username, password-file, password, "
                                  "clientCertificateThumbprint, clientCertificatePassword, "
                                  "component and, for ws and wss, query");
    if (is_web_socket(server.scheme)) {
      hint = (nearest(name, kUriOptions) ? hint + " " : "") +
             "what belongs to the WebSocket request goes into query=, percent-encoded: ?query=" +
             percent_encoded(printable(name, 64)) + "%3D...";
    }
    return Error{ErrorKind::usage, "unknown option '" + printable(name, 64) + "'", std::move(hint)};
  }
  return Done{};
}

Result<Done> apply_options(const QueryOptions& options, bool bare_milliseconds,
                           ServerDraft& draft) {
  for (const auto& [name, value] : options) {
    const auto done = apply_uri_option(name, value, bare_milliseconds, draft);
    if (!done) return done.error();
  }
  return Done{};
}

// Paths of TLS files on a scheme that has no TLS would be ignored, and the data would go out in
// plain text.
Result<Done> settle_tls(ServerDraft& draft) {
  Server& server = draft.server;
  const bool tls_files = !server.tls.cafile.empty() || !server.tls.cert.empty() ||
                         !server.tls.key.empty() || !server.tls.thumbprint.empty();
  if (is_tls(server.scheme) || !tls_files) return Done{};
  if (draft.scheme_given) {
    return Error{ErrorKind::usage, "cafile, cert, key and a thumbprint need TLS",
                 "write mqtts:// or wss://, or add tls=TLS"};
  }
  server.scheme = Scheme::tls;
  draft.scheme_given = true;
  return Done{};
}

Result<ServerDraft> parse(std::string_view text, const QueryOptions& nested,
                          bool bare_milliseconds) {
  ServerDraft draft;
  draft.shown = shown_uri(text);
  const auto parts = cut(text);
  if (!parts) return parts.error();
  if (looks_cut_inside_password(*parts)) {
    return Error{ErrorKind::usage, "user or password hold a '/', '?' or '#'",
                 "write them as %2F, %3F and %23"};
  }
  if (const auto done = apply_authority(*parts, draft); !done) return done.error();

  std::string_view rest = parts->rest;
  if (rest.find('#') != std::string_view::npos) {
    return Error{ErrorKind::usage, "a server has no '#' part",
                 "write a '#' of a user, password or value as %23"};
  }
  const std::size_t question = std::min(rest.find('?'), rest.size());
  auto path = percent_decoded(rest.substr(0, question));
  if (!path) return path.error();
  const auto options =
      parse_query(question < rest.size() ? rest.substr(question + 1) : std::string_view());
  if (!options) return options.error();
  if (const auto done = apply_options(*options, bare_milliseconds, draft); !done)
    return done.error();
  if (const auto done = apply_options(nested, bare_milliseconds, draft); !done) return done.error();
  if (const auto done = settle_tls(draft); !done) return done.error();

  Server& server = draft.server;
  if (!draft.secrets_of.empty()) {
    if (server.id.empty())
      return Error{ErrorKind::usage, "component= needs the serverId that it knows the server by",
                   "add serverId="};
    if (server.password || draft.password_file || draft.password_name ||
        draft.certificate_password_name)
      return Error{ErrorKind::usage, "component= brings the password, and here is another one",
                   "leave out one of the two"};
  }
  const bool web_socket = is_web_socket(server.scheme);
  if (!web_socket && !path->empty() && *path != "/") {
    return Error{ErrorKind::usage, "a path belongs to ws:// and wss:// only",
                 "server and topic in one is -L"};
  }
  const std::string query = server.path;
  if (!web_socket && !query.empty())
    return Error{ErrorKind::usage, "query belongs to ws:// and wss:// only", ""};
  server.path = (!web_socket || path->empty() ? default_path(server.scheme) : *path) + query;
  if (!draft.port_given) server.port = default_port(server.scheme);
  return draft;
}

}  // namespace

std::uint16_t default_port(Scheme scheme) {
  switch (scheme) {
    case Scheme::tcp:
      return 1883;
    case Scheme::tls:
      return 8883;
    case Scheme::ws:
      return 80;
    case Scheme::wss:
      return 443;
  }
  return 1883;
}

std::string default_path(Scheme scheme) {
  return is_web_socket(scheme) ? "/mqtt" : "";
}

Result<ServerDraft> parse_server_uri(std::string_view text, const QueryOptions& nested,
                                     bool bare_milliseconds) {
  text = trimmed(text);
  if (text.empty()) return Error{ErrorKind::usage, "a server URI is empty", ""};
  auto draft = parse(text, nested, bare_milliseconds);
  if (!draft) return in_uri(text, draft.error());
  return draft;
}

Result<UrlWithTopic> parse_topic_url(std::string_view text) {
  const auto failed = [&](std::string message, std::string hint) {
    return in_uri(text, Error{ErrorKind::usage, std::move(message), std::move(hint)});
  };
  const auto parts = cut(text);
  if (!parts) return in_uri(text, parts.error());
  if (!parts->scheme)
    return failed("there is no scheme", "-L is mqtt://[user[:password]@]host[:port]/topic");
  if (looks_cut_inside_password(*parts)) {
    return failed("user or password hold a '/', '?' or '#'", "write them as %2F, %3F and %23");
  }
  UrlWithTopic url;
  url.draft.shown = shown_uri(text.substr(0, text.size() - parts->rest.size()));
  if (const auto done = apply_authority(*parts, url.draft); !done)
    return in_uri(text, done.error());
  if (parts->rest.size() < 2 || parts->rest.front() != '/') {
    return failed("there is no topic", "-L is mqtt://[user[:password]@]host[:port]/topic");
  }
  auto topic = percent_decoded(parts->rest.substr(1));
  if (!topic) return in_uri(text, topic.error());
  url.topic = std::move(*topic);
  Server& server = url.draft.server;
  if (!url.draft.port_given) server.port = default_port(server.scheme);
  server.path = default_path(server.scheme);
  return url;
}

}  // namespace mqfail
