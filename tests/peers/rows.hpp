// SPDX-License-Identifier: Apache-2.0
// Which peer is run in which mode with which fault, and what is allowed there.
#pragma once

#include <vector>

#include "peers/row.hpp"

namespace peers {

/// The rows of a kind.
std::vector<Row> rows_of(const std::string& kind);

}  // namespace peers
