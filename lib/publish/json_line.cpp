// SPDX-License-Identifier: Apache-2.0
#include "publish/json_line.hpp"

#include "base/utf8.hpp"
#include "config/document/json_reader.hpp"

namespace mqfail {

void JsonLine::begin(std::string_view record) {
  text_.reserve(record.size() + simdjson::SIMDJSON_PADDING);
  text_.assign(record);
  // What is unescaped is never longer, and a string may write so far behind its end.
  if (arena_.size() < record.size() + simdjson::SIMDJSON_PADDING)
    arena_.resize(record.size() + simdjson::SIMDJSON_PADDING);
  arena_used_ = 0;
  column_ = 1;
}

bool JsonLine::string(std::string_view name, Value& value, std::string_view& out) {
  const std::string_view token = value.raw_json_token();
  if (!token.starts_with('"')) return fail(token, std::string(name) + " is not a string");
  simdjson::ondemand::raw_json_string raw;
  return (!value.get_raw_json_string().get(raw) && unescape(raw, out)) || not_json();
}

// simdjson does not say where. The reader of documents does; what it would forgive stands behind
// the last key that was read.
bool JsonLine::not_json() {
  const JsonReading reading = read_json(text_);
  if (reading.problems.empty()) return fail("is not JSON");
  const Problem& first = reading.problems.front();
  return fail(first.offset + 1, "is not JSON: " + first.message);
}

bool JsonLine::unescape(simdjson::ondemand::raw_json_string raw, std::string_view& out) {
  const char* const begin = raw.raw();
  const std::string_view rest(begin, static_cast<std::size_t>(text_.data() + text_.size() - begin));
  out = rest.substr(0, rest.find('"'));
  if (out.find('\\') == std::string_view::npos) return true;
  std::uint8_t* place = arena_.data() + arena_used_;
  // simdjson 3.0.1 lets a lone low surrogate through, as bytes that are not UTF-8.
  if (parser_.unescape(raw, place).get(out) || !is_utf8(out)) return false;
  arena_used_ = static_cast<std::size_t>(place - arena_.data());
  return true;
}

}  // namespace mqfail
