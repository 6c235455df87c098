// SPDX-License-Identifier: Apache-2.0
// Secrets that a URI names, but does not hold: password={{NAME}} and component=ID. Rule: a stored
// secret only goes to the server that it is stored for; a URI cannot send it elsewhere.
#pragma once

#include "base/error.hpp"
#include "config/document/document_server.hpp"
#include "config/secrets/key_file.hpp"
#include "config/store/store.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {

/// The server that `draft` means by component= and serverId=, as it is stored. Errors: no_input, if
/// it is not there; configuration, if it is stored with another endpoint or with TLS where the
/// draft has none; those of the store.
Result<DocumentServer> stored_server(const ServerDraft& draft, const ComponentStore& store);

/// Gives the draft the secrets that it names. Errors: as above; those of the key.
Result<Done> fetch_secrets(ServerDraft& draft, const ComponentStore& store, KeyChain& keys);

}  // namespace mqfail
