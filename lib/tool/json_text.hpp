// SPDX-License-Identifier: Apache-2.0
// JSON as mosquitto_sub prints it (which is as cJSON prints it): for %j and %J. The output is
// always valid JSON, whatever a message holds. That is why libcjson is not used: it ends a text at
// a NUL, writes bytes that are not UTF-8 as they are, and takes "1 x" for JSON. It is also slower,
// because it builds a tree for each message: 255,000 messages of 35 bytes a second as %j on one
// core, and 870,000 here.
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
