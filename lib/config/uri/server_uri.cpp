// SPDX-License-Identifier: Apache-2.0
#include "config/uri/server_uri.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/uri/failover_options.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_cut.hpp"
#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestClientId = 65535;  // MQTT 5, 1.5.4

constexpr std::array<std::string_view, 7> kSchemeNames = {"tcp",   "mqtt", "ssl", "tls",
                                                          "mqtts", "ws",   "wss"};
constexpr std::array kSchemes = {Scheme::tcp, Scheme::tcp, Scheme::tls, Scheme::tls,
                                 Scheme::tls, Scheme::ws,  Scheme::wss};

template <std::size_t N>
std::string suggestion(std::string_view word, const std::array<std::string_view, N>& known,
                       std::string_view otherwise) {
  const auto meant = nearest(word, known);
  return meant ? "did you mean '" + *meant + "'?" : std::string(otherwise);
}

Error in_uri(std::string_view uri, const Error& error) {
  return {error.kind, error.message + " in '" + shown_uri(uri) + "'", error.hint};
}

Result<Done> apply_authority(const UriCut& parts, ServerDraft& draft) {
  Server& server = draft.server;
  if (parts.scheme) {
    const std::string name = lower_case(*parts.scheme);
    const auto* const known = std::find(kSchemeNames.begin(), kSchemeNames.end(), name);
    if (known == kSchemeNames.end()) {
      const bool word = std::all_of(name.begin(), name.end(),
                                    [](unsigned char c) { return std::isalnum(c) != 0; });
      return Error{
          ErrorKind::usage,
          "unknown scheme" + (word ? " '" + printable(name, 32) + "'" : std::string()),
          suggestion(name, kSchemeNames, "schemes are tcp, mqtt, ssl, tls, mqtts, ws and wss")};
    }
    server.scheme = kSchemes.at(static_cast<std::size_t>(known - kSchemeNames.begin()));
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

// One option of a server's URI: how its value goes into the draft.
struct UriOptionValue {
  std::string_view name;
  const std::string& text;
  bool bare_milliseconds;
};
using OptionSetter = Result<Done> (*)(const UriOptionValue&, ServerDraft&);

Result<Done> set_tls(const UriOptionValue& value, ServerDraft& draft) {
  const auto* const word = std::find_if(kTlsWords.begin(), kTlsWords.end(),
                                        [&](auto each) { return same_word(each, value.text); });
  if (word == kTlsWords.end()) {
    return Error{
        ErrorKind::usage,
        "tls: '" + printable(value.text, 32) + "' is not one of None, TLS, TLS11, TLS12, TLS13",
        suggestion(value.text, kTlsWords, "")};
  }
  Server& server = draft.server;
  if (word == kTlsWords.begin()) {
    if (draft.scheme_given && is_tls(server.scheme)) {
      return Error{ErrorKind::usage, "tls=None contradicts the scheme",
                   "write mqtt:// or ws:// for plain text"};
    }
    return Done{};
  }
  server.tls.version = tls_version(static_cast<std::size_t>(word - kTlsWords.begin()));
  draft.tls_version_given = true;
  if (server.scheme == Scheme::tcp) server.scheme = Scheme::tls;
  if (server.scheme == Scheme::ws) server.scheme = Scheme::wss;
  draft.scheme_given = true;
  return Done{};
}

Result<Done> set_validate(const UriOptionValue& value, ServerDraft& draft) {
  const bool on = same_word(value.text, "true");
  if (!on && !same_word(value.text, "false")) {
    return Error{ErrorKind::usage,
                 "validate: '" + printable(value.text, 32) + "' is neither true nor false", ""};
  }
  draft.server.tls.verify_chain = draft.server.tls.verify_name = on;
  draft.verify_given = true;
  return Done{};
}

Result<Done> set_connect_timeout(const UriOptionValue& value, ServerDraft& draft) {
  const auto timeout = parse_option_duration(value.name, value.text, value.bare_milliseconds);
  if (!timeout) return timeout.error();
  if (*timeout <= Duration::zero())
    return Error{ErrorKind::usage, "connectTimeout must be above 0", ""};
  draft.server.connect_timeout = *timeout;
  return Done{};
}

Result<Done> set_reference(const UriOptionValue& value, std::optional<std::string>& target,
                           std::string_view otherwise) {
  const auto reference = secret_name(value.text);
  if (!reference)
    return Error{ErrorKind::usage,
                 std::string(value.name) + " takes a reference {{NAME}}, never the secret itself",
                 std::string(otherwise)};
  target = std::string(*reference);
  return Done{};
}

Result<Done> set_password(const UriOptionValue& value, ServerDraft& draft) {
  return set_reference(value, draft.password_name,
                       "write user:password@host, password-file= or a reference");
}

Result<Done> set_certificate_password(const UriOptionValue& value, ServerDraft& draft) {
  return set_reference(value, draft.certificate_password_name,
                       "mqfail-config(1) says where the named secret is kept");
}

Result<Done> set_thumbprint(const UriOptionValue& value, ServerDraft& draft) {
  const auto digits = parse_thumbprint(value.text);
  if (!digits)
    return Error{
        ErrorKind::usage,
        std::string(value.name) + ": '" + printable(value.text, 100) + "' is not a thumbprint",
        "40 hexadecimal digits (SHA-1) or 64 (SHA-256)"};
  draft.server.tls.thumbprint = *digits;
  return Done{};
}

// The member of a draft that takes the text as it is.
template <auto Member>
Result<Done> set_in_draft(const UriOptionValue& value, ServerDraft& draft) {
  draft.*Member = value.text;
  return Done{};
}
template <auto Member>
Result<Done> set_in_server(const UriOptionValue& value, ServerDraft& draft) {
  draft.server.*Member = value.text;
  return Done{};
}
template <auto Member>
Result<Done> set_in_tls(const UriOptionValue& value, ServerDraft& draft) {
  draft.server.tls.*Member = value.text;
  return Done{};
}

Result<Done> set_client_id(const UriOptionValue& value, ServerDraft& draft) {
  if (!is_utf8(value.text) || value.text.size() > kLongestClientId)
    return Error{ErrorKind::usage, "clientId is not UTF-8, or it is longer than 65535 bytes",
                 "give another client id"};
  draft.server.client_id = value.text;
  return Done{};
}

Result<Done> set_protocol(const UriOptionValue& value, ServerDraft& draft) {
  draft.server.protocol = protocol_of(value.text);
  if (draft.server.protocol) return Done{};
  return Error{ErrorKind::usage,
               "protocol: '" + printable(value.text, 32) + "' is none of 5, 311 and 31",
               "write protocol=5, protocol=311 or protocol=31"};
}

Result<Done> set_query(const UriOptionValue& value, ServerDraft& draft) {
  const std::string_view text = value.text;
  draft.server.path = kQueryMark + wire_query(text.substr(text.starts_with('?') ? 1 : 0));
  return Done{};
}

struct UriOption {
  std::string_view name;
  OptionSetter set;
  bool judges_empty = false;  // the setter says itself what it takes
};
constexpr std::array<UriOption, 17> kOptions = {
    {{"serverId", set_in_server<&Server::id>},
     {"tls", set_tls, true},
     {"cafile", set_in_tls<&TlsSettings::cafile>},
     {"cert", set_in_tls<&TlsSettings::cert>},
     {"key", set_in_tls<&TlsSettings::key>},
     {"validate", set_validate, true},
     {"connectTimeout", set_connect_timeout, true},
     {"username", set_in_server<&Server::username>},
     {"clientId", set_client_id},
     {"protocol", set_protocol},
     {"cluster", set_in_server<&Server::cluster>},
     {"password-file", set_in_draft<&ServerDraft::password_file>},
     {"password", set_password},
     {"clientCertificateThumbprint", set_thumbprint},
     {"clientCertificatePassword", set_certificate_password},
     {"component", set_in_draft<&ServerDraft::secrets_of>},
     {"query", set_query}}};
constexpr auto kOptionNames = [] {
  std::array<std::string_view, kOptions.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kOptions[i].name;
  return names;
}();

Error unknown_option(const std::string& name, bool web_socket) {
  if (is_failover_option(name))
    return Error{ErrorKind::usage, "'" + name + "' belongs to the whole list, not to one server",
                 "write failover:(URI,URI)?" + name + "=…"};
  std::string hint = suggestion(name, kOptionNames,
                                "options are serverId, tls, cafile, cert, key, validate, "
                                "connectTimeout, username, password-file, password, clientId, "
                                "protocol, cluster, "
                                "clientCertificateThumbprint, clientCertificatePassword, "
                                "component and, for ws and wss, query");
  if (web_socket) {
    hint = (nearest(name, kOptionNames) ? hint + " " : "") +
           "what belongs to the WebSocket request goes into query=, percent-encoded: ?query=" +
           percent_encoded(printable(name, 64)) + "%3D...";
  }
  return Error{ErrorKind::usage, "unknown option '" + printable(name, 64) + "'", std::move(hint)};
}

Result<Done> apply_options(const QueryOptions& options, bool bare_milliseconds,
                           ServerDraft& draft) {
  for (const auto& [name, value] : options) {
    const auto* const known =
        std::find_if(kOptions.begin(), kOptions.end(),
                     [&, wanted = name](const UriOption& each) { return each.name == wanted; });
    if (known == kOptions.end()) return unknown_option(name, is_web_socket(draft.server.scheme));
    if (value.empty() && !known->judges_empty) {
      return Error{ErrorKind::usage, name + " has no value",
                   "write " + name + "=VALUE or leave it out"};
    }
    if (auto done = known->set({name, value, bare_milliseconds}, draft); !done) return done;
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
  const auto parts = cut_uri(text);
  if (!parts) return parts.error();
  if (auto done = refuse_cut_password(*parts); !done) return done.error();
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
  if (is_web_socket(scheme)) return is_tls(scheme) ? 443 : 80;
  return is_tls(scheme) ? 8883 : 1883;
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

Result<ServerDraft> host_draft(std::string_view host) {
  auto parsed = parse_host(host);
  if (!parsed) return parsed.error();
  ServerDraft draft;
  draft.server.host = std::move(*parsed);
  draft.shown = "-h " + printable(host, 64);
  return draft;
}

Result<UrlWithTopic> parse_topic_url(std::string_view text) {
  const auto failed = [&](std::string message, std::string hint) {
    return in_uri(text, Error{ErrorKind::usage, std::move(message), std::move(hint)});
  };
  const auto parts = cut_uri(text);
  if (!parts) return in_uri(text, parts.error());
  if (!parts->scheme)
    return failed("there is no scheme", "-L is mqtt://[user[:password]@]host[:port]/topic");
  if (auto done = refuse_cut_password(*parts); !done) return in_uri(text, done.error());
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
