// SPDX-License-Identifier: Apache-2.0
#include "publish/json_record.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "config/document/json_reader.hpp"
#include "publish/json_line.hpp"
#include "publish/json_properties.hpp"
#include "transport/topic_rules.hpp"

namespace mqfail {
namespace {

using Value = JsonLine::Value;
// In seconds: nanoseconds end in the year 2262.
using WallTime = std::chrono::sys_seconds;

// The members that mean something; in this order in kMembers.
enum Member : std::size_t {
  topic,
  payload,
  encoded,
  qos,
  retain,
  properties,
  ack_value,
  tst,
  other
};
constexpr std::array<std::string_view, other> kMembers = {
    "topic", "payload", "payload_base64", "qos", "retain", "properties", "ack", "tst"};

Member member_of(std::string_view key) {
  const auto found = std::find(kMembers.begin(), kMembers.end(), key);
  return static_cast<Member>(found - kMembers.begin());
}

// RFC 3339, and as mosquitto_sub 2.0 writes it (…Z+0100).
std::optional<WallTime> time_of(std::string_view text) {
  const std::string copy(text.substr(0, 40));
  std::tm tm{};
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                  &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6)
    return std::nullopt;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  std::string_view rest = std::string_view(copy).substr(static_cast<std::size_t>(used));
  if (rest.starts_with('.'))
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  if (rest.starts_with('Z')) rest.remove_prefix(1);
  int offset = 0;
  if (rest.size() >= 5 && (rest.front() == '+' || rest.front() == '-')) {
    const auto hours = parse_number<int>(rest.substr(1, 2));
    const auto minutes = parse_number<int>(rest.substr(rest[3] == ':' ? 4 : 3, 2));
    if (!hours || !minutes) return std::nullopt;
    offset = (*hours * 60 + *minutes) * (rest.front() == '-' ? -1 : 1);
  }
  return WallTime(std::chrono::seconds(timegm(&tm))) - std::chrono::minutes(offset);
}

// JSON without the white space between its tokens.
void append_compact(std::string_view json, std::string& out) {
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    if (c == '"') in_string = !in_string;
    out += c;
    if (in_string && c == '\\' && i + 1 < json.size()) out += json[++i];
  }
}

template <class Container>
bool raw_of(simdjson::simdjson_result<Container> container, std::string_view& out) {
  Container inner;
  return !std::move(container).get(inner) && !inner.raw_json().get(out);
}

}  // namespace

class JsonRecord::Reader {
 public:
  explicit Reader(Clock clock) : clock_(clock) {}

  std::optional<Fault> read(std::string_view record, Message& message) {
    ack = 0;
    seen_ = 0;
    time_.reset();
    has_payload_ = false;
    if (!properties_.empty()) properties_ = {};
    const auto take = [&](std::string_view key, Value& value) {
      return take_member(member_of(key), key, value, message);
    };
    if (!line_.read(record, take)) return line_.fault();
    return complete(message);
  }

  std::uint64_t ack = 0;

 private:
  bool take_member(Member member, std::string_view key, Value& value, Message& message) {
    if (member == other) return true;
    if (has(member)) return line_.fail("there is a second " + std::string(key));
    const std::string_view token = value.raw_json_token();
    const std::string_view word = JsonLine::word(token);
    if (word == "null" && member != payload) return true;  // absent, as jq writes it
    seen_ |= 1U << static_cast<unsigned>(member);
    switch (member) {
      case topic:
        return take_topic(token, value, message);
      case payload:
        return take_payload(token, value, message);
      case encoded:
        return take_base64(token, value);
      case qos:
        if (word != "0" && word != "1" && word != "2")
          return line_.fail(token, "qos is not 0, 1 or 2");
        message.qos = word[0] - '0';
        return true;
      case retain:
        if (word != "0" && word != "1" && word != "true" && word != "false")
          return line_.fail(token, "retain is not 0, 1, true or false");
        message.retain = word == "1" || word == "true";
        return true;
      case properties:
        if (!read_properties(line_, value, properties_)) return false;
        message.properties = properties_.empty() ? nullptr : &properties_;
        return true;
      case ack_value: {
        const auto number = parse_number<std::uint64_t>(word);
        ack = number.value_or(0);
        return number || line_.fail(token, "ack is not a whole number");
      }
      case tst: {
        std::string_view text;
        if (!token.starts_with('"')) return true;
        if (!line_.string(key, value, text)) return false;
        time_ = time_of(text);
        return true;
      }
      case other:
        break;
    }
    return true;
  }

  bool take_topic(std::string_view token, Value& value, Message& message) {
    if (!line_.string("topic", value, message.topic)) return false;
    const std::string wrong = wrong_with_topic_name(message.topic);
    return wrong.empty() || line_.fail(token, "the topic " + wrong);
  }

  bool take_payload(std::string_view token, Value& value, Message& message) {
    payload_column_ = line_.column();
    const std::string_view word = JsonLine::word(token);
    has_payload_ = word != "null";
    if (token.starts_with('"')) return line_.string("payload", value, message.payload);
    payload_.clear();
    std::string_view json = word;
    if (token.starts_with('{') || token.starts_with('[')) {
      if (!(token.starts_with('{') ? raw_of(value.get_object(), json)
                                   : raw_of(value.get_array(), json)))
        return line_.not_json();
      append_compact(json, payload_);
    } else if (has_payload_) {
      payload_ = word;
    }
    message.payload = payload_;
    // simdjson has looked at the structure only. Few messages come here.
    return !has_payload_ || is_json(json) || line_.not_json();
  }

  bool take_base64(std::string_view token, Value& value) {
    std::string_view text;
    if (!line_.string("payload_base64", value, text)) return false;
    return from_base64(text, bytes_) || line_.fail(token, "payload_base64 is not base64");
  }

  // What only the whole object shows.
  std::optional<Fault> complete(Message& message) {
    if (!has(topic) && message.topic.empty()) return Fault{"there is no topic"};
    if (!has(payload) && !has(encoded)) message.payload = {};
    if (has(encoded)) {  // a payload of null may stand beside it
      if (has_payload_) return Fault{"there is a payload and a payload_base64", payload_column_};
      message.payload = bytes_;
    }
    if (!properties_.message_expiry || !time_) return std::nullopt;
    const auto passed = (std::chrono::floor<std::chrono::seconds>(clock_()) - *time_).count();
    if (passed >= *properties_.message_expiry)
      return Fault{"its message-expiry-interval is over", 0, true};
    if (passed > 0) *properties_.message_expiry -= static_cast<std::uint32_t>(passed);
    return std::nullopt;
  }

  bool has(Member member) const { return (seen_ & (1U << static_cast<unsigned>(member))) != 0; }

  const Clock clock_;
  JsonLine line_;
  std::string payload_, bytes_;
  MessageProperties properties_;
  std::optional<WallTime> time_;
  unsigned seen_ = 0;         // a bit for each Member
  bool has_payload_ = false;  // one that is not null
  std::size_t payload_column_ = 0;
};

JsonRecord::JsonRecord(Clock clock) : reader_(std::make_unique<Reader>(clock)) {}
JsonRecord::~JsonRecord() = default;

std::optional<RecordForm::Fault> JsonRecord::read(std::string_view record, Message& message) {
  return reader_->read(record, message);
}
std::uint64_t JsonRecord::ack() const {
  return reader_->ack;
}

}  // namespace mqfail
