// SPDX-License-Identifier: Apache-2.0
#include "config/document/text_changes.hpp"

#include <iterator>

namespace mqfail {

void TextChanges::leave_out_earlier(std::size_t at) {
  auto place = changes_.end();
  while (place != changes_.begin() && std::prev(place)->begin > at) --place;
  changes_.insert(place, {at, at + 1, {}});
}

void TextChanges::apply(std::string_view document, std::size_t spare, StrictText& strict) const {
  std::string& text = strict.text;
  std::size_t added = 0;
  for (const Change& change : changes_) added += change.by.size();
  text.reserve(document.size() + added + spare);
  std::size_t done = 0;
  auto value = strict.values.begin();
  const auto copy = [&](std::size_t end) {
    strict.steps.push_back({text.size(), done});
    for (; value != strict.values.end() && *value < end; ++value)
      *value = text.size() + (*value - done);
    text += document.substr(done, end - done);
    done = end;
  };
  for (const Change& change : changes_) {
    copy(change.begin);
    strict.steps.push_back({text.size(), done});
    text += change.by;
    done = change.end;
  }
  copy(document.size());
}

}  // namespace mqfail
