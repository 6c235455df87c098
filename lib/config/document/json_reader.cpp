// SPDX-License-Identifier: Apache-2.0
#include "config/document/json_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/large_pages.hpp"
#include "base/utf8.hpp"
#include "config/document/dialect.hpp"

namespace mqfail {
namespace {

namespace od = simdjson::ondemand;
using Kind = JsonValue::Kind;

static_assert(kDocumentPadding == simdjson::SIMDJSON_PADDING);

// Walks values in document order, as On-Demand wants it, and appends them to a tree. The raw token
// of a value or key points into the text, and that is its offset (the DOM interface would not
// tell).
class Walker {
 public:
  Walker(std::string_view text, JsonTree& tree) : text_(text), tree_(tree) {}
  /// What was made of a document that was not JSON, and where to report what only unescaping finds.
  Walker(const StrictText& strict, std::string_view text, JsonTree& tree,
         std::vector<Problem>& problems)
      : text_(text), tree_(tree), strict_(&strict), problems_(&problems) {}

  /// Reads the one value in [begin, end). False: simdjson refuses it; what was read is in the tree.
  bool read(std::size_t begin, std::size_t end) {
    // What follows a value serves as padding: simdjson may read it, but ignores it.
    const simdjson::padded_string_view view(text_.data() + begin, end - begin,
                                            text_.size() + kDocumentPadding - begin);
    od::document document;
    od::value value;
    return !parser_.iterate(view).get(document) && !document.get_value().get(value) &&
           walk(value, 1) && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }

  std::size_t original(std::size_t offset) const {
    if (strict_ == nullptr) return offset;
    const auto& steps = strict_->steps;
    const auto step = std::prev(
        std::upper_bound(steps.begin(), steps.end(), offset,
                         [](std::size_t at, const auto& each) { return at < each.strict; }));
    return step->original + (offset - step->strict);
  }

 private:
  bool walk(od::value value, int depth) {
    const std::string_view token = value.raw_json_token();
    JsonValue& out = tree_.values.emplace_back();
    out.offset = offset_of(token.data());
    const bool damaged = is_damaged(out.offset);
    switch (token.front()) {
      case '{':
      case '[':
        out.kind = token.front() == '{' ? Kind::object : Kind::array;
        out.lost_members = damaged;
        return depth <= kDeepest && walk_container(value, depth);
      case '"': {
        out.kind = Kind::string;
        od::raw_json_string raw;
        if (value.get_raw_json_string().get(raw) || !unescape(raw, out.offset, out.text))
          return false;
        if (out.text.data() == nullptr) out.kind = Kind::damaged;
        break;
      }
      default:
        // simdjson's own look at a word needs tables that are in its library, and data cannot be
        // loaded late. The code that reads the item finds out what a number means.
        out.text = token.substr(0, token.find_first_of(" \t\r\n"));
        out.kind = out.text == "null"                          ? Kind::null
                   : out.text == "true" || out.text == "false" ? Kind::boolean
                                                               : Kind::number;
        out.truth = out.text == "true";
        if (out.kind == Kind::number && !is_json_number(out.text)) return false;
    }
    if (damaged) out.kind = Kind::damaged;
    return true;
  }

  bool walk_container(od::value& value, int depth) {
    const std::size_t node = tree_.values.size() - 1;
    if (tree_.values[node].kind == Kind::object ? !walk_object(value, depth)
                                                : !walk_array(value, depth))
      return false;
    tree_.values[node].size = static_cast<std::uint32_t>(tree_.values.size() - node);
    return true;
  }

  bool walk_object(od::value& value, int depth) {
    od::object object;
    if (value.get_object().get(object)) return false;
    for (auto field : object) {
      od::raw_json_string raw;
      if (field.key().get(raw)) return false;
      const std::uint32_t offset = offset_of(raw.raw() - 1);
      std::string_view key;
      if (!unescape(raw, offset, key)) return false;
      od::value inner;
      const std::size_t node = tree_.values.size();
      if (field.value().get(inner) || !walk(inner, depth + 1)) return false;
      JsonValue& member = tree_.values[node];
      member.key = key;
      member.key_offset = offset;
      if (key.data() == nullptr || is_damaged(offset)) member.kind = Kind::damaged;
    }
    return true;
  }

