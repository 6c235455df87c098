// SPDX-License-Identifier: Apache-2.0
#include "rig/events.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace rig {

std::string Said::get(const std::string& key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? std::string() : found->second;
}

long Said::number(const std::string& key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? -1 : std::strtol(found->second.c_str(), nullptr, 10);
}

std::optional<Said> parse_event(const std::string& line) {
  // White space around the object and raw control characters or escape sequences in it are not
  // allowed either.
  if (line.empty() || line.front() != '{' || line.back() != '}') return {};
  if (std::any_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return {};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(line)).get(object) != simdjson::SUCCESS) return {};
  Said said;
  for (const auto& [key, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      said.keys[std::string(key)] = std::string(text);
    } else {
      std::ostringstream raw;
      raw << simdjson::minify(value);
      said.keys[std::string(key)] = raw.str();
    }
  }
  if (said.name().empty()) return {};
  return said;
}

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(simdjson::padded_string(text)).error() == simdjson::SUCCESS;
}

std::optional<Said> Events::wait(const std::string& name, milliseconds patience) {
  return wait(
      name, [](const Said&) { return true; }, patience);
}

std::optional<Said> Events::wait(const std::string& name,
                                 const std::function<bool(const Said&)>& pleases,
                                 milliseconds patience) {
  std::optional<Said> found;
  std::size_t index = 0;
  std::size_t& seen = seen_[name];
  const auto line = process_.wait_for_line(
      Stream::err,
      [&](const std::string& text) {
        ++index;
        const auto said = parse_event(text);
        if (!said || said->name() != name || !pleases(*said)) return false;
        found = said;
        return true;
      },
      patience, seen);
  if (!line || !found) return {};
  seen += index;
  found->at = line->at;
  return found;
}

std::vector<Said> Events::all() {
  std::vector<Said> result;
  for (const Line& line : process_.lines(Stream::err)) {
    if (auto said = parse_event(line.text)) {
      said->at = line.at;
      result.push_back(std::move(*said));
    }
  }
  return result;
}

std::size_t Events::count(const std::string& name) {
  const auto events = all();
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [&](const Said& said) { return said.name() == name; }));
}

std::optional<Said> Events::last(const std::string& name) {
  std::optional<Said> result;
  for (Said& said : all())
    if (said.name() == name) result = std::move(said);
  return result;
}

std::vector<std::string> Events::bad_lines() {
  std::vector<std::string> result;
  for (const Line& line : process_.lines(Stream::err))
    if (!parse_event(line.text)) result.push_back(line.text);
  return result;
}

}  // namespace rig
