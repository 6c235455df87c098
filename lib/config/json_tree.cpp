// SPDX-License-Identifier: Apache-2.0
#include "config/json_tree.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "config/uri_text.hpp"

namespace mqfail {
namespace {

namespace od = simdjson::ondemand;

bool well_formed(std::string_view text) {
  return is_ascii(text) || is_utf8(text);
}

// Walks one value in document order, as On-Demand wants it. The raw token of a value or key points
// into the buffer, and that is its offset (the DOM interface would not tell).
class Walker {
 public:
  Walker(const StrictText& strict, std::vector<Problem>& problems)
      : strict_(strict), problems_(problems) {}

  bool walk(od::value value, JsonValue& out) {
    const std::string_view token = value.raw_json_token();
    out.offset = offset_of(token.data());
    const bool damaged =
        std::binary_search(strict_.damaged.begin(), strict_.damaged.end(), out.offset);
    switch (token.front()) {
      case '{':
        out.lost_members = damaged;
        return walk_object(value, out);
      case '[':
        out.lost_members = damaged;
        return walk_array(value, out);
      case '"': {
        out.kind = JsonValue::Kind::string;
        std::string_view text;
        const auto failure = value.get_string().get(text);
        // simdjson 3.0.1 lets a lone low surrogate through, as bytes that are not UTF-8.
        if (failure || !well_formed(text)) {
          problems_.push_back({out.offset, Severity::error,
                               "a \\u escape names half a character (a lone surrogate)"});
          out.kind = JsonValue::Kind::damaged;
        } else {
          out.text = text;
        }
        break;
      }
      default:
        out.text = token.substr(0, token.find_first_of(" \t\r\n"));
        out.kind = token.front() == 'n'   ? JsonValue::Kind::null
                   : token.front() == 't' ? JsonValue::Kind::boolean
                   : token.front() == 'f' ? JsonValue::Kind::boolean
                                          : JsonValue::Kind::number;
        out.truth = token.front() == 't';
    }
    if (damaged) out.kind = JsonValue::Kind::damaged;
    return true;
  }

 private:
  std::size_t offset_of(const char* place) const {
    return static_cast<std::size_t>(place - strict_.text.data());
  }

  bool walk_object(od::value& value, JsonValue& out) {
    out.kind = JsonValue::Kind::object;
    od::object object;
    if (value.get_object().get(object)) return false;
    out.members.reserve(10);  // what an item has
    for (auto field : object) {
      od::raw_json_string raw;
      if (field.key().get(raw)) return false;
      JsonMember& member = out.members.emplace_back();
      member.offset = offset_of(raw.raw()) - 1;
      std::string_view key;
      if (field.unescaped_key().get(key) || !well_formed(key)) {
        problems_.push_back({member.offset, Severity::error,
                             "a \\u escape names half a character (a lone surrogate)"});
      } else {
        member.key = key;
      }
      od::value inner;
      if (field.value().get(inner) || !walk(inner, member.value)) return false;
    }
    return true;
  }

  bool walk_array(od::value& value, JsonValue& out) {
    out.kind = JsonValue::Kind::array;
    od::array array;
    if (value.get_array().get(array)) return false;
    for (auto element : array) {
      od::value inner;
      if (element.get(inner)) return false;
      JsonValue& place = out.elements.emplace_back();
      if (!walk(inner, place)) return false;
    }
    return true;
  }

  const StrictText& strict_;
  std::vector<Problem>& problems_;
};

}  // namespace

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

bool same_content(const JsonValue& a, const JsonValue& b) {
  const auto same_member = [](const JsonMember& x, const JsonMember& y) {
    return x.key == y.key && same_content(x.value, y.value);
  };
  return a.kind == b.kind && a.truth == b.truth && a.text == b.text &&
         std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), b.elements.end(),
                    same_content) &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    same_member);
}

std::vector<JsonValue> read_trees(StrictText& strict, std::vector<Problem>& problems) {
  std::vector<JsonValue> trees;
  const std::size_t size = strict.text.size();
  strict.text.append(simdjson::SIMDJSON_PADDING, ' ');
  od::parser parser;
  Walker walker(strict, problems);
  for (const Span& span : strict.values) {
    // What follows the value serves as padding; simdjson reads it but does not care what it is.
    const simdjson::padded_string_view view(strict.text.data() + span.begin, span.end - span.begin,
                                            strict.text.size() - span.begin);
    od::document document;
    od::value value;
    JsonValue& tree = trees.emplace_back();
    simdjson::error_code failure = parser.iterate(view).get(document);
    if (!failure) failure = document.get_value().get(value);
    if (failure || !walker.walk(value, tree)) {
      // The normaliser lets nothing through that simdjson refuses; should it ever, say so and go
      // on.
      problems.push_back({span.begin, Severity::error,
                          "not JSON (simdjson's error " + std::to_string(failure) + ")"});
      tree = JsonValue{};
      tree.kind = JsonValue::Kind::damaged;
      tree.offset = span.begin;
    }
  }
  strict.text.resize(size);
  return trees;
}

}  // namespace mqfail