  bool walk_array(od::value& value, int depth) {
    od::array array;
    if (value.get_array().get(array)) return false;
    for (auto element : array) {
      od::value inner;
      if (element.get(inner) || !walk(inner, depth + 1)) return false;
    }
    return true;
  }

  // A string without escapes is borrowed; any other is the tree's, which wipes it, and not the
  // parser's, which would not. No data: it has no text, and that was reported. False: give up.
  bool unescape(od::raw_json_string raw, std::size_t offset, std::string_view& out) {
    const char* const begin = raw.raw();
    const std::string_view rest = text_.substr(static_cast<std::size_t>(begin - text_.data()));
    const std::size_t length = rest.find('"');
    out = rest.substr(0, length);
    if (out.find('\\') == std::string_view::npos) return true;
    std::size_t end = 0;
    while (rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
    std::string buffer(end + kDocumentPadding, '\0');
    auto* place = reinterpret_cast<std::uint8_t*>(buffer.data());
    // simdjson 3.0.1 lets a lone low surrogate through, as bytes that are not UTF-8.
    if (!parser_.unescape(raw, place).get(out) && is_utf8(out)) {
      buffer.resize(out.size());
      out = tree_.keep(std::move(buffer));
      return true;
    }
    explicit_bzero(buffer.data(), buffer.size());
    out = {};
    if (problems_ == nullptr) return false;
    problems_->push_back(
        {offset, Severity::error, "a \\u escape names half a character (a lone surrogate)"});
    return true;
  }

  std::uint32_t offset_of(const char* place) const {
    return static_cast<std::uint32_t>(original(static_cast<std::size_t>(place - text_.data())));
  }
  bool is_damaged(std::size_t offset) const {
    return strict_ != nullptr &&
           std::binary_search(strict_->damaged.begin(), strict_->damaged.end(), offset);
  }

  std::string_view text_;
  JsonTree& tree_;
  const StrictText* strict_ = nullptr;
  std::vector<Problem>* problems_ = nullptr;
  od::parser parser_;
};

JsonTree empty_tree(std::size_t document_size) {
  JsonTree tree;
  reserve_large(tree.values, document_size / 16);  // an entry of five values has 85 bytes and more
  return tree;
}

JsonReading read_normalised(std::string_view document) {
  StrictText strict = to_strict(document, kDocumentPadding);
  JsonReading reading{empty_tree(document.size()), std::move(strict.problems)};
  const std::string_view text = reading.tree.keep(std::move(strict.text));
  Walker walker(strict, text, reading.tree, reading.problems);
  auto& values = reading.tree.values;
  for (std::size_t i = 0; i < strict.values.size(); ++i) {
    const std::size_t begin = strict.values[i];
    const std::size_t end = i + 1 < strict.values.size() ? strict.values[i + 1] : text.size();
    const std::size_t node = values.size();
    if (walker.read(begin, end)) continue;
    // The normaliser lets nothing through that simdjson refuses; should it ever, say so and go on.
    reading.problems.push_back({walker.original(begin), Severity::error, "not JSON"});
    values.resize(node);
    values.emplace_back().kind = Kind::damaged;
    values.back().offset = static_cast<std::uint32_t>(walker.original(begin));
  }
  return reading;
}

}  // namespace

JsonReading read_json(const std::string& document) {
  JsonReading reading{empty_tree(document.size()), {}};
  std::string_view text = document;
  if (document.capacity() - document.size() < kDocumentPadding) {
    std::string padded;
    padded.reserve(document.size() + kDocumentPadding);
    padded = document;
    text = reading.tree.keep(std::move(padded));
  }
  if (Walker(text, reading.tree).read(0, text.size())) return reading;
  return read_normalised(document);
}

bool is_json(std::string_view text) {
  JsonTree tree;
  std::string padded;
  padded.reserve(text.size() + 2 + kDocumentPadding);
  padded.append("[").append(text).append("]");  // simdjson has another way for a word alone
  const std::string_view kept = tree.keep(std::move(padded));
  return Walker(kept, tree).read(0, kept.size());
}

}  // namespace mqfail
