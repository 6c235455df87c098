// SPDX-License-Identifier: Apache-2.0
// What must change in a document to make it strict JSON: noted while reading, done at the end,
// once, so that no copy of a secret is left behind by a text that grows.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/document/dialect.hpp"

namespace mqfail {

class TextChanges {
 public:
  /// Puts `by`, a literal, in place of [begin, end), which stands behind all changes before.
  void replace(std::size_t begin, std::size_t end, std::string_view by) {
    changes_.push_back({begin, end, by});
  }
  /// Leaves out the byte at `at`, which stands before other changes.
  void leave_out_earlier(std::size_t at);
  std::size_t count() const { return changes_.size(); }
  /// Forgets all changes but the first `count`.
  void forget(std::size_t count) { changes_.resize(count); }
  /// Makes the text and the steps of `strict` from `document`, and moves its values to where they
  /// stand in that text. `spare`: as for to_strict().
  void apply(std::string_view document, std::size_t spare, StrictText& strict) const;

 private:
  struct Change {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view by;
  };
  std::vector<Change> changes_;  // in the order of their places; none touches another
};

}  // namespace mqfail
