// SPDX-License-Identifier: Apache-2.0
// A document as a tree that remembers where everything stood. simdjson reads it; the tree keeps
// what simdjson does not: byte offsets, every key of an object (also a second one), and repaired
// places.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/dialect.hpp"
#include "config/problem.hpp"

namespace mqfail {

struct JsonMember;

struct JsonValue {
  /// damaged: something stood here that could not be read and was reported.
  enum class Kind { null, boolean, number, string, array, object, damaged };
  Kind kind = Kind::null;
  std::size_t offset = 0;
  bool truth = false;               ///< of a boolean
  bool lost_members = false;        ///< an object or array of which a part could not be read
  std::string text;                 ///< of a string, unescaped; of a number, as written
  std::vector<JsonMember> members;  ///< of an object, in order, doubles kept
  std::vector<JsonValue> elements;  ///< of an array
};

struct JsonMember {
  std::string key;
  std::size_t offset = 0;
  JsonValue value;
};

/// Same content; places do not count.
bool same_content(const JsonValue& a, const JsonValue& b);

/// "a string", "an object" ...
std::string_view kind_name(JsonValue::Kind kind);

/// One tree for each top-level value. Appends to `problems` what only unescaping finds (a lone
/// surrogate). `strict.text` may be grown.
std::vector<JsonValue> read_trees(StrictText& strict, std::vector<Problem>& problems);

}  // namespace mqfail
