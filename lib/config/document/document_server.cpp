// SPDX-License-Identifier: Apache-2.0
#include "config/document/document_server.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/secrets/seal.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

// In the page's order.
enum Key : std::size_t {
  kHost,
  kPort,
  kProtocol,
  kTls,
  kUser,
  kPassword,
  kThumbprint,
  kCertificatePassword,
  kValidate,
  kServerId,
  kKeys
};
constexpr std::array<std::string_view, kKeys> kNames = {"hostNameOrIpAddress",
                                                        "port",
                                                        "protocol",
                                                        "tls",
                                                        "userName",
                                                        "password",
                                                        "clientCertificateThumbprint",
                                                        "clientCertificatePassword",
                                                        "validateServerCertificate",
                                                        "serverId"};
constexpr std::array<std::string_view, 6> kDataSourceNames = {
    "clientId", "mqttVersion",  "streamIdPrefix", "defaultStreamIdPattern",
    "timeZone", "primaryHostId"};

std::size_t find_key(std::string_view key) {
  return static_cast<std::size_t>(
      std::find_if(kNames.begin(), kNames.end(), [&](auto name) { return same_word(key, name); }) -
      kNames.begin());
}

bool is_data_source_key(std::string_view key) {
  return std::any_of(kDataSourceNames.begin(), kDataSourceNames.end(),
                     [&](auto name) { return same_word(key, name); });
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

class ItemReader {
 public:
  ItemReader(const JsonValue& item, const std::string& pointer, Facet facet, Purpose purpose,
             std::vector<Problem>& problems, const JsonValue* base)
      : item_(item),
        pointer_(pointer),
        facet_(facet),
        purpose_(purpose),
        problems_(problems),
        base_(base) {}

  DocumentServer read() {
    server_.offset = server_.id_offset = item_.offset;
    gather();
    read_protocol();
    read_tls();
    read_port();
    read_host();
    read_login();
    read_certificate();
    read_validate();
    read_id();
    weigh();
    return std::move(server_);
  }

 private:
  void gather() {
    for (const JsonValue& member : item_.children()) {
      const std::size_t key = find_key(member.key);
      if (key == kKeys) {
        unknown(member);
        continue;
      }
      const JsonValue*& place = members_[key];
      if (place != nullptr) repeated(*place, member);
      place = &member;
    }
    if (base_ == nullptr) return;
    for (const JsonValue& member : base_->children()) {
      const JsonValue*& place = members_.at(find_key(member.key));
      if (place == nullptr) place = &member;
    }
  }

  void unknown(const JsonValue& member) {
    if (is_data_source_key(member.key)) {
      if (facet_ == Facet::redundant_servers) {
        warn(member.key_offset, at(member.key) + ": belongs to DataSource; it is ignored here");
      }
      return;
    }
    if (member.key.empty() && member.kind == JsonValue::Kind::damaged) return;
    const auto meant = nearest(member.key, kNames);
    fail(member.key_offset, at(member.key) + ": unknown key " + quoted(member.key) +
                                (meant ? "; did you mean \"" + *meant + "\"?" : ""));
  }

  void repeated(const JsonValue& first, const JsonValue& second) {
    if (same_content(first, second)) {
      warn(second.key_offset, at(second.key) + ": given twice, as " + quoted(first.key) + " and " +
                                  quoted(second.key));
    } else {
      fail(second.key_offset, at(second.key) + ": given twice with different values, as " +
                                  quoted(first.key) + " and " + quoted(second.key));
    }
  }

  bool is_from_base(Key key) const {
    if (base_ == nullptr) return false;
    const JsonChildren own = item_.children();
    return std::none_of(own.begin(), own.end(),
                        [&](const JsonValue& member) { return &member == members_[key]; });
  }

  // The member if there is one to read. null is the same as absent; unreadable was reported.
  const JsonValue* given(Key key) const {
    const JsonValue* member = members_[key];
    if (member == nullptr || member->kind == JsonValue::Kind::null) return nullptr;
    return member->kind == JsonValue::Kind::damaged ? nullptr : member;
  }
  bool unreadable(Key key) const {
    return members_[key] != nullptr && members_[key]->kind == JsonValue::Kind::damaged;
  }

  const std::string_view* text(Key key) {
    const JsonValue* member = given(key);
    if (member == nullptr) return nullptr;
    if (member->kind == JsonValue::Kind::string) return &member->text;
    fail(*member, "must be a string, not " + std::string(kind_name(member->kind)));
    return nullptr;
  }

  template <std::size_t N>
  std::optional<std::size_t> choice(Key key, const std::array<std::string_view, N>& words,
                                    std::string_view list) {
    const std::string_view* word = text(key);
    if (word == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < N; ++i) {
      if (same_word(*word, words[i])) return i;
    }
    const auto meant = nearest(*word, words);
    fail(*members_[key], quoted(*word) + " is not one of " + std::string(list) +
                             (meant ? "; did you mean \"" + *meant + "\"?" : ""));
    return std::nullopt;
  }

  void read_protocol() {
    const auto found = choice(kProtocol, std::array<std::string_view, 2>{"TCP", "WS"}, "TCP, WS");
    if (found) server_.web_socket = *found == 1;
    protocol_given_ = given(kProtocol) != nullptr || unreadable(kProtocol);
  }

  void read_tls() {
    const auto found =
        choice(kTls, std::array<std::string_view, 5>{"None", "TLS", "TLS11", "TLS12", "TLS13"},
               "None, TLS, TLS11, TLS12, TLS13");
    if (found) server_.tls = static_cast<DocumentTls>(*found);
    server_.tls_given = given(kTls) != nullptr || unreadable(kTls);
    if (server_.tls == DocumentTls::tls11)
      warn(members_[kTls]->offset, at(kTls) + ": TLS 1.1 is deprecated (RFC 8996)");
  }

  void read_port() {
    const JsonValue* member = given(kPort);
    if (member == nullptr) return;
    const JsonValue& value = *member;
    if (value.kind != JsonValue::Kind::string && value.kind != JsonValue::Kind::number) {
      fail(*member, "must be a number, not " + std::string(kind_name(value.kind)));
      return;
    }
    const std::string shown =
        value.kind == JsonValue::Kind::string ? quoted(value.text) : printable(value.text, 40);
    const bool negative = value.kind == JsonValue::Kind::number &&
                          value.text.find_first_not_of("-0123456789") == std::string_view::npos;
    if (!all_digits(value.text) && !negative) {
      fail(*member, shown + " is not a whole number");
      return;
    }
    const auto port = parse_port(value.text);
    if (port) {
      server_.port = *port;
    } else {
      fail(*member, shown + " is not in 1..65535");
    }
  }

  void read_host() {
    const std::string_view* host = text(kHost);
    if (host == nullptr) {
      const bool reported = unreadable(kHost) || given(kHost) != nullptr ||
                            (item_.lost_members && members_[kHost] == nullptr);
      const std::size_t where = members_[kHost] != nullptr ? members_[kHost]->offset : item_.offset;
      if (!reported) fail(where, at(kNames[kHost]) + ": required");
      settle_port();
      return;
    }
    if (host->find("://") != std::string_view::npos) {
      read_host_uri(*host);
    } else if (const auto plain = parse_host(*host)) {
      server_.host = *plain;
    } else if (plain.error().message.ends_with("carries a port")) {
      fail(*members_[kHost], plain.error().message + "; the port has its own key");
    } else {
      fail(*members_[kHost], plain.error().message);
    }
    settle_port();
  }

  // W 1560416 shows mqtt://broker.example.com; a WS server may carry ws://host:port/path.
  void read_host_uri(std::string_view uri) {
    const JsonValue& member = *members_[kHost];
    const std::size_t question = std::min(uri.find('?'), uri.size());
    if (uri.find('@') != std::string_view::npos)
      return fail(member, question < uri.rfind('@')
                              ? "user and password have their own keys; write an '@' of a query "
                                "as %40"
                              : "user and password have their own keys");
    const std::string_view query = uri.substr(std::min(question + 1, uri.size()));
    const auto draft = parse_server_uri(uri.substr(0, question));
    if (!draft) return fail(member, draft.error().message);
    const Server& server = draft->server;
    const bool web_socket = is_web_socket(server.scheme);
    if (question < uri.size() && !web_socket)
      return fail(member, "options cannot stand in a document");
    if (query.find('#') != std::string_view::npos)
      return fail(member, "a server has no '#' part; write a '#' of a query as %23");
    if (protocol_given_ && web_socket != server_.web_socket) {
      return fail(member,
                  "the scheme of " + quoted(uri.substr(0, question)) + " contradicts protocol");
    }
    if (is_tls(server.scheme) && server_.tls == DocumentTls::none) {
      return fail(member,
                  "the scheme of " + quoted(uri.substr(0, question)) + " contradicts tls None");
    }
    if (draft->port_given && server_.port && *server_.port != server.port) {
      return fail(member, "the port of " + quoted(uri.substr(0, question)) + " contradicts port " +
                              std::to_string(*server_.port));
    }
    if (!is_tls(server.scheme) && !server_.tls_given && !is_from_base(kHost)) {
      return fail(member, "the scheme of " + quoted(uri.substr(0, question)) +
                              " is that of plain text, but tls is TLS12 by default; write "
                              "\"tls\": \"None\", or " +
                              (web_socket ? "wss" : "mqtts") + "://");
    }
    server_.host = server.host;
    server_.web_socket = web_socket;
    if (draft->port_given) server_.port = server.port;
    if (web_socket && server.path != default_path(server.scheme)) server_.path = server.path;
    server_.query = wire_query(query);
  }

  void settle_port() {
    if (!server_.port && !server_.web_socket && !unreadable(kPort)) server_.port = 8883;
  }

  static std::optional<std::string> unless_empty(const std::string_view* text) {
    if (text == nullptr || text->empty()) return std::nullopt;
    return std::string(*text);
  }

  std::optional<DocumentSecret> secret(Key key) {
    const std::string_view* value = text(key);
    if (value == nullptr || value->empty()) return std::nullopt;
    using Form = DocumentSecret::Form;
    const std::size_t offset = members_[key]->offset;
    const bool is_kept = is_from_base(key);
    const auto found = [&](Form form, std::string_view content) {
      return DocumentSecret{form, Secret(std::string(content)), offset,
                            purpose_ == Purpose::store ? at(key) : std::string(), is_kept};
    };
    if (*value == kSecretMask) {
      if (purpose_ == Purpose::store) return found(Form::mask, {});
      fail(*members_[key], kNothingStored);
      return std::nullopt;
    }
    if (value->find_first_not_of('*') == std::string_view::npos) {
      fail(*members_[key],
           std::to_string(value->size()) + " asterisks are no secret; fifteen keep the stored one");
      return std::nullopt;
    }
    if (const auto name = secret_name(*value)) return found(Form::reference, *name);
    if (is_sealed(*value)) return found(Form::sealed, *value);
    if (purpose_ == Purpose::use)
      warn(offset, at(key) + ": a secret in plain text; mqfail-config set or protect seals it");
    return found(Form::plain, *value);
  }

  void read_login() {
    server_.user_name = unless_empty(text(kUser));
    if (server_.user_name && server_.user_name->find('\0') != std::string::npos)
      fail(*members_[kUser], "must not hold a NUL");  // MQTT 1.5.4
    server_.password = secret(kPassword);
    // An empty password is none; a broken user name was reported already.
    if (given(kPassword) == nullptr || unless_empty(text_quietly(kPassword)) == std::nullopt)
      return;
    if (server_.user_name || unreadable(kUser) ||
        (given(kUser) != nullptr && given(kUser)->kind != JsonValue::Kind::string))
      return;
    if (item_.lost_members && members_[kUser] == nullptr) return;
    fail(*members_[kPassword], "You cannot specify a Password without specifying a UserName.");
  }

  const std::string_view* text_quietly(Key key) const {
    const JsonValue* member = given(key);
    return member != nullptr && member->kind == JsonValue::Kind::string ? &member->text : nullptr;
  }

  void read_certificate() {
    server_.certificate_password = secret(kCertificatePassword);
    if (const std::string_view* text_of = text(kThumbprint);
        text_of != nullptr && !text_of->empty()) {
      read_thumbprint(*text_of);
    } else if (server_.certificate_password && !unreadable(kThumbprint)) {
      fail(*members_[kCertificatePassword],
           "a certificate password without clientCertificateThumbprint");
    }
  }

  void read_thumbprint(std::string_view written) {
    server_.thumbprint = parse_thumbprint(written);
    if (!server_.thumbprint) {
      return fail(
          *members_[kThumbprint],
          quoted(written) + " is not a thumbprint: 40 hexadecimal digits (SHA-1) or 64 (SHA-256)");
    }
    if (server_.tls == DocumentTls::none)
      fail(*members_[kThumbprint], "a client certificate needs TLS, but tls is None");
  }

  void read_validate() {
    const JsonValue* member = members_[kValidate];
    if (member == nullptr || unreadable(kValidate)) return;
    const JsonValue& value = *member;
    server_.validate_given = value.kind != JsonValue::Kind::null;
    if (value.kind == JsonValue::Kind::boolean) {
      server_.validate = value.truth;
    } else if (value.kind == JsonValue::Kind::null) {
      warn(value.offset, at(kValidate) + ": null is read as true");
    } else if (value.kind == JsonValue::Kind::string &&
               (same_word(value.text, "true") || same_word(value.text, "false"))) {
      server_.validate = same_word(value.text, "true");
      warn(value.offset,
           at(kValidate) + ": a string; write " + lower_case(value.text) + " without quotes");
    } else {
      fail(*member, "must be true or false");
    }
  }

  void read_id() {
    const std::string_view* id = text(kServerId);
    if (id == nullptr) return;
    const JsonValue& member = *members_[kServerId];
    server_.id_offset = member.offset;
    if (const auto wrong = wrong_with_server_id(*id)) return fail(member, *wrong);
    server_.server_id = *id;
  }

  // What is allowed but hardly meant.
  void weigh() {
    const auto port_place = members_[kPort] != nullptr ? members_[kPort]->offset : item_.offset;
    if (server_.port == 8883 && server_.tls == DocumentTls::none) {
      warn(port_place, at(kPort) + ": 8883 is the port of TLS, but tls is None");
    }
    if (server_.port == 1883 && server_.tls != DocumentTls::none && !unreadable(kTls)) {
      warn(port_place, at(kPort) + ": 1883 is the port of plain text, but tls is " +
                           (server_.tls_given ? "on" : "TLS12 by default"));
    }
    if (!server_.validate) {
      const std::string who = !server_.server_id.empty() ? server_.server_id : server_.host;
      warn(
          members_[kValidate]->offset,
          at(kValidate) + ": server certificate validation is disabled for " + printable(who, 100));
    }
  }

  std::string at(std::string_view key) const { return pointer_ + "/" + pointer_token(key); }
  std::string at(Key key) const {
    return at(members_[key] != nullptr ? std::string_view(members_[key]->key) : kNames[key]);
  }
  void fail(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::error, std::move(message)});
  }
  void fail(const JsonValue& member, std::string_view message) {
    fail(member.offset, at(member.key) + ": " + std::string(message));
  }
  void warn(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::warning, std::move(message)});
  }

  const JsonValue& item_;
  const std::string& pointer_;
  Facet facet_;
  Purpose purpose_;
  std::vector<Problem>& problems_;
  const JsonValue* base_;
  std::array<const JsonValue*, kKeys> members_{};
  bool protocol_given_ = false;
  DocumentServer server_;
};

}  // namespace

