// SPDX-License-Identifier: Apache-2.0
#include "tool/topic.hpp"

#include <string>

#include "config/uri/shown_uri.hpp"
#include "transport/topic_rules.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kShare = "$share/";

Error wrong(std::string_view flag, std::string_view topic, const std::string& what,
            std::string hint) {
  return Error{ErrorKind::usage, std::string(flag) + " '" + shown_typed(topic) + "' " + what,
               std::move(hint)};
}

std::string hint_of(std::string_view what) {
  if (what == "is empty") return "a topic has at least one character";
  if (what == "contains a NUL") return "MQTT does not allow it in a topic";
  if (what == "is not UTF-8") return "write the topic in UTF-8";
  if (what == "contains a wildcard") return "messages go to one topic, without + and #";
  return "a topic has at most 65535";
}

Result<Done> judged(std::string_view flag, std::string_view topic, const std::string& what) {
  if (what.empty()) return Done{};
  if (topic.empty()) return Error{ErrorKind::usage, std::string(flag) + " " + what, hint_of(what)};
  return wrong(flag, topic, what, hint_of(what));
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
  return judged(flag, topic, wrong_with_topic_name(topic));
}

Result<Done> check_topic_filter(std::string_view flag, std::string_view filter) {
  if (auto text = judged(flag, filter, wrong_with_topic_text(filter)); !text) return text;
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
