// SPDX-License-Identifier: Apache-2.0
// Completions for three shells, made from the option table.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tool/option_table.hpp"

namespace mqfail {

std::string replace_all(std::string_view in, std::string_view from, std::string_view to);

/// "-q", "--qos": all that means the option.
std::vector<std::string> spellings(const OptionRow& row);

/// Writes the completion of a command for `shell`: bash, zsh or fish. False: there is none.
bool complete(std::string_view shell, Tool tool, std::ostream& out);

}  // namespace mqfail
