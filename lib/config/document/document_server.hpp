// SPDX-License-Identifier: Apache-2.0
// One item of a RedundantServers document (product.md section 5): its ten keys and their defaults.
// What is here is checked (item_reader.hpp); it is not yet a Server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {

/// Each is the place of its word in kTlsWords.
enum class DocumentTls { none, tls, tls11, tls12, tls13 };

/// A password as a document gives it.
struct DocumentSecret {
  enum class Form {
    plain,
    sealed,     ///< as config/secrets/seal writes it
    reference,  ///< {{NAME}}: `text` is the name
    mask        ///< fifteen asterisks: the one that is stored
  };
  Form form = Form::plain;
  Secret text;
  std::size_t offset = 0;
  std::string pointer;   ///< where it stands in a document that is about to be stored
  bool is_kept = false;  ///< the change does not name it: it is the stored one
};

struct DocumentServer {
  std::string host;   ///< without scheme, brackets and port
  std::string path;   ///< of WS, if one was written
  std::string query;  ///< of WS, if one was written: what follows "?", in the form of the wire
  bool web_socket = false;
  std::optional<std::uint16_t> port;  ///< always set for TCP
  DocumentTls tls = DocumentTls::tls12;
  std::optional<std::string> user_name;
  std::optional<DocumentSecret> password;
  std::optional<std::string> thumbprint;  ///< 40 or 64 lower-case hexadecimal digits
  std::optional<DocumentSecret> certificate_password;
  bool validate = true;
  std::string server_id;  ///< empty until one is given

  bool tls_given = false;
  bool validate_given = false;
  std::size_t offset = 0;     ///< of the item in its document
  std::size_t id_offset = 0;  ///< of its serverId
};

/// What `get` shows for a stored secret, and what `set` takes for it.
inline constexpr std::string_view kSecretMask = "***************";

/// The key whose change parts a stored secret from its server (product.md section 5); empty if
/// `now` is still the server that the secret was stored for. TLS may be raised, not lowered.
std::string_view parts_secret(const DocumentServer& stored, const DocumentServer& now);

/// The server that the item describes; an empty serverId stays empty. A secret that is not plain is
/// left out: open_secrets() comes first.
ServerDraft draft_of(const DocumentServer& item);

/// What a document calls the TLS of a server.
DocumentTls tls_of(const Server& server);

}  // namespace mqfail
