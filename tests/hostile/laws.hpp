// SPDX-License-Identifier: Apache-2.0
// What holds in every conversation, whatever the server says.
#pragma once

#include <string>
#include <vector>

#include "hostile/conversation.hpp"

namespace hostile {

/// The laws that are broken, in words; empty if all hold. A crash, a hang or a finding of a
/// sanitizer is an exit status that no command has.
std::vector<std::string> broken_laws(const Plan& plan, const Outcome& outcome);

}  // namespace hostile
