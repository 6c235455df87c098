// SPDX-License-Identifier: Apache-2.0
// The canonical form of a document as a JSON Schema (2020-12), for editors and other programs.
#pragma once

#include <string_view>

namespace mqfail {

/// What write_document() writes is valid under it.
std::string_view document_schema();

}  // namespace mqfail
