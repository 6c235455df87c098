// SPDX-License-Identifier: Apache-2.0
#include "tool/takers.hpp"

#include <charconv>
#include <cmath>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {

Result<Done> take_all(const Takers& takers, std::span<const Given> given) {
  for (const Given& one : given) {
    const OptionRow& row = *one.row;
    if (row.support == Support::not_supported) {
      return Error{ErrorKind::usage, one.flag() + " is not supported", std::string(row.help)};
    }
    const auto taker = takers.find(row.key());
    if (row.support == Support::not_yet || taker == takers.end()) {
      return Error{ErrorKind::usage, one.flag() + " is not yet supported", "leave it out"};
    }
    if (auto taken = taker->second(one); !taken) return taken;
  }
  return Done{};
}

Error bad_value(const Given& given, const std::string& wanted) {
  const std::string key = given.row->key();
  const std::string& value = given.value();
  // A password is easily given to -p instead of -P, and to --pw-fd.
  const bool may_be_secret = (key == "port" || key == "pw-fd" || key == "key-fd") &&
                             value.find_first_not_of("-+.0123456789") != std::string::npos;
  return Error{ErrorKind::usage,
               given.flag() + " takes " + wanted +
                   (may_be_secret ? "" : ", not '" + shown_typed(value) + "'"),
               may_be_secret && key == "port" ? "-P takes a password" : ""};
}

Result<std::int64_t> whole_number(const Given& given, std::int64_t least, std::int64_t most) {
  const auto number = parse_number<std::int64_t>(given.value());
  if (number && *number >= least && *number <= most) return *number;
  if (most - least == 2) {
    return bad_value(given, std::to_string(least) + ", " + std::to_string(least + 1) + " or " +
                                std::to_string(most));
  }
  return bad_value(given, most == INT64_MAX ? "a number from " + std::to_string(least)
                                            : "a number from " + std::to_string(least) + " to " +
                                                  std::to_string(most));
}

Result<Duration> seconds(const Given& given, bool zero_too) {
  constexpr double kMost = 1e9;
  const std::string& text = given.value();
  double number = 0;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool read =
      failure == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  const Duration result(read && std::abs(number) <= kMost ? std::llround(number * 1e6) : -1);
  if (result < Duration(zero_too ? 0 : 1)) {
    return bad_value(given, zero_too ? "seconds, as 0, 5 or 0.5" : "seconds, as 5 or 0.5");
  }
  return result;
}

Result<Duration> duration(const Given& given) {
  auto parsed = parse_duration(given.value());
  if (parsed) return parsed;
  Error error = parsed.error();
  error.message = given.flag() + ": " + error.message;
  return error;
}

Taker set(bool& target, bool value) {
  return [&target, value](const Given&) -> Result<Done> {
    target = value;
    return Done{};
  };
}

Taker set(std::string& target) {
  return [&target](const Given& given) -> Result<Done> {
    target = given.value();
    return Done{};
  };
}

Taker set_text(std::string& target, const char* wanted, std::size_t most) {
  return [&target, wanted, most](const Given& given) -> Result<Done> {
    if (given.value().empty() || given.value().size() > most) return bad_value(given, wanted);
    target = given.value();
    return Done{};
  };
}

}  // namespace mqfail
