// SPDX-License-Identifier: Apache-2.0
// A message as the JSON object of %j and %J: the members of mosquitto_sub, in its order.
#pragma once

#include <chrono>
#include <string>

#include "tool/json_text.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Appends the object. `embedded` (%J): the payload is JSON itself and becomes a member; false, and
/// nothing is appended, if it is not JSON.
bool append_message_json(std::string& out, const Message& message,
                         std::chrono::system_clock::time_point wall, bool embedded,
                         JsonStyle style);

}  // namespace mqfail
