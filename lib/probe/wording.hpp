// SPDX-License-Identifier: Apache-2.0
// The words of a probe, which all formats share: what is wrong with a server, the verdict in one
// line, numbers with their units. Rule: the result is one line of printable UTF-8.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "probe/outcome.hpp"

namespace mqfail {

/// "2.500": milliseconds.
std::string in_ms(Duration duration);
/// "0.0025": seconds, to the microsecond, without zeros at the end.
std::string in_seconds(Duration duration);

/// The reason with its phase: "connection refused (tcp)", "timed out (connack)".
std::string why(const ServerReport& report);
/// What is wrong with a server that is down, as the end of a sentence: "refuses the credentials:
/// not authorized (0x87)".
std::string complaint(const ServerReport& report);
/// "1/3 up, the preferred a refuses the credentials: ...; b does not answer (tcp)": without the
/// word of the verdict.
std::string summary(const Outcome& outcome);
/// The same without the remarks of the judgement.
std::string summary_of_servers(const Outcome& outcome);

/// "online", "offline", "none" or "unreadable".
std::string_view word(StateMessage::Says says);

/// What the server says of itself and its limits, by name; only what it says. The values are not
/// escaped.
std::vector<std::pair<std::string, std::string>> features_in_words(const ServerReport& report);

}  // namespace mqfail
