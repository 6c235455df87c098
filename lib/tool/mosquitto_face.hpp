// SPDX-License-Identifier: Apache-2.0
// The commands under mosquitto's names (product.md section 2): a link mosquitto_sub or
// mosquitto_pub makes them those tools. What is different then is decided here: defaults, the words
// of errors, and exit statuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "session/notice.hpp"
#include "tool/draft.hpp"

namespace mqfail {

/// "mosquitto_sub" or "mosquitto_pub" if `called_as` (argv[0]) ends in one of them; else empty.
std::string_view mosquitto_name(std::string_view called_as);

/// mosquitto's defaults, before the options are read: keepalive 60 seconds.
void begin_as_mosquitto(Draft& draft);
/// And after that: MQTT 3.1.1 unless an option names another version or needs MQTT 5, the last -h
/// and -p count, $MQFAIL_SERVERS names the servers, an empty client id, errors only on stderr.
void finish_as_mosquitto(Draft& draft);

/// An error of one line as mosquitto prints it, in its words if it has any for this (the table of
/// mosquitto_errors.cpp), with our hint.
std::string mosquitto_line(const Error& error);
/// The error that mosquitto prints for the end of a run; empty for other notices.
std::string mosquitto_line(const Notice& notice);
/// The code of the CONNACK that refused the last server; nothing if `notice` is not about that.
std::optional<int> refusal_of(const Notice& notice);
/// The exit status that mosquitto has where ours is `status`. `refusal`: the code of the CONNACK
/// that refused the connection, if one did.
int mosquitto_status(int status, std::optional<int> refusal);

}  // namespace mqfail
