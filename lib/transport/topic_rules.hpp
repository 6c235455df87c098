// SPDX-License-Identifier: Apache-2.0
// What MQTT allows as a topic name (MQTT 5, section 4.7).
#pragma once

#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace mqfail {

/// What is wrong with the text of a topic name or a filter, to stand behind its name: "contains a
/// NUL". Empty: nothing.
inline std::string wrong_with_topic_text(std::string_view topic) {
  constexpr std::size_t kLongest = 65535;
  if (topic.empty()) return "is empty";
  if (topic.size() > kLongest) return "is " + std::to_string(topic.size()) + " bytes long";
  if (topic.find('\0') != std::string_view::npos) return "contains a NUL";
  return is_utf8(topic) ? "" : "is not UTF-8";
}

/// The same for a topic name, which has no wildcards either.
inline std::string wrong_with_topic_name(std::string_view topic) {
  std::string wrong = wrong_with_topic_text(topic);
  if (wrong.empty() && topic.find_first_of("+#") != std::string_view::npos)
    wrong = "contains a wildcard";
  return wrong;
}

}  // namespace mqfail
