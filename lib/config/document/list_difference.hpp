// SPDX-License-Identifier: Apache-2.0
// What sets two lists of servers apart, for people: one line a fact. Rule: secrets are told to
// differ, never shown.
#pragma once

#include <string>
#include <vector>

#include "config/document/document_server.hpp"

namespace mqfail {

/// Lines `- ID`, `+ ID`, `ID: key: old -> new` and `order: ID, ID …`; empty if the lists are the
/// same. Servers are told apart by their ids; secrets are compared as they stand
/// (recognise_secrets() comes first).
std::string list_difference(const std::vector<DocumentServer>& before,
                            const std::vector<DocumentServer>& after);

}  // namespace mqfail
