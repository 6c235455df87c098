// SPDX-License-Identifier: Apache-2.0
// Writes command-line words as text for a shell, and splits such text into the words again. Rule:
// nothing is expanded; text that a shell would expand is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace mqfail {

/// `word` for sh, bash, zsh and fish: in single quotes, unless no character of it is special there.
std::string shell_quoted(std::string_view word);

/// The words of `text` by the rules of POSIX (2.2 Quoting). Errors (data): an open quote; $, ` and
/// other characters that a shell would act on, outside quotes.
Result<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace mqfail
