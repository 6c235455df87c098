// SPDX-License-Identifier: Apache-2.0
#include "publish/json_record.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/document/json_reader.hpp"
#include "transport/property_order.hpp"
#include "transport/topic_rules.hpp"

namespace mqfail {
namespace {

namespace od = simdjson::ondemand;
using Fault = RecordForm::Fault;
using WallTime = std::chrono::system_clock::time_point;

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

// Bytes of base64 text with or without padding; false if it is none.
bool decode_base64(std::string_view text, std::string& out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  out.clear();
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64Digits.find(c);
    if (digit == std::string_view::npos) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return true;
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
  return std::chrono::system_clock::from_time_t(timegm(&tm)) - std::chrono::minutes(offset);
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

}  // namespace

class JsonRecord::Reader {
 public:
  explicit Reader(Clock clock) : clock_(clock) {}

  std::optional<Fault> read(std::string_view record, Message& message) {
    ack = 0;
    begin(record);
    od::document document;
    const simdjson::padded_string_view view(text_.data(), record.size(),
                                            record.size() + simdjson::SIMDJSON_PADDING);
    if (parser_.iterate(view).get(document)) return not_json(record);
    od::object object;
    if (text_.find('{') == std::string::npos || document.get_object().get(object))
      return Fault{"is not an object", 1};
    for (auto field : object) {
      od::raw_json_string raw;
      std::string_view key;
      od::value value;
      if (field.key().get(raw) || !unescape(raw, key) || field.value().get(value))
        return not_json(record);
      last_ = column_of(raw.raw() - 1);
      if (auto fault = take_member(member_of(key), key, value, message)) return fault;
      if (broken_) return not_json(record);
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return not_json(record);
    return complete(message);
  }

  std::uint64_t ack = 0;

 private:
  void begin(std::string_view record) {
    text_.reserve(record.size() + simdjson::SIMDJSON_PADDING);
    text_.assign(record);
    // What is unescaped is never longer, and a string may write so far behind its end.
    if (arena_.size() < record.size() + simdjson::SIMDJSON_PADDING)
      arena_.resize(record.size() + simdjson::SIMDJSON_PADDING);
    arena_used_ = 0;
    seen_ = 0;
    broken_ = false;
    last_ = 1;
    payload_column_ = 0;
    has_payload_ = false;
    time_.reset();
    if (!properties_.empty()) properties_ = {};
  }

  std::size_t column_of(const char* place) const {
    return static_cast<std::size_t>(place - text_.data()) + 1;
  }

  // simdjson does not say where. The reader of documents does; what it would forgive stands behind
  // the last member that was read.
  Fault not_json(std::string_view record) const {
    const std::string copy(record);
    const JsonReading reading = read_json(copy);
    if (reading.problems.empty()) return {"is not JSON", last_};
    const Problem& first = reading.problems.front();
    return {"is not JSON: " + first.message, first.offset + 1};
  }

  bool unescape(od::raw_json_string raw, std::string_view& out) {
    const char* const begin = raw.raw();
    const std::string_view rest(begin,
                                static_cast<std::size_t>(text_.data() + text_.size() - begin));
    out = rest.substr(0, rest.find('"'));
    if (out.find('\\') == std::string_view::npos) return true;
    std::uint8_t* place = arena_.data() + arena_used_;
    // simdjson 3.0.1 lets a lone low surrogate through, as bytes that are not UTF-8.
    if (parser_.unescape(raw, place).get(out) || !is_utf8(out)) return false;
    arena_used_ = static_cast<std::size_t>(place - arena_.data());
    return true;
  }

  // The text of a value that must be a string.
  std::optional<Fault> string_of(std::string_view name, od::value& value, std::string_view& out) {
    const std::string_view token = value.raw_json_token();
    if (!token.starts_with('"')) return at(token, std::string(name) + " is not a string");
    od::raw_json_string raw;
    if (value.get_raw_json_string().get(raw) || !unescape(raw, out)) broken_ = true;
    return std::nullopt;
  }

  // A number, true, false or null as it is written.
  static std::string_view word_of(std::string_view token) {
    return token.substr(0, token.find_first_of(" \t\r\n,}]"));
  }

  Fault at(std::string_view token, std::string why) const {
    return {std::move(why), column_of(token.data())};
  }

  std::optional<Fault> take_member(Member member, std::string_view key, od::value& value,
                                   Message& message) {
    if (member == other) return std::nullopt;
    const unsigned bit = 1U << static_cast<unsigned>(member);
    if ((seen_ & bit) != 0) return Fault{"there is a second " + std::string(key), last_};
    const std::string_view token = value.raw_json_token();
    const std::string_view word = word_of(token);
    if (word == "null" && member != payload) return std::nullopt;  // absent, as jq writes it
    seen_ |= bit;
    switch (member) {
      case topic: {
        if (auto fault = string_of(key, value, message.topic)) return fault;
        if (broken_) return std::nullopt;
        std::string wrong = wrong_with_topic_name(message.topic);
        return wrong.empty() ? std::nullopt
                             : std::optional(at(token, "the topic " + std::move(wrong)));
      }
      case payload:
        return take_payload(token, value, message);
      case encoded:
        return take_base64(token, value, message);
      case qos:
        if (word.size() != 1 || word[0] < '0' || word[0] > '2')
          return at(token, "qos is not 0, 1 or 2");
        message.qos = word[0] - '0';
        return std::nullopt;
      case retain:
        if (word != "0" && word != "1" && word != "true" && word != "false")
          return at(token, "retain is not 0, 1, true or false");
        message.retain = word == "1" || word == "true";
        return std::nullopt;
      case properties:
        return take_properties(token, value, message);
      case ack_value: {
        const auto number = parse_number<std::uint64_t>(word);
        if (!number) return at(token, "ack is not a whole number");
        ack = *number;
        return std::nullopt;
      }
      case tst: {
        std::string_view text;
        if (token.starts_with('"') && !string_of(key, value, text) && !broken_)
          time_ = time_of(text);
        return std::nullopt;
      }
      case other:
        break;
    }
    return std::nullopt;
  }

  std::optional<Fault> take_payload(std::string_view token, od::value& value, Message& message) {
    if (token.starts_with('"')) {
      has_payload_ = true;
      payload_column_ = last_;
      return string_of("payload", value, message.payload);
    }
    const std::string_view word = word_of(token);
    if (word == "null") {  // what mqfail-sub prints for an empty message, or beside payload_base64
      message.payload = {};
      return std::nullopt;
    }
    has_payload_ = true;
    payload_column_ = last_;
    payload_.clear();
    if (token.starts_with('{') || token.starts_with('[')) {
      std::string_view json;
      const bool bad = token.starts_with('{') ? raw_of(value.get_object(), json)
                                              : raw_of(value.get_array(), json);
      if (bad) {
        broken_ = true;
        return std::nullopt;
      }
      append_compact(json, payload_);
    } else {
      payload_ = word;
    }
    // simdjson has looked at the structure only. Few messages come here.
    if (!read_json("[" + payload_ + "]").problems.empty()) broken_ = true;
    message.payload = payload_;
    return std::nullopt;
  }

  template <class Container>
  static bool raw_of(simdjson::simdjson_result<Container> container, std::string_view& out) {
    Container inner;
    return std::move(container).get(inner) || inner.raw_json().get(out);
  }

  std::optional<Fault> take_base64(std::string_view token, od::value& value, Message& message) {
    std::string_view text;
    if (auto fault = string_of("payload_base64", value, text)) return fault;
    if (broken_) return std::nullopt;
    if (!decode_base64(text, bytes_)) return at(token, "payload_base64 is not base64");
    message.payload = bytes_;
    return std::nullopt;
  }

  std::optional<Fault> take_properties(std::string_view token, od::value& value, Message& message) {
    od::object object;
    if (!token.starts_with('{') || value.get_object().get(object))
      return at(token, "properties is not an object");
    for (auto field : object) {
      od::raw_json_string raw;
      std::string_view key;
      od::value inner;
      if (field.key().get(raw) || !unescape(raw, key) || field.value().get(inner)) {
        broken_ = true;
        return std::nullopt;
      }
      last_ = column_of(raw.raw() - 1);
      if (auto fault = take_property(key, inner)) return fault;
      if (broken_) return std::nullopt;
    }
    message.properties = properties_.empty() ? nullptr : &properties_;
    return std::nullopt;
  }

  // Names as mqfail-sub and mosquitto_sub print them. What belongs to one connection does not
  // travel.
  std::optional<Fault> take_property(std::string_view name, od::value& value) {
    if (name == "subscription-identifier" || name == "topic-alias") return std::nullopt;
    if (name == "user-properties") return take_user_properties(value);
    const std::string_view token = value.raw_json_token();
    if (word_of(token) == "null") return std::nullopt;
    if (name == "payload-format-indicator" || name == "message-expiry-interval") {
      const bool format = name.starts_with('p');
      const auto number = parse_number<std::uint32_t>(word_of(token));
      if (!number || (format && *number > 1))
        return at(token,
                  std::string(name) + (format ? " is not 0 or 1" : " is no number of seconds"));
      properties_.order.push_back(format ? property_id::payload_format
                                         : property_id::message_expiry);
      if (format) {
        properties_.payload_format = static_cast<std::uint8_t>(*number);
      } else {
        properties_.message_expiry = *number;
      }
      return std::nullopt;
    }
    std::optional<std::string>* const target =
        name == "content-type"                 ? &properties_.content_type
        : name == "response-topic"             ? &properties_.response_topic
        : name.starts_with("correlation-data") ? &properties_.correlation_data
                                               : nullptr;
    const bool in_base64 = name == "correlation-data_base64";
    if (target == nullptr || (!in_base64 && name.starts_with("correlation-data_")))
      return Fault{"there is no property '" + printable(name, 64) + "'", last_};
    std::string_view text;
    if (auto fault = string_of(name, value, text)) return fault;
    if (broken_) return std::nullopt;
    if (in_base64 && !decode_base64(text, bytes_of_property_))
      return at(token, std::string(name) + " is not base64");
    properties_.order.push_back(target == &properties_.content_type ? property_id::content_type
                                : target == &properties_.response_topic
                                    ? property_id::response_topic
                                    : property_id::correlation_data);
    *target = in_base64 ? bytes_of_property_ : std::string(text);
    if (target != &properties_.response_topic) return std::nullopt;
    std::string wrong = wrong_with_topic_name(**target);
    if (wrong.empty()) return std::nullopt;
    return at(token, "response-topic " + std::move(wrong));
  }

  // An array of objects, as mqfail-sub prints it, so that a name may come several times; an object
  // will do, too.
  std::optional<Fault> take_user_properties(od::value& value) {
    const std::string_view token = value.raw_json_token();
    if (token.starts_with('{')) return take_user_object(value);
    od::array array;
    if (!token.starts_with('[') || value.get_array().get(array))
      return at(token, "user-properties is not an array");
    for (auto element : array) {
      od::value inner;
      if (element.get(inner)) {
        broken_ = true;
        return std::nullopt;
      }
      if (auto fault = take_user_object(inner)) return fault;
      if (broken_) return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Fault> take_user_object(od::value& value) {
    const std::string_view token = value.raw_json_token();
    od::object object;
    if (!token.starts_with('{') || value.get_object().get(object))
      return at(token, "a user property is not an object");
    for (auto field : object) {
      od::raw_json_string raw;
      std::string_view key;
      od::value inner;
      if (field.key().get(raw) || !unescape(raw, key) || field.value().get(inner)) {
        broken_ = true;
        return std::nullopt;
      }
      std::string_view text;
      if (auto fault = string_of("a user property", inner, text)) return fault;
      if (broken_) return std::nullopt;
      properties_.user.emplace_back(key, text);
      properties_.order.push_back(property_id::user);
    }
    return std::nullopt;
  }

  // What only the whole object shows.
  std::optional<Fault> complete(Message& message) {
    const auto has = [this](Member member) {
      return (seen_ & (1U << static_cast<unsigned>(member))) != 0;
    };
    if (!has(topic) && message.topic.empty()) return Fault{"there is no topic"};
    if (has(encoded) && has_payload_)
      return Fault{"there is a payload and a payload_base64", payload_column_};
    if (has(encoded)) message.payload = bytes_;  // also if a payload of null stood behind it
    if (properties_.message_expiry && time_) {
      const auto passed =
          std::chrono::duration_cast<std::chrono::seconds>(clock_() - *time_).count();
      if (passed >= *properties_.message_expiry)
        return Fault{"its message-expiry-interval is over", 0, true};
      if (passed > 0) *properties_.message_expiry -= static_cast<std::uint32_t>(passed);
    }
    return std::nullopt;
  }

  const Clock clock_;
  od::parser parser_;
  std::string text_;  // the record, with room behind it for simdjson
  std::vector<std::uint8_t> arena_;
  std::size_t arena_used_ = 0;
  std::string payload_, bytes_, bytes_of_property_;
  MessageProperties properties_;
  std::optional<WallTime> time_;
  unsigned seen_ = 0;     // a bit for each Member
  bool broken_ = false;   // simdjson refuses the text
  std::size_t last_ = 1;  // the column of the last key
  std::size_t payload_column_ = 0;
  bool has_payload_ = false;  // one that is not null
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
