// SPDX-License-Identifier: Apache-2.0
// Seals the secrets of a list before they go to the disk, and opens them again. Rule: a secret that
// is the same as before keeps its sealed text, so that an unchanged list is the same bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/document/document_server.hpp"
#include "config/secrets/key_file.hpp"

namespace mqfail {

/// Seals every plain secret, for `component`; all servers have ids. `previous` is what is stored
/// now. Sealed texts that `previous` has not are opened once, to see that they belong here.
/// `directory` is that of the document. Errors: configuration, cannot_create, io, internal.
Result<Done> seal_secrets(std::vector<DocumentServer>& servers,
                          const std::vector<DocumentServer>& previous, const std::string& component,
                          const std::string& directory, KeyChain& keys);

/// Gives every plain secret that `previous` has sealed that sealed text, so that the two lists
/// compare; nothing is sealed anew. Errors: configuration.
Result<Done> recognise_secrets(std::vector<DocumentServer>& servers,
                               const std::vector<DocumentServer>& previous,
                               const std::string& component, KeyChain& keys);

/// True if every sealed secret of `servers` is the one that `previous` has in its place.
bool sealed_alike(const std::vector<DocumentServer>& servers,
                  const std::vector<DocumentServer>& previous);

/// A reference or a sealed secret that `previous` does not have at the same server and endpoint;
/// null: there is none.
const DocumentSecret* new_stored_secret(const std::vector<DocumentServer>& servers,
                                        const std::vector<DocumentServer>& previous);

/// Makes every secret plain: opens sealed ones and looks references up. Errors: configuration.
Result<Done> open_secrets(std::vector<DocumentServer>& servers, const std::string& component,
                          KeyChain& keys);

/// Opens what is sealed and seals it with `key`. Errors: configuration, internal.
Result<Done> reseal_secrets(std::vector<DocumentServer>& servers, const std::string& component,
                            const Keyring& old, const SealingKey& key);

}  // namespace mqfail
