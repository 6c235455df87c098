// SPDX-License-Identifier: Apache-2.0
#include "config/document/item_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/document/document_keys.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/server_ids.hpp"
#include "config/secrets/seal.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

using Kind = JsonValue::Kind;

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

class ItemReader {
 public:
  ItemReader(const JsonValue& item, const std::string& pointer, Facet facet, Purpose purpose,
             std::vector<Problem>& problems, const DocumentServer* base)
      : item_(item),
        pointer_(pointer),
        facet_(facet),
        purpose_(purpose),
        problems_(problems),
        base_(base) {}

  DocumentServer read() {
    if (base_ != nullptr) server_ = *base_;
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
    warn_of_the_unlikely();
    return std::move(server_);
  }

 private:
  void gather() {
    for (const JsonValue& member : item_.children()) {
      const Key key = find_key(member.key);
      if (key == kKeys) {
        unknown(member);
        continue;
      }
      const JsonValue*& place = members_.at(key);
      if (place != nullptr) repeated(*place, member);
      place = &member;
    }
  }

  void unknown(const JsonValue& member) {
    if (is_data_source_key(member.key)) {
      if (facet_ == Facet::redundant_servers) {
        report(Severity::warning, member, "belongs to DataSource; it is ignored here");
      }
      return;
    }
    if (member.key.empty() && member.kind == Kind::damaged) return;
    const auto meant = nearest(member.key, kKeyNames);
    report(
        Severity::error, member,
        "unknown key " + quoted(member.key) + (meant ? "; did you mean \"" + *meant + "\"?" : ""));
  }

  void repeated(const JsonValue& first, const JsonValue& second) {
    const bool same = same_content(first, second);
    report(same ? Severity::warning : Severity::error, second,
           std::string("given twice") + (same ? "" : " with different values") + ", as " +
               quoted(first.key) + " and " + quoted(second.key));
  }

  bool absent(Key key) const { return members_[key] == nullptr; }
  // The item does not name the key: the value of the base stays.
  bool kept(Key key) const { return absent(key) && base_ != nullptr; }
  // The member if there is one to read. null is the default; unreadable was reported.
  const JsonValue* given(Key key) const {
    const JsonValue* const member = members_[key];
    return absent(key) || member->kind == Kind::null || member->kind == Kind::damaged ? nullptr
                                                                                      : member;
  }
  bool unreadable(Key key) const { return !absent(key) && members_[key]->kind == Kind::damaged; }
  // The item or the base has a value for the key, even if it cannot be read.
  bool is_said(Key key) const { return kept(key) || given(key) != nullptr || unreadable(key); }

  const std::string_view* text(Key key) {
    const JsonValue* member = given(key);
    if (member == nullptr) return nullptr;
    if (member->kind == Kind::string) return &member->text;
    fail(key, "must be a string, not " + std::string(kind_name(member->kind)));
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
    fail(key, quoted(*word) + " is not one of " + std::string(list) +
                  (meant ? "; did you mean \"" + *meant + "\"?" : ""));
    return std::nullopt;
  }

  void read_protocol() {
    if (kept(kProtocol)) return;
    const auto found = choice(kProtocol, std::array<std::string_view, 2>{"TCP", "WS"}, "TCP, WS");
    server_.web_socket = found == 1U;
  }

  void read_tls() {
    server_.tls_given = is_said(kTls);
    if (!kept(kTls)) {
      const auto found = choice(kTls, kTlsWords, "None, TLS, TLS11, TLS12, TLS13");
      server_.tls = found ? static_cast<DocumentTls>(*found) : DocumentTls::tls12;
    }
    if (server_.tls == DocumentTls::tls11) warn(kTls, "TLS 1.1 is deprecated (RFC 8996)");
  }

  void read_port() {
    if (kept(kPort)) return;
    server_.port.reset();
    const JsonValue* const value = given(kPort);
    if (value == nullptr) return;
    if (value->kind != Kind::string && value->kind != Kind::number)
      return fail(kPort, "must be a number, not " + std::string(kind_name(value->kind)));
    const std::string shown =
        value->kind == Kind::string ? quoted(value->text) : printable(value->text, 40);
    const bool negative = value->kind == Kind::number &&
                          value->text.find_first_not_of("-0123456789") == std::string_view::npos;
    if (!all_digits(value->text) && !negative) return fail(kPort, shown + " is not a whole number");
    const auto port = parse_port(value->text);
    if (!port) return fail(kPort, shown + " is not in 1..65535");
    server_.port = *port;
  }

  void read_host() {
    if (kept(kHost)) {
      keep_web_socket();
    } else {
      forget_host();
      read_new_host();
    }
    if (!server_.port && !server_.web_socket && !unreadable(kPort)) server_.port = 8883;
  }

