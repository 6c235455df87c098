// SPDX-License-Identifier: Apache-2.0
// One item of a RedundantServers document: its ten keys, their defaults and their rules
// (product.md section 5). What is here is checked; it is not yet a Server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "config/document/json_tree.hpp"
#include "config/document/problem.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {

enum class DocumentTls { none, tls, tls11, tls12, tls13 };

/// A password as a document gives it.
struct DocumentSecret {
  enum class Form {
    plain,
    sealed,     ///< as lib/config/seal writes it
    reference,  ///< {{id}}: `text` is the id
    mask        ///< fifteen asterisks: the one that is stored
  };
  Form form = Form::plain;
  Secret text;
  std::size_t offset = 0;
  std::string pointer;   ///< where it stands in a document that shall be stored
  bool is_kept = false;  ///< nobody gave it in this change: it is the stored one
};

struct DocumentServer {
  std::string host;   ///< without scheme, brackets and port
  std::string path;   ///< of WS, if one was written
  std::string query;  ///< likewise: what follows "?", as it goes out
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

inline constexpr std::string_view kNothingStored =
    "fifteen asterisks stand for a stored secret, but none is stored";

/// Whether a list is about to be stored: then its plain secrets will be sealed, and masks stand for
/// what is stored already. Elsewhere plain secrets are warned of, and masks are an error.
enum class Purpose { use, store };

/// Which of the two facets an item belongs to: a DataSource has further keys of its own.
enum class Facet { redundant_servers, data_source };

/// Reads one item. `pointer` is its JSON pointer. All errors and warnings are appended; after an
/// error the result is only good for finding more of them. `base`: another item, from which keys
/// are taken that this one does not have.
DocumentServer read_document_server(const JsonValue& item, const std::string& pointer, Facet facet,
                                    Purpose purpose, std::vector<Problem>& problems,
                                    const JsonValue* base = nullptr);

/// The key whose change parts a stored secret from its server (product.md section 5); empty if
/// `now` is still the server that the secret was stored for. TLS may be raised, not lowered.
std::string_view parts_secret(const DocumentServer& stored, const DocumentServer& now);

/// What is wrong with an id of a server, if anything.
std::optional<std::string> wrong_with_server_id(std::string_view id);

/// True if `key` is one of an item's, letter case aside.
bool is_document_key(std::string_view key);

/// The server that the item describes; an empty serverId stays empty. A secret that is not plain is
/// left out: open_secrets() comes first.
ServerDraft draft_of(const DocumentServer& item);

/// What a document calls the TLS of a server.
DocumentTls tls_of(const Server& server);

/// `key` as a reference token of a JSON pointer (RFC 6901), fit to be shown.
std::string pointer_token(std::string_view key);

}  // namespace mqfail
