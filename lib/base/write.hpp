// SPDX-License-Identifier: Apache-2.0
// All bytes to a descriptor that may be waited for, or the reason why not.
#pragma once

#include <string_view>

namespace mqfail {

/// 0 once everything is written, else errno; part of it may be written then.
int write_all(int fd, std::string_view bytes);

}  // namespace mqfail
