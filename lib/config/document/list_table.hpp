// SPDX-License-Identifier: Apache-2.0
// A list of servers as a table for people: `mqfail-config show`. Rule: no secret is in it, only
// what kind of secret there is.
#pragma once

#include <string>
#include <vector>

#include "config/document/document_server.hpp"

namespace mqfail {

/// A heading, then a line for each server in the order of preference. Columns are separated by two
/// spaces at least, and what is absent is "-".
std::string list_table(const std::vector<DocumentServer>& servers);

}  // namespace mqfail
