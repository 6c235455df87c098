// SPDX-License-Identifier: Apache-2.0
// From written options to values: a taker for each key, and the numbers, seconds and words that
// takers read. The takers of several commands are in common_options.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "tool/command_line.hpp"

namespace mqfail {

using Taker = std::function<Result<Done>(const Given&)>;
/// By OptionRow::key().
using Takers = std::map<std::string, Taker, std::less<>>;

/// Hands each option to its taker, in order. An option that is known but not built is a usage
/// error.
Result<Done> take_all(const Takers& takers, std::span<const Given> given);

/// "FLAG takes WANTED, not 'VALUE'".
Error bad_value(const Given& given, const std::string& wanted);

Result<std::int64_t> whole_number(const Given& given, std::int64_t least, std::int64_t most);
/// Seconds as mosquitto writes them, fractions allowed; `zero_too`: 0 is allowed.
Result<Duration> seconds(const Given& given, bool zero_too);
/// A duration with a unit (product.md, Units and flags).
Result<Duration> duration(const Given& given);

Taker set(bool& target, bool value = true);
Taker set(std::string& target);
/// Text of 1 to `most` bytes; `wanted` says so.
Taker set_text(std::string& target, const char* wanted, std::size_t most = SIZE_MAX);
/// For any integer type; optional targets too.
template <class Target>
Taker set_number(Target& target, std::int64_t least, std::int64_t most) {
  return [&target, least, most](const Given& given) -> Result<Done> {
    const auto number = whole_number(given, least, most);
    if (!number) return number.error();
    if constexpr (requires { typename Target::value_type; }) {
      target = static_cast<typename Target::value_type>(*number);
    } else {
      target = static_cast<Target>(*number);
    }
    return Done{};
  };
}
/// A duration with a unit; optional targets too.
template <class Target>
Taker set_duration(Target& target) {
  return [&target](const Given& given) -> Result<Done> {
    const auto parsed = duration(given);
    if (!parsed) return parsed.error();
    target = *parsed;
    return Done{};
  };
}

}  // namespace mqfail
