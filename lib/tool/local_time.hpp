// SPDX-License-Identifier: Apache-2.0
// A moment as text, in the user's time zone or in UTC.
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace mqfail {

struct LocalTime {
  std::tm parts{};
  long nanoseconds = 0;

  explicit LocalTime(std::chrono::system_clock::time_point wall) {
    const auto since =
        std::chrono::duration_cast<std::chrono::nanoseconds>(wall.time_since_epoch());
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    const std::time_t time = whole.count();
    nanoseconds = (since - whole).count();
    localtime_r(&time, &parts);
  }
  std::string print(const char* format) const {
    std::array<char, 100> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
  }
};

/// `value` with zeros before it, at least `count` digits.
inline std::string digits(long value, int count) {
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%0*ld", count, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// RFC 3339 in UTC, with microseconds, ending with NUL. Allocates nothing.
inline std::array<char, 64> utc_text(std::chrono::system_clock::time_point wall) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(wall).time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  const std::time_t time = whole.count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%FT%T", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%06ldZ",
                static_cast<long>((since - whole).count()));
  return text;
}
inline std::string utc(std::chrono::system_clock::time_point wall) {
  return utc_text(wall).data();
}

}  // namespace mqfail