std::string_view parts_secret(const DocumentServer& stored, const DocumentServer& now) {
  const Server was = draft_of(stored).server;
  const Server is = draft_of(now).server;
  // What TLS promises at least; TLS is 1.2 or later.
  const auto rank = [](DocumentTls tls) {
    switch (tls) {
      case DocumentTls::none:
        return 0;
      case DocumentTls::tls11:
        return 1;
      case DocumentTls::tls:
      case DocumentTls::tls12:
        return 2;
      case DocumentTls::tls13:
        return 3;
    }
    return 0;
  };
  if (!same_word(was.host, is.host)) return kNames[kHost];
  if (stored.web_socket != now.web_socket) return kNames[kProtocol];
  if (was.path != is.path) return kNames[kHost];
  if (rank(now.tls) < rank(stored.tls)) return kNames[kTls];
  if (was.port != is.port) return kNames[kPort];
  return stored.validate != now.validate ? kNames[kValidate] : std::string_view();
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return printable(out, 100);
}

bool is_document_key(std::string_view key) {
  return find_key(key) != kKeys;
}

DocumentServer read_document_server(const JsonValue& item, const std::string& pointer, Facet facet,
                                    Purpose purpose, std::vector<Problem>& problems,
                                    const JsonValue* base) {
  return ItemReader(item, pointer, facet, purpose, problems, base).read();
}

