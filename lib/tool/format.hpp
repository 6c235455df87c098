// SPDX-License-Identifier: Apache-2.0
// How a message becomes bytes on stdout: byte for byte as mosquitto_sub 2.0 prints it for the same
// option, with the sequences of 2.1, but for the differences that mqfail-sub(1) lists. A format is
// compiled once and only appends after that.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Where and when a message came in.
struct Origin {
  std::string_view server_id;
  std::uint64_t epoch = 1;
  std::chrono::system_clock::time_point wall;
};

struct FormatOptions {
  bool end_of_line = true;  ///< false: -N
  bool pretty = false;      ///< --pretty
  bool escape_for_terminal =
      false;  ///< stdout is a terminal: control characters of a message are escaped
};

class MessageFormat {
 public:
  /// The payload alone (an empty one prints nothing at all).
  static MessageFormat payload(FormatOptions options);
  /// -v: `topic payload`; an empty payload prints `topic (null)`.
  static MessageFormat verbose(FormatOptions options);
  /// -F. A sequence that does not exist is a usage error that names it.
  static Result<MessageFormat> compile(std::string_view spec, FormatOptions options);

  /// Appends what is to be printed for `message`. False: the payload was left out because it is not
  /// what %J, %f or %d needs; the caller says so by misfit(), naming the topic.
  bool append(const Message& message, const Origin& origin, std::string& out) const;
  /// What is printed behind the payload, if nothing else is printed and the payload stays as it is.
  /// Nothing: append() must make it.
  std::optional<std::string_view> end_of_plain_payload() const;
  /// What a payload that does not fit is: "not valid JSON".
  std::string misfit() const;

 private:
  // One step of the plan. `letter` is that of the % sequence; 0 is literal text, '@' a strftime
  // step.
  struct Step {
    char letter = 0;
    bool left = false;
    char pad = ' ';
    int width = 0;
    int precision = -1;
    char separator = ' ';  // between groups of hexadecimal digits
    std::string text;
  };
  enum class Style { payload, verbose, plan };

  explicit MessageFormat(Style style, FormatOptions options) : style_(style), options_(options) {}
  bool append_step(const Step& step, const Message& message, const Origin& origin,
                   std::string& out) const;

  Style style_;
  FormatOptions options_;
  std::vector<Step> steps_;
};

}  // namespace mqfail
