// SPDX-License-Identifier: Apache-2.0
// The forms in which the AVEVA pages show a list of servers (product.md section 5): an array,
// single items, the facets DataSource and RedundantServers, a whole adapter file of several
// components. Finds the items in whichever it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/document/item_reader.hpp"
#include "config/document/json_tree.hpp"
#include "config/document/problem.hpp"

namespace mqfail {

struct FoundItem {
  const JsonValue* value;  ///< an object
  std::string pointer;     ///< where it stands (RFC 6901)
  Facet facet;
};

struct DocumentForm {
  std::vector<FoundItem> items;          ///< in the order of the list
  std::optional<FoundItem> data_source;  ///< may be of any kind but null; not yet checked
  std::vector<std::string> components;   ///< of a whole adapter file, those that have servers
};

/// `values` are the top-level ones. `component` chooses among several; all errors and warnings are
/// appended.
DocumentForm find_items(JsonChildren values, const std::optional<std::string>& component,
                        std::vector<Problem>& problems);

}  // namespace mqfail
