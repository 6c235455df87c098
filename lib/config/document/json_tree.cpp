// SPDX-License-Identifier: Apache-2.0
#include "config/document/json_tree.hpp"

#include <array>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace mqfail {

JsonTree::~JsonTree() {
  for (std::string& text : kept_) Secret::overwrite(text);
}

const JsonValue* find_member(const JsonValue& object, std::string_view key) {
  for (const JsonValue& member : object.children()) {
    if (same_word(member.key, key)) return &member;
  }
  return nullptr;
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return printable(out, 100);
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
  constexpr std::array<std::string_view, 7> kNames = {
      "null", "a boolean", "a number", "a string", "an array", "an object", "unreadable"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace mqfail
