// SPDX-License-Identifier: Apache-2.0
// What mqfail-probe and its watch have in common: the settings of a round, and where its result
// goes.
#pragma once

#include "config/naming/naming.hpp"
#include "probe/outcome.hpp"
#include "probe/round.hpp"
#include "tool/options.hpp"

namespace mqfail {

ProbeSettings probe_settings(const ProbeOptions& options, const NamedRoster& roster);

/// Whether standard output is to have colours: --color, NO_COLOR, TERM, a terminal.
bool wants_colour(const ProbeOptions& options);
/// Whether standard output is a terminal that can move its cursor.
bool is_screen();

/// Judges a round that has ended now.
Outcome outcome_now(const ProbeOptions& options, ServerReports reports, CrossMatrix cross);

/// Puts the document into the file of -o. What is no regular file is written to as it is. Errors:
/// it cannot be written.
Result<Done> write_document(const std::string& path, const std::string& document);

}  // namespace mqfail
