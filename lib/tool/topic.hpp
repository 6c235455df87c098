// SPDX-License-Identifier: Apache-2.0
// What MQTT allows as a topic name and as a topic filter (MQTT 5, section 4.7). Checked before
// anything is connected: a server would only close the connection.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace mqfail {

/// Nothing wrong, or a usage error that starts with `flag` and says what is.
Result<Done> check_topic_name(std::string_view flag, std::string_view topic);
Result<Done> check_topic_filter(std::string_view flag, std::string_view filter);

}  // namespace mqfail
