// SPDX-License-Identifier: Apache-2.0
// Does a topic match a filter (MQTT 5 section 4.7)?
#pragma once

#include <string_view>

namespace mqfail {

/// The filter in a shared subscription "$share/NAME/FILTER" (MQTT 5 section 4.8.2); any other as it
/// is.
inline std::string_view without_share(std::string_view filter) {
  constexpr std::string_view kShare = "$share/";
  if (!filter.starts_with(kShare)) return filter;
  const std::size_t end = filter.find('/', kShare.size());
  return end == std::string_view::npos ? filter : filter.substr(end + 1);
}

/// `filter` and `topic` are valid. A leading wildcard does not match a topic that begins with $.
inline bool matches(std::string_view filter, std::string_view topic) {
  if (!topic.empty() && topic[0] == '$' && !filter.empty() && filter[0] != '$') return false;
  while (true) {
    if (filter == "#") return true;
    const std::size_t filter_end = filter.find('/');
    const std::size_t topic_end = topic.find('/');
    const std::string_view level = filter.substr(0, filter_end);
    if (level != "+" && level != topic.substr(0, topic_end)) return false;
    if (topic_end == std::string_view::npos) {
      // "a/#" also matches its parent "a".
      return filter_end == std::string_view::npos || filter.substr(filter_end) == "/#";
    }
    if (filter_end == std::string_view::npos) return false;
    filter.remove_prefix(filter_end + 1);
    topic.remove_prefix(topic_end + 1);
  }
}

}  // namespace mqfail
