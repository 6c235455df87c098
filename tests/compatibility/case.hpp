// SPDX-License-Identifier: Apache-2.0
// A command line that both programs get, and what came of it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace rig {

struct Case {
  std::string tool;  ///< "sub" or "pub"
  std::vector<std::string> arguments;
  std::string input{};  ///< of standard input

  bool has(const std::string& word) const {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  }
  bool mentions(const std::string& part) const {
    return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& word) {
      return word.find(part) != std::string::npos;
    });
  }
  bool is_mqtt5() const { return has("5") || has("mqttv5"); }
};

struct Outcome {
  std::string out;
  int status = -1;
  std::vector<std::string> wire;  ///< the packets of the client, see tap.hpp
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

using Cases = std::vector<Case>;

/// The corpus, by groups. `folder` has the files text, empty, binary and huge.
Cases format_cases();
Cases sub_cases();
Cases pub_cases(const std::string& folder);
Cases doubtful_cases();
Cases error_cases();

}  // namespace rig
