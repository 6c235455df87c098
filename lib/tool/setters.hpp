// SPDX-License-Identifier: Apache-2.0
// The setters of the option table. Each checks a value and puts it into one setting, which it names
// by its member: number<&SubOptions::qos, 0, 2>. A setter that only one option needs is in the file
// of its row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

#include "base/error.hpp"
#include "base/time.hpp"
#include "tool/command_line.hpp"
#include "tool/draft.hpp"
#include "tool/topic.hpp"

namespace mqfail {

/// "FLAG takes WANTED, not 'VALUE'". Without `wanted`, the words of the row are listed.
Error bad_value(const Given& given, const std::string& wanted);
Error bad_value(const Given& given);

Result<std::int64_t> whole_number(const Given& given, std::int64_t least, std::int64_t most);
/// Seconds as mosquitto writes them, fractions allowed; `zero_too`: 0 is allowed.
Result<Duration> read_seconds(const Given& given, bool zero_too);
/// A duration with a unit (product.md, Units and flags).
Result<Duration> read_duration(const Given& given);
/// The index of the value in the words of the row.
Result<std::size_t> word_index(const Given& given);

/// A string literal as a template argument.
template <std::size_t size>
struct Literal {
  char text[size];
  consteval Literal(const char (&in)[size]) {
    std::copy_n(in, size, text);
  }  // NOLINT: is a literal
};

template <class Part, class Value>
Part part_of(Value Part::*);
/// The setting that a pointer to a member means.
template <auto member>
auto& setting(Draft& draft) {
  return draft.of(static_cast<decltype(part_of(member))*>(nullptr)).*member;
}

template <auto member, class Value>
Result<Done> store(Draft& draft, Result<Value> value) {
  if (!value) return value.error();
  auto& target = setting<member>(draft);
  if constexpr (requires { *target; }) {
    target = static_cast<std::remove_reference_t<decltype(*target)>>(*value);
  } else {
    target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
  }
  return Done{};
}

/// A switch.
template <auto member, bool value = true>
Result<Done> put(const Given& /*given*/, Draft& draft) {
  setting<member>(draft) = value;
  return Done{};
}

/// For an option that is accepted so that command lines of other tools work. Its help says that it
/// does nothing.
inline Result<Done> nothing(const Given& /*given*/, Draft& /*draft*/) {
  return Done{};
}

/// Any text. With `wanted`, which describes it in errors, a text of 1 to `most` bytes.
template <auto member, Literal wanted = "", std::size_t most = SIZE_MAX>
Result<Done> text(const Given& given, Draft& draft) {
  const bool any = wanted.text[0] == '\0';
  if (!any && (given.value().empty() || given.value().size() > most))
    return bad_value(given, wanted.text);
  setting<member>(draft) = given.value();
  return Done{};
}

template <auto member, std::int64_t least, std::int64_t most>
Result<Done> number(const Given& given, Draft& draft) {
  return store<member>(draft, whole_number(given, least, most));
}

template <auto member, bool zero_too>
Result<Done> seconds(const Given& given, Draft& draft) {
  return store<member>(draft, read_seconds(given, zero_too));
}

template <auto member>
Result<Done> duration(const Given& given, Draft& draft) {
  return store<member>(draft, read_duration(given));
}

/// An enum. Its values have the order of the row's words.
template <auto member>
Result<Done> choice(const Given& given, Draft& draft) {
  return store<member>(draft, word_index(given));
}

/// One more topic filter.
template <auto member>
Result<Done> filter(const Given& given, Draft& draft) {
  setting<member>(draft).push_back(given.value());
  return check_topic_filter(given.flag(), given.value());
}

/// An option that has no meaning before MQTT 5.
template <Setter set>
Result<Done> mqtt5(const Given& given, Draft& draft) {
  if (draft.needs_mqtt5.empty()) draft.needs_mqtt5 = given.flag();
  return set(given, draft);
}

/// Sets every option that was given, in order. Errors: a value that is refused, and options that
/// exclude each other.
Result<Done> set_all(std::span<const Given> given, Draft& draft);

}  // namespace mqfail
