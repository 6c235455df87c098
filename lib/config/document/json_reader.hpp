// SPDX-License-Identifier: Apache-2.0
// Reads a document into a tree. simdjson reads the JSON: strings, escapes, numbers. What it does
// not take as it stands goes through the normaliser first (dialect.hpp), which finds every error.
// Rule: every offset in the tree is one of the document, also where other text was read instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "config/document/json_tree.hpp"
#include "config/document/problem.hpp"

namespace mqfail {

struct JsonReading {
  JsonTree tree;
  std::vector<Problem> problems;  ///< errors only
};

/// The tree borrows `document`, which is shorter than 4 GiB. It is copied unless its capacity is
/// at least kDocumentPadding more than its size.
JsonReading read_json(const std::string& document);

/// Whether `text` is one JSON value as RFC 8259 has it, without the liberties of a document, and is
/// nested at most 31 levels deep.
bool is_json(std::string_view text);

}  // namespace mqfail
