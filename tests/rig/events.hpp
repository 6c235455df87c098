// SPDX-License-Identifier: Apache-2.0
// Reads the output of `--events json`. It is strict on purpose: a line that is not one JSON object
// is a fault.
#pragma once

#include "rig/process.hpp"

namespace rig {

/// One event. Strings are plain text; any other value is its JSON text.
struct Said {
  std::map<std::string, std::string> keys;
  Moment at;

  std::string name() const { return get("event"); }
  std::string get(const std::string& key) const;
  long number(const std::string& key) const;  ///< -1 if absent
};

/// The object of one line, or nothing if the line is not exactly one JSON object.
std::optional<Said> parse_event(const std::string& line);

/// Whether a text is exactly one JSON value.
bool is_json(const std::string& text);

/// Reads the events of a running program.
class Events {
 public:
  explicit Events(Process& process) : process_(process) {}

  /// The next event of that name after the last one that this function returned; nothing after
  /// `patience`.
  std::optional<Said> wait(const std::string& name, milliseconds patience = 10s);
  std::optional<Said> wait(const std::string& name, const std::function<bool(const Said&)>& pleases,
                           milliseconds patience = 10s);
  /// All events so far.
  std::vector<Said> all();
  std::size_t count(const std::string& name);
  std::optional<Said> last(const std::string& name);
  /// Lines that are not one JSON object.
  std::vector<std::string> bad_lines();

 private:
  Process& process_;
  std::map<std::string, std::size_t> seen_;
};

}  // namespace rig
