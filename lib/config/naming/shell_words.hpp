// SPDX-License-Identifier: Apache-2.0
// Command-line words as text that a shell takes apart into the same words, and such text taken
// apart. Rule: nothing is expanded; what a shell would expand is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace mqfail {

/// `word` for sh, bash, zsh and fish: as it is if no character of it means anything to them, else
/// in single quotes.
std::string shell_quoted(std::string_view word);

/// The words of `text` by the rules of POSIX (2.2 Quoting). Errors (data): an open quote; $, ` and
/// other characters that a shell would act on, outside quotes.
Result<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace mqfail
