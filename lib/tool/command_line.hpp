// SPDX-License-Identifier: Apache-2.0
// From words to options: which option, with which values, in the order they were written. What they
// mean is decided by the setter of each row.
#pragma once

#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tool/option_table.hpp"

namespace mqfail {

/// One option as it was written.
struct Given {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;  ///< as many as the row takes; -D has 3 or 4; -P may have none
  std::string place;  ///< "FILE:LINE: " of an options file, empty for the command line

  /// Overwrites the values: one may be a password.
  ~Given() {
    for (std::string& value : values) explicit_bzero(value.data(), value.size());
  }
  const std::string& value() const { return values.front(); }
  /// The name of the option in errors, with the place where it stands.
  std::string flag() const { return place + row->flag(); }
};

/// Called for each option as soon as it is read.
using OnGiven = std::function<void(const Given&)>;

/// Splits `words` (without the program's name) into options of `rows`: -x, -xyz, -xVALUE, -x VALUE,
/// --name, --name=VALUE, --name VALUE. What follows an option that takes a value is its value,
/// whatever it looks like. `--` ends the options. Errors are usage errors that begin with `place`.
/// A word that belongs to no option goes to `operands`, as does an option that no row has; without
/// `operands` both are errors.
Result<std::vector<Given>> read_command_line(std::span<const OptionRow> rows,
                                             std::span<const std::string> words,
                                             const std::string& place, const OnGiven& on_given,
                                             std::vector<std::string>* operands = nullptr);

/// Reads an options file as mosquitto's: one `-option value` a line, `#` only in column 1, the rest
/// of the line is the value as it stands. A file that does not exist is an error only if
/// `must_exist`.
Result<std::vector<Given>> read_options_file(std::span<const OptionRow> rows,
                                             const std::string& path, bool must_exist);

}  // namespace mqfail
