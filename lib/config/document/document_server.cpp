// SPDX-License-Identifier: Apache-2.0
#include "config/document/document_server.hpp"

#include <array>

#include "base/text.hpp"
#include "config/document/document_keys.hpp"

namespace mqfail {

std::string_view parts_secret(const DocumentServer& stored, const DocumentServer& now) {
  const Server was = draft_of(stored).server;
  const Server is = draft_of(now).server;
  // What TLS promises at least: none, TLS, TLS11, TLS12, TLS13; TLS is 1.2 or later.
  const auto rank = [](DocumentTls tls) {
    constexpr std::array<int, kTlsWords.size()> kRanks = {0, 2, 1, 2, 3};
    return kRanks[static_cast<std::size_t>(tls)];
  };
  if (!same_word(was.host, is.host)) return kKeyNames[kHost];
  if (stored.web_socket != now.web_socket) return kKeyNames[kProtocol];
  if (was.path != is.path) return kKeyNames[kHost];
  if (rank(now.tls) < rank(stored.tls)) return kKeyNames[kTls];
  if (was.port != is.port) return kKeyNames[kPort];
  return stored.validate != now.validate ? kKeyNames[kValidate] : std::string_view();
}

DocumentTls tls_of(const Server& server) {
  return is_tls(server.scheme) ? static_cast<DocumentTls>(tls_word_index(server.tls.version))
                               : DocumentTls::none;
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
  if (!plain) {
    server.tls.version = tls_version(static_cast<std::size_t>(item.tls));
    server.tls.verify_chain = server.tls.verify_name = item.validate;
  }
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
