// SPDX-License-Identifier: Apache-2.0
#include "config/store/secret_references.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "config/document/server_ids.hpp"
#include "config/store/document_secrets.hpp"
#include "config/store/stored_list.hpp"

namespace mqfail {

Result<DocumentServer> stored_server(const ServerDraft& draft, const ComponentStore& store) {
  KeyChain no_keys{KeySource()};
  const auto servers = StoredList(store, draft.secrets_of, no_keys).servers();
  if (!servers) return servers.error();
  const DocumentServer* found = find_server(*servers, draft.server.id);
  if (found == nullptr) return no_such_server(draft.secrets_of, draft.server.id);
  // What the URI does not say is as it is stored.
  DocumentServer wanted = *found;
  wanted.host = draft.server.host;
  wanted.port = draft.server.port;
  wanted.web_socket = is_web_socket(draft.server.scheme);
  const RequestPath request = split_request_path(draft.server.path);
  wanted.path = request.path;
  wanted.query = request.query;
  if (!is_tls(draft.server.scheme)) {
    wanted.tls = DocumentTls::none;
  } else if (draft.tls_version_given || wanted.tls == DocumentTls::none) {
    wanted.tls = tls_of(draft.server);
  }
  if (draft.verify_given) wanted.validate = draft.server.tls.verify_chain;
  if (!parts_secret(*found, wanted).empty()) {
    return Error{ErrorKind::configuration,
                 "server '" + printable(draft.server.id, 100) + "' of component '" +
                     printable(draft.secrets_of, 64) + "' is stored as " +
                     redacted_uri(draft_of(*found).server) +
                     "; its secrets are not for another one",
                 "mqfail-config convert --component " + printable(draft.secrets_of, 64) +
                     " --to uri writes the present URIs"};
  }
  return *found;
}

Result<Done> fetch_secrets(ServerDraft& draft, const ComponentStore& store, KeyChain& keys) {
  Server& server = draft.server;
  if (draft.password_name) {
    auto secret = keys.secret(*draft.password_name);
    if (!secret) return secret.error();
    server.password = std::move(*secret);
  }
  if (draft.certificate_password_name) {
    auto secret = keys.secret(*draft.certificate_password_name);
    if (!secret) return secret.error();
    server.tls.certificate_password = std::move(*secret);
  }
  if (draft.secrets_of.empty()) return Done{};
  auto stored = stored_server(draft, store);
  if (!stored) return stored.error();
  std::vector<DocumentServer> one{std::move(*stored)};
  if (auto done = open_secrets(one, draft.secrets_of, keys); !done) return done;
  if (one.front().password) {
    if (!server.username) server.username = one.front().user_name;
    server.password = one.front().password->text;
  }
  if (one.front().certificate_password && server.tls.thumbprint == one.front().thumbprint)
    server.tls.certificate_password = one.front().certificate_password->text;
  return Done{};
}

}  // namespace mqfail
