// SPDX-License-Identifier: Apache-2.0
#include "tool/topic.hpp"

#include <string>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestTopic = 65535;
constexpr std::string_view kShare = "$share/";

Error wrong(std::string_view flag, std::string_view topic, const std::string& what,
            std::string hint) {
  return Error{ErrorKind::usage, std::string(flag) + " '" + shown_typed(topic) + "' " + what,
               std::move(hint)};
}

// The rules that names and filters share.
Result<Done> check_text(std::string_view flag, std::string_view topic) {
  if (topic.empty()) {
    return Error{ErrorKind::usage, std::string(flag) + " is empty",
                 "a topic has at least one character"};
  }
  if (topic.size() > kLongestTopic) {
    return wrong(flag, topic, "is " + std::to_string(topic.size()) + " bytes long",
                 "a topic has at most 65535");
  }
  if (topic.find('\0') != std::string_view::npos) {
    return wrong(flag, topic, "contains a NUL", "MQTT does not allow it in a topic");
  }
  if (!is_utf8(topic)) return wrong(flag, topic, "is not UTF-8", "write the topic in UTF-8");
  return Done{};
}

// Removes the next level from `rest`, with the slash after it, and returns it. `more`: there was a
// slash.
std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  more = slash != std::string_view::npos;
  const std::string_view level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

}  // namespace

Result<Done> check_topic_name(std::string_view flag, std::string_view topic) {
  if (auto text = check_text(flag, topic); !text) return text;
  if (topic.find_first_of("+#") != std::string_view::npos) {
    return wrong(flag, topic, "contains a wildcard", "messages go to one topic, without + and #");
  }
  return Done{};
}

Result<Done> check_topic_filter(std::string_view flag, std::string_view filter) {
  if (auto text = check_text(flag, filter); !text) return text;
  std::string_view rest = filter;
  if (rest.starts_with(kShare)) {
    rest.remove_prefix(kShare.size());
    bool more = false;
    const std::string_view group = take_level(rest, more);
    if (group.empty() || group.find_first_of("+#") != std::string_view::npos || !more ||
        rest.empty()) {
      return wrong(flag, filter, "is not a shared subscription", "write $share/GROUP/FILTER");
    }
  }
  for (bool more = true; more;) {
    const std::string_view level = take_level(rest, more);
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) {
      return wrong(flag, filter, "has a wildcard inside a level",
                   "+ and # stand alone between slashes, as in a/+/b or a/#");
    }
    if (level == "#" && more) return wrong(flag, filter, "goes on after #", "# is the last level");
  }
  return Done{};
}

}  // namespace mqfail