std::optional<std::string> wrong_with_server_id(std::string_view id) {
  if (trimmed(id).empty()) return "must not be blank; leave it out to have one made";
  if (characters(id) > 100) return "longer than 100 characters";
  if (std::any_of(id.begin(), id.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '{' || c == '}'; })) {
    return quoted(id) + " must not hold control characters or braces";
  }
  return std::nullopt;
}

DocumentTls tls_of(const Server& server) {
  if (!is_tls(server.scheme)) return DocumentTls::none;
  switch (server.tls.version) {
    case TlsVersion::any:
      return DocumentTls::tls;
    case TlsVersion::tls11:
      return DocumentTls::tls11;
    case TlsVersion::tls12:
      return DocumentTls::tls12;
    case TlsVersion::tls13:
      return DocumentTls::tls13;
  }
  return DocumentTls::tls;
}

ServerDraft draft_of(const DocumentServer& item) {
  ServerDraft draft;
  Server& server = draft.server;
  server.id = item.server_id;
  server.host = item.host;
  const bool plain = item.tls == DocumentTls::none;
  server.scheme =
      item.web_socket ? (plain ? Scheme::ws : Scheme::wss) : (plain ? Scheme::tcp : Scheme::tls);
  server.port = item.port.value_or(default_port(server.scheme));
  server.path = item.path.empty() ? default_path(server.scheme) : item.path;
  if (!item.query.empty()) server.path += kQueryMark + item.query;
  server.username = item.user_name;
  if (item.password && item.password->form == DocumentSecret::Form::plain)
    server.password = item.password->text;
  if (item.tls == DocumentTls::tls11) server.tls.version = TlsVersion::tls11;
  if (item.tls == DocumentTls::tls12) server.tls.version = TlsVersion::tls12;
  if (item.tls == DocumentTls::tls13) server.tls.version = TlsVersion::tls13;
  if (!plain) server.tls.verify_chain = server.tls.verify_name = item.validate;
  draft.scheme_given = true;
  draft.port_given = true;
  draft.tls_version_given = item.tls_given;
  draft.verify_given = item.validate_given;
  server.tls.thumbprint = item.thumbprint.value_or("");
  if (item.certificate_password && item.certificate_password->form == DocumentSecret::Form::plain)
    server.tls.certificate_password = item.certificate_password->text;
  draft.shown = printable(!item.server_id.empty() ? item.server_id : item.host, 100);
  return draft;
}

}  // namespace mqfail
