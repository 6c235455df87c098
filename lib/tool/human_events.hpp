// SPDX-License-Identifier: Apache-2.0
// Events in words for people. Everything is printable when it leaves here.
#pragma once

#include <string>

#include "session/notice.hpp"

namespace mqfail {

/// What follows the event's name. `debug`: keys that the sentence does not use follow as key=value.
std::string human_detail(const Notice& notice, bool debug);

}  // namespace mqfail
