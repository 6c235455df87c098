// SPDX-License-Identifier: Apache-2.0
// The member `properties` of a JSON record: names as mqfail-sub and mosquitto_sub print them. What
// belongs to one connection does not travel.
#pragma once

#include "publish/json_line.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// False: `line` has the fault.
bool read_properties(JsonLine& line, JsonLine::Value& value, MessageProperties& properties);

}  // namespace mqfail
