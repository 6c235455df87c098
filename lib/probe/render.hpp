// SPDX-License-Identifier: Apache-2.0
// What mqfail-probe prints. Each format has a file of its own; their words are in wording.hpp.
// Rule: text of a server is escaped for the format, and no URI shows a password.
#pragma once

#include <string>

#include "probe/format.hpp"
#include "probe/outcome.hpp"

namespace mqfail {

/// Lines for people: one a server, then the matrix of --cross, then the verdict. `colour`: with the
/// colours of a terminal.
std::string render_text(const Outcome& outcome, bool colour);
/// The Monitoring Plugins: the verdict with performance data on the first line, then the servers.
std::string render_nagios(const Outcome& outcome);
/// One JSON object on one line; keys are only ever added.
std::string render_json(const Outcome& outcome);
/// Metrics for Prometheus, for its textfile collector.
std::string render_prometheus(const Outcome& outcome);
/// A page that needs nothing else.
std::string render_html(const Outcome& outcome);
std::string render(ProbeFormat format, const Outcome& outcome, bool colour);

/// The verdict when nothing was tried, in a format; `why` may be anybody's text.
std::string render_unknown(ProbeFormat format, const std::string& why,
                           std::chrono::system_clock::time_point at);

/// The last line of render_text(): "OK - 2/2 up, ...".
std::string verdict_line(const Outcome& outcome, bool colour);
/// One line for a server that has come up or gone down at `time`, which is our text: for people as
/// in render_text(), or a JSON object.
std::string render_change(const ServerReport& report, const std::string& time, bool json,
                          bool colour);

}  // namespace mqfail
