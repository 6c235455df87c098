// SPDX-License-Identifier: Apache-2.0
// What the targets have in common: a broken law ends the process, so that libFuzzer keeps the
// input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/utf8.hpp"

/// One run of a target. A target is one parser, and one file that defines this.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mqfail::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};  // NOLINT: libFuzzer's idea of a byte
}

/// `name` says which law it is, `about` what breaks it.
inline void law(bool holds, const char* name, std::string_view about = {}) {
  if (holds) return;
  std::fprintf(stderr, "LAW BROKEN: %s: %.*s\n", name, static_cast<int>(about.size()),
               about.data());
  std::abort();
}

/// What reaches a terminal is UTF-8 without control characters. `lines`: a line end may be in it.
inline void law_shown(std::string_view text, bool lines = false) {
  law(is_utf8(text), "what is shown is UTF-8", text);
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text.substr(i));
    const bool control = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    law(!control || (lines && point.value == '\n'), "no control character is shown", text);
    i += point.length;
  }
}

/// An error has something to say, and may be shown.
inline void law_error(const Error& error, bool lines = false) {
  law(!error.message.empty(), "an error says what is wrong");
  law_shown(error.message, lines);
  law_shown(error.hint, lines);
}

/// A password that stands in what is read, and that no error may show.
inline constexpr std::string_view kPassword = "Qx7kZ9wPa55";
inline void law_hidden(std::string_view text) {
  law(text.find(kPassword) == std::string_view::npos, "no password is shown", text);
}

/// The bytes of an input one after the other: choices first, the rest is what is parsed.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(text_of(data, size)) {}
  /// 0 if there is none left.
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.erase(0, 1);
    return first;
  }
  /// Up to the next `end`, which is taken off as well.
  std::string until(char end) {
    const std::size_t at = rest_.find(end);
    std::string piece = rest_.substr(0, at);
    rest_.erase(0, at == std::string::npos ? at : at + 1);
    return piece;
  }
  const std::string& rest() const { return rest_; }

 private:
  std::string rest_;
};

}  // namespace mqfail::fuzz
