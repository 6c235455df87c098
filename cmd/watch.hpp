// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --watch: a line on standard output for each change, until a signal ends it.
#pragma once

#include "config/naming/naming.hpp"
#include "tool/events.hpp"
#include "tool/options.hpp"

namespace mqfail {

/// Returns when SIGINT or SIGTERM has come. Errors: as watch() of lib/probe, and standard output.
Result<Done> watch_servers(const ProbeOptions& options, const NamedRoster& roster,
                           EventWriter& events);

}  // namespace mqfail
