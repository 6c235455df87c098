// SPDX-License-Identifier: Apache-2.0
// A document as a tree that remembers where everything stood: byte offsets, every key of an object
// (also a second one), and places that could not be read. Rule: one flat array in document order,
// text borrowed from the document, because a list may have ten thousand servers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace mqfail {

class JsonChildren;

/// One value; what it contains follows it in memory, so it is only good inside its JsonTree.
struct JsonValue {
  /// damaged: something stood here that could not be read and was reported.
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object, damaged };
  std::string_view key;          ///< of a member of an object, unescaped
  std::string_view text;         ///< of a string, unescaped; of a number, as written
  std::uint32_t key_offset = 0;  ///< where its key begins
  std::uint32_t offset = 0;      ///< where the value begins
  std::uint32_t size = 1;        ///< how many values it is, itself included
  Kind kind = Kind::null;
  bool truth = false;         ///< of a boolean
  bool lost_members = false;  ///< an object or array of which a part could not be read

  /// Members of an object (doubles kept) or elements of an array, in order.
  JsonChildren children() const;
};

/// The values that stand directly in another one.
class JsonChildren {
 public:
  class Iterator {
   public:
    using value_type = JsonValue;
    using difference_type = std::ptrdiff_t;
    using pointer = const JsonValue*;
    using reference = const JsonValue&;
    using iterator_category = std::forward_iterator_tag;

    explicit Iterator(const JsonValue* at = nullptr) : at_(at) {}
    const JsonValue& operator*() const { return *at_; }
    const JsonValue* operator->() const { return at_; }
    Iterator& operator++() {
      at_ += at_->size;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const JsonValue* at_;
  };

  JsonChildren(const JsonValue* begin, const JsonValue* end) : begin_(begin), end_(end) {}
  Iterator begin() const { return Iterator(begin_); }
  Iterator end() const { return Iterator(end_); }
  bool empty() const { return begin_ == end_; }
  std::size_t count() const { return static_cast<std::size_t>(std::distance(begin(), end())); }

 private:
  const JsonValue* begin_;
  const JsonValue* end_;
};

inline JsonChildren JsonValue::children() const {
  return {this + 1, this + size};
}

/// The values of a document. Borrows the document's text; what had to be rewritten is its own, and
/// is overwritten when the tree is destroyed.
class JsonTree {
 public:
  JsonTree() = default;
  JsonTree(JsonTree&&) noexcept = default;
  JsonTree& operator=(JsonTree&&) noexcept = default;
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;
  ~JsonTree();

  JsonChildren top_level() const { return {values.data(), values.data() + values.size()}; }
  /// Keeps a text for as long as the tree lives.
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  std::vector<JsonValue> values;  ///< in document order

 private:
  std::deque<std::string> kept_;
};

/// The first member with this key, letter case aside; null if there is none.
const JsonValue* find_member(const JsonValue& object, std::string_view key);

/// `key` as a reference token of a JSON pointer (RFC 6901), fit to be shown.
std::string pointer_token(std::string_view key);

/// Same content; places and the key of the outermost do not count.
bool same_content(const JsonValue& a, const JsonValue& b);

/// "a string", "an object" ...
std::string_view kind_name(JsonValue::Kind kind);

}  // namespace mqfail
