// SPDX-License-Identifier: Apache-2.0
// What mqfail-probe prints. Rule: server-supplied text is escaped, and no URI shows a password.
#pragma once

#include <string>

#include "probe/verdict.hpp"

namespace mqfail {

/// Lines for people: one a server, then the verdict.
std::string render_text(const ServerReports& reports, ProbeVerdict verdict);
/// One JSON object on one line; keys are only ever added.
std::string render_json(const ServerReports& reports, ProbeVerdict verdict);
/// One line for a server that has come up or gone down at `time`, which is our text: for people as
/// in render_text(), or a JSON object.
std::string render_change(const ServerReport& report, const std::string& time, bool json);
/// The verdict when nothing was tried; `why` may be anybody's text.
std::string render_unknown(const std::string& why, bool json);

}  // namespace mqfail