  // A server with a path or a query is one of WebSocket.
  void keep_web_socket() {
    if (server_.path.empty() && server_.query.empty()) return;
    if (is_said(kProtocol) && !server_.web_socket) {
      DocumentServer plain = *base_;
      plain.tls = DocumentTls::none;
      const std::string uri = host_text(plain);
      fail(kHost,
           "the scheme of " + quoted(uri.substr(0, uri.find('?'))) + " contradicts protocol");
      return forget_host();
    }
    server_.web_socket = true;
  }

  void forget_host() {
    server_.host.clear();
    server_.path.clear();
    server_.query.clear();
  }

  void read_new_host() {
    const std::string_view* host = text(kHost);
    if (host == nullptr) {
      const bool reported =
          unreadable(kHost) || given(kHost) != nullptr || (item_.lost_members && absent(kHost));
      if (!reported) fail(kHost, "required");
    } else if (host->find("://") != std::string_view::npos) {
      read_host_uri(*host);
    } else if (const auto plain = parse_host(*host)) {
      server_.host = *plain;
    } else if (plain.error().message.ends_with("carries a port")) {
      fail(kHost, plain.error().message + "; the port has its own key");
    } else {
      fail(kHost, plain.error().message);
    }
  }

  // W 1560416 shows mqtt://broker.example.com; a WS server may carry ws://host:port/path.
  void read_host_uri(std::string_view uri) {
    const std::size_t question = std::min(uri.find('?'), uri.size());
    if (uri.find('@') != std::string_view::npos)
      return fail(kHost, question < uri.rfind('@')
                             ? "user and password have their own keys; write an '@' of a query "
                               "as %40"
                             : "user and password have their own keys");
    const std::string_view query = uri.substr(std::min(question + 1, uri.size()));
    const auto draft = parse_server_uri(uri.substr(0, question));
    if (!draft) return fail(kHost, draft.error().message);
    const Server& server = draft->server;
    const bool web_socket = is_web_socket(server.scheme);
    if (question < uri.size() && !web_socket)
      return fail(kHost, "options cannot stand in a document");
    if (query.find('#') != std::string_view::npos)
      return fail(kHost, "a server has no '#' part; write a '#' of a query as %23");
    const std::string shown = quoted(uri.substr(0, question));
    if (is_said(kProtocol) && web_socket != server_.web_socket)
      return fail(kHost, "the scheme of " + shown + " contradicts protocol");
    if (is_tls(server.scheme) && server_.tls == DocumentTls::none)
      return fail(kHost, "the scheme of " + shown + " contradicts tls None");
    if (draft->port_given && server_.port && *server_.port != server.port)
      return fail(kHost,
                  "the port of " + shown + " contradicts port " + std::to_string(*server_.port));
    if (!is_tls(server.scheme) && !server_.tls_given)
      return fail(kHost, "the scheme of " + shown +
                             " is that of plain text, but tls is TLS12 by default; write "
                             "\"tls\": \"None\", or " +
                             (web_socket ? "wss" : "mqtts") + "://");
    server_.host = server.host;
    server_.web_socket = web_socket;
    if (draft->port_given) server_.port = server.port;
    if (web_socket && server.path != default_path(server.scheme)) server_.path = server.path;
    server_.query = wire_query(query);
  }

  std::optional<std::string> text_unless_empty(Key key) {
    const std::string_view* const value = text(key);
    if (value == nullptr || value->empty()) return std::nullopt;
    return std::string(*value);
  }

  std::optional<DocumentSecret> secret(Key key, const std::optional<DocumentSecret>& stored) {
    using Form = DocumentSecret::Form;
    const auto found = [&](Form form, std::string_view content) {
      return DocumentSecret{form, Secret(content), place_of(key),
                            purpose_ == Purpose::store ? at(key) : std::string(), kept(key)};
    };
    if (kept(key)) {
      if (!stored) return std::nullopt;
      return found(stored->form, stored->text.reveal());
    }
    const std::string_view* value = text(key);
    if (value == nullptr || value->empty()) return std::nullopt;
    if (*value == kSecretMask) {
      if (purpose_ == Purpose::store) return found(Form::mask, {});
      fail(key, kNothingStored);
      return std::nullopt;
    }
    if (value->find_first_not_of('*') == std::string_view::npos) {
      fail(key,
           std::to_string(value->size()) + " asterisks are no secret; fifteen keep the stored one");
      return std::nullopt;
    }
    if (const auto name = secret_name(*value)) return found(Form::reference, *name);
    if (is_sealed(*value)) return found(Form::sealed, *value);
    if (purpose_ == Purpose::use)
      warn(key, "a secret in plain text; mqfail-config set or protect seals it");
    return found(Form::plain, *value);
  }

