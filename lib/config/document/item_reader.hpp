// SPDX-License-Identifier: Apache-2.0
// Reads one item of a document and judges it by the rules of product.md section 5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document/document_server.hpp"
#include "config/document/json_tree.hpp"
#include "config/document/problem.hpp"

namespace mqfail {

inline constexpr std::string_view kNothingStored =
    "fifteen asterisks stand for a stored secret, but none is stored";

/// Whether a list is about to be stored: then its plain secrets will be sealed, and masks stand for
/// what is stored already. Elsewhere plain secrets are warned of, and masks are an error.
enum class Purpose { use, store };

/// Which of the two facets an item belongs to: a DataSource has further keys of its own.
enum class Facet { redundant_servers, data_source };

/// Reads one item. `pointer` is its JSON pointer. All errors and warnings are appended; after an
/// error the result is only good for finding more of them. `base`: a stored server, which keeps
/// what the item does not name; null stands for the default. What is wrong with a value of the base
/// is reported at the item.
DocumentServer read_item(const JsonValue& item, const std::string& pointer, Facet facet,
                         Purpose purpose, std::vector<Problem>& problems,
                         const DocumentServer* base = nullptr);

}  // namespace mqfail
