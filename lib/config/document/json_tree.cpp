// SPDX-License-Identifier: Apache-2.0
#include "config/document/json_tree.hpp"

#include <cstring>

namespace mqfail {

JsonTree::~JsonTree() {
  for (std::string& text : kept_) {
    text.resize(text.capacity());
    explicit_bzero(text.data(), text.size());
  }
}

bool same_content(const JsonValue& a, const JsonValue& b) {
  if (a.size != b.size) return false;
  for (std::uint32_t i = 0; i < a.size; ++i) {
    const JsonValue& x = *(&a + i);
    const JsonValue& y = *(&b + i);
    if (x.kind != y.kind || x.truth != y.truth || x.text != y.text || x.size != y.size)
      return false;
    if (i > 0 && x.key != y.key) return false;
  }
  return true;
}

std::string_view kind_name(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return "a boolean";
    case JsonValue::Kind::number:
      return "a number";
    case JsonValue::Kind::string:
      return "a string";
    case JsonValue::Kind::array:
      return "an array";
    case JsonValue::Kind::object:
      return "an object";
    case JsonValue::Kind::damaged:
      return "unreadable";
  }
  return "";
}

}  // namespace mqfail
