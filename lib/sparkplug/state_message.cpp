// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/state_message.hpp"

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/document/json_reader.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kTopicV3 = "spBv1.0/STATE/";
constexpr std::string_view kTopicV2 = "STATE/";

using Says = StateMessage::Says;

StateMessage read_v2(std::string_view payload) {
  if (payload == "ONLINE") return {Says::online, std::nullopt, false};
  if (payload == "OFFLINE") return {Says::offline, std::nullopt, false};
  return {Says::unreadable, std::nullopt, false};
}

// A number that is no whole one, or below 0, is no time.
std::optional<StateTime> read_time(const JsonValue& value) {
  if (value.kind != JsonValue::Kind::number) return std::nullopt;
  const auto time = parse_number<StateTime>(value.text);
  return time && *time >= 0 ? time : std::nullopt;
}

StateMessage read_v3(std::string_view payload) {
  const std::string document(payload);
  const JsonReading reading = read_json(document);
  const auto values = reading.tree.top_level();
  if (!reading.problems.empty() || values.count() != 1) return {Says::unreadable, {}, true};
  const JsonValue& object = *values.begin();
  if (object.kind != JsonValue::Kind::object) return {Says::unreadable, {}, true};
  const JsonValue* online = nullptr;
  const JsonValue* time = nullptr;
  for (const JsonValue& member : object.children()) {
    if (member.key == "online") online = &member;
    if (member.key == "timestamp") time = &member;
  }
  if (online == nullptr || online->kind != JsonValue::Kind::boolean || time == nullptr) {
    return {Says::unreadable, {}, true};
  }
  const auto read = read_time(*time);
  if (!read) return {Says::unreadable, {}, true};
  return {online->truth ? Says::online : Says::offline, read, true};
}

}  // namespace

Result<Done> check_host_id(std::string_view flag, std::string_view id) {
  const bool plain = !id.empty() && id.find_first_of("+/#") == std::string_view::npos &&
                     id.find('\0') == std::string_view::npos;
  if (plain) return Done{};
  return Error{ErrorKind::usage,
               std::string(flag) + ": '" + printable(id, 100) + "' is no Sparkplug host id",
               "it is one level of a topic: not empty, without +, / and #"};
}

std::vector<std::string> state_topics(std::string_view id, StateVersion version) {
  std::vector<std::string> topics;
  if (version != StateVersion::v2) topics.push_back(std::string(kTopicV3) + std::string(id));
  if (version != StateVersion::v3) topics.push_back(std::string(kTopicV2) + std::string(id));
  return topics;
}

StateMessage read_state(std::string_view topic, std::string_view payload) {
  const bool v3 = topic.starts_with(kTopicV3);
  if (payload.empty()) return {Says::unknown, std::nullopt, v3};
  if (payload.size() > kLargestState) return {Says::unreadable, std::nullopt, v3};
  return v3 ? read_v3(payload) : read_v2(payload);
}

std::string write_state(bool online, StateTime time) {
  return std::string(R"({"online":)") + (online ? "true" : "false") + R"(,"timestamp":)" +
         std::to_string(time) + "}";
}

}  // namespace mqfail
