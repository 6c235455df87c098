// SPDX-License-Identifier: Apache-2.0
// Parts of a page or a text that render() alone puts together.
#pragma once

#include <string>
#include <vector>

#include "probe/outcome.hpp"

namespace mqfail {

/// The keys of a server in JSON, each with its value.
std::string json_members(const ServerReport& report);

/// The ids of the servers, each different from all others, after `clean` has made each fit for a
/// format.
std::vector<std::string> labels(const ServerReports& reports, std::string (*clean)(const Server&));

std::string nagios_unknown(const std::string& why);
std::string json_unknown(const std::string& why);
std::string prometheus_unknown(std::chrono::system_clock::time_point at);
std::string html_unknown(const std::string& why, std::chrono::system_clock::time_point at);

/// "2026-11-29 22:54:57 UTC".
std::string moment(std::chrono::system_clock::time_point at);

}  // namespace mqfail
