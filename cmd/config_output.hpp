// SPDX-License-Identifier: Apache-2.0
// What the verbs of mqfail-config have in common: the document that comes in, and what goes to
// standard output, to standard error and to the exit status.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/document/document.hpp"
#include "config/store/stored_list.hpp"
#include "tool/config_options.hpp"

namespace mqfail {

/// One line, or several, on standard error.
void tell(std::string_view text);

/// Tells the error. Its exit status.
int fail(const Error& error);

/// Data on standard output. The exit status.
int print(std::string_view text);

/// The document of -f or standard input. Errors: usage, if that is a terminal; those of
/// read_file().
Result<NamedText> read_input(const ConfigOptions& options);

/// The component that the user has named, for documents that hold several.
std::optional<std::string> wanted_component(const ConfigOptions& options);

/// Tells all errors and warnings of a document.
void show_reports(const DocumentReading& reading);

/// Tells that a document with errors was refused. The exit status.
int refuse(const std::string& name, const DocumentReading& reading);

/// The end of a verb that makes a change: its reports, and the exit status.
int finish(const std::string& name, const Result<Change>& change);

/// Asks on standard error and reads a line of standard input; an empty one is `otherwise`.
bool yes(std::string_view question, bool otherwise);

}  // namespace mqfail