  void read_login() {
    if (!kept(kUser)) server_.user_name = text_unless_empty(kUser);
    if (server_.user_name && server_.user_name->find('\0') != std::string::npos)
      fail(kUser, "must not hold a NUL");  // MQTT 1.5.4
    server_.password = secret(kPassword, server_.password);
    // An empty password is none; a user name that cannot be read was reported already.
    const JsonValue* const password = given(kPassword);
    const bool has_password =
        kept(kPassword)
            ? server_.password.has_value()
            : password != nullptr && password->kind == Kind::string && !password->text.empty();
    const bool user_reported = unreadable(kUser) ||
                               (given(kUser) != nullptr && given(kUser)->kind != Kind::string) ||
                               (item_.lost_members && absent(kUser) && base_ == nullptr);
    if (has_password && !server_.user_name && !user_reported)
      fail(kPassword, "You cannot specify a Password without specifying a UserName.");
  }

  void read_certificate() {
    server_.certificate_password = secret(kCertificatePassword, server_.certificate_password);
    std::optional<std::string> written =
        kept(kThumbprint) ? server_.thumbprint : text_unless_empty(kThumbprint);
    server_.thumbprint.reset();
    if (!written) {
      if (server_.certificate_password && !unreadable(kThumbprint))
        fail(kCertificatePassword, "a certificate password without clientCertificateThumbprint");
      return;
    }
    server_.thumbprint = parse_thumbprint(*written);
    if (!server_.thumbprint)
      return fail(kThumbprint, quoted(*written) +
                                   " is not a thumbprint: 40 hexadecimal digits (SHA-1) or 64 "
                                   "(SHA-256)");
    if (server_.tls == DocumentTls::none)
      fail(kThumbprint, "a client certificate needs TLS, but tls is None");
  }

  void read_validate() {
    if (kept(kValidate)) {
      server_.validate_given = true;
      return;
    }
    server_.validate = true;
    server_.validate_given = given(kValidate) != nullptr;
    if (absent(kValidate) || unreadable(kValidate)) return;
    const JsonValue& value = *members_[kValidate];
    if (value.kind == Kind::boolean) {
      server_.validate = value.truth;
    } else if (value.kind == Kind::null) {
      warn(kValidate, "null is read as true");
    } else if (value.kind == Kind::string &&
               (same_word(value.text, "true") || same_word(value.text, "false"))) {
      server_.validate = same_word(value.text, "true");
      warn(kValidate, "a string; write " + lower_case(value.text) + " without quotes");
    } else {
      fail(kValidate, "must be true or false");
    }
  }

  void read_id() {
    if (kept(kServerId)) return;
    server_.server_id.clear();
    const std::string_view* id = text(kServerId);
    if (id == nullptr) return;
    server_.id_offset = place_of(kServerId);
    if (const auto wrong = wrong_with_server_id(*id)) return fail(kServerId, *wrong);
    server_.server_id = *id;
  }

  // What is allowed, but probably a mistake.
  void warn_of_the_unlikely() {
    if (server_.port == 8883 && server_.tls == DocumentTls::none)
      warn(kPort, "8883 is the port of TLS, but tls is None");
    if (server_.port == 1883 && server_.tls != DocumentTls::none && !unreadable(kTls))
      warn(kPort, std::string("1883 is the port of plain text, but tls is ") +
                      (server_.tls_given ? "on" : "TLS12 by default"));
    if (!server_.validate)
      warn(kValidate,
           "server certificate validation is disabled for " +
               printable(!server_.server_id.empty() ? server_.server_id : server_.host, 100));
  }

  std::size_t place_of(Key key) const { return absent(key) ? item_.offset : members_[key]->offset; }
  std::string at(std::string_view key) const { return pointer_ + "/" + pointer_token(key); }
  std::string at(Key key) const { return at(absent(key) ? kKeyNames[key] : members_[key]->key); }
  // At the key of a member.
  void report(Severity severity, const JsonValue& member, const std::string& message) {
    problems_.push_back({member.key_offset, severity, at(member.key) + ": " + message});
  }
  // At the value of a key.
  void fail(Key key, std::string_view message) {
    problems_.push_back({place_of(key), Severity::error, at(key) + ": " + std::string(message)});
  }
  void warn(Key key, std::string_view message) {
    problems_.push_back({place_of(key), Severity::warning, at(key) + ": " + std::string(message)});
  }

  const JsonValue& item_;
  const std::string& pointer_;
  Facet facet_;
  Purpose purpose_;
  std::vector<Problem>& problems_;
  const DocumentServer* base_;
  std::array<const JsonValue*, kKeys> members_{};
  DocumentServer server_;
};

}  // namespace

DocumentServer read_item(const JsonValue& item, const std::string& pointer, Facet facet,
                         Purpose purpose, std::vector<Problem>& problems,
                         const DocumentServer* base) {
  return ItemReader(item, pointer, facet, purpose, problems, base).read();
}

}  // namespace mqfail
