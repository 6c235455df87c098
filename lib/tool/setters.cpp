// SPDX-License-Identifier: Apache-2.0
#include "tool/setters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/number.hpp"
#include "base/rounded.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

bool excludes(const Given& one, const Given& other) {
  if (one.row->excluded.empty()) return false;
  const auto keys = words_of(one.row->excluded);
  return std::find(keys.begin(), keys.end(), other.row->key()) != keys.end();
}

}  // namespace

Result<Done> not_supported(const Given& given, Draft& /*draft*/) {
  return Error{ErrorKind::usage, given.flag() + " is not supported", std::string(given.row->help)};
}

Result<Done> set_all(std::span<const Given> given, Draft& draft) {
  for (const Given& one : given) {
    for (const Given& before : given.first(static_cast<std::size_t>(&one - given.data()))) {
      const bool rule_of_this = excludes(one, before);
      if (!rule_of_this && !excludes(before, one)) continue;
      const Given& first = rule_of_this ? one : before;
      const Given& second = rule_of_this ? before : one;
      return Error{ErrorKind::usage, first.flag() + " and " + second.flag() + " exclude each other",
                   std::string(first.row->excluded_hint)};
    }
    if (auto done = one.row->set(one, draft); !done) return done;
  }
  return Done{};
}

Error bad_value(const Given& given, const std::string& wanted) {
  const std::string key = given.row->key();
  const std::string& value = given.value();
  // A password is easily given to -p instead of -P, and to --pw-fd.
  const bool may_be_secret = (key == "port" || key == "pw-fd" || key == "key-fd") &&
                             value.find_first_not_of("-+.0123456789") != std::string::npos;
  return Error{ErrorKind::usage,
               given.flag() + " takes " + wanted +
                   (may_be_secret ? "" : ", not '" + shown_typed(value) + "'"),
               may_be_secret && key == "port" ? "-P takes a password" : ""};
}

Error bad_value(const Given& given) {
  const std::vector<std::string> words = words_of(given.row->values);
  std::string wanted;
  for (const std::string& word : words) {
    const bool last = &word == &words.back();
    wanted += wanted.empty() ? word : (last ? " or " : ", ") + word;
  }
  return bad_value(given, wanted);
}

Result<std::size_t> word_index(const Given& given) {
  const std::vector<std::string> words = words_of(given.row->values);
  const auto found = std::find(words.begin(), words.end(), given.value());
  if (found == words.end()) return bad_value(given);
  return static_cast<std::size_t>(found - words.begin());
}

Result<std::int64_t> whole_number(const Given& given, std::int64_t least, std::int64_t most) {
  const auto number = parse_number<std::int64_t>(given.value());
  if (number && *number >= least && *number <= most) return *number;
  if (given.row->lists_words()) return bad_value(given);
  return bad_value(given, most == INT64_MAX ? "a number from " + std::to_string(least)
                                            : "a number from " + std::to_string(least) + " to " +
                                                  std::to_string(most));
}

Result<Duration> read_seconds(const Given& given, bool zero_too) {
  constexpr double kMost = 1e9;
  const std::string& text = given.value();
  double number = 0;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool read =
      failure == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  const Duration result(read && std::abs(number) <= kMost ? rounded(number * 1e6) : -1);
  if (result < Duration(zero_too ? 0 : 1)) {
    return bad_value(given, zero_too ? "seconds, as 0, 5 or 0.5" : "seconds, as 5 or 0.5");
  }
  return result;
}

Result<Duration> read_duration(const Given& given) {
  auto parsed = parse_duration(given.value());
  if (parsed) return parsed;
  Error error = parsed.error();
  error.message = given.flag() + ": " + error.message;
  return error;
}

}  // namespace mqfail
