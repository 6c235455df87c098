// SPDX-License-Identifier: Apache-2.0
// JSON as mosquitto_sub prints it (which is as cJSON prints it): for %j and %J. The output is
// always valid JSON, whatever a message holds.
#pragma once

#include <string>
#include <string_view>

namespace mqfail {

struct JsonStyle {
  bool pretty = false;    ///< members on lines of their own, indented with tabs
  bool terminal = false;  ///< C1 and bidirectional controls are escaped as well
};

/// `text` with quotes. Invalid UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text, JsonStyle style);

/// Parses `json` and prints it again: white space goes, numbers are printed as doubles. `depth` is
/// how many objects and arrays it stands in. False, and `out` is untouched, if it is not JSON.
bool append_json_value(std::string& out, std::string_view json, JsonStyle style, int depth);

/// Writes an object member by member.
class JsonObject {
 public:
  /// `depth` is that of the object itself: 0 for the outermost.
  JsonObject(std::string& out, JsonStyle style, int depth = 0);
  /// The key of the next member; the caller appends its value.
  void key(std::string_view name);
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, long long value);
  void close();

 private:
  std::string& out_;
  JsonStyle style_;
  int depth_;
  bool empty_ = true;
};

}  // namespace mqfail
