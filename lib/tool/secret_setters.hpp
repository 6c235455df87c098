// SPDX-License-Identifier: Apache-2.0
// The setters of options that bring a secret, or the place where one is read. No error shows it.
#pragma once

#include "tool/command_line.hpp"
#include "tool/descriptors.hpp"
#include "tool/draft.hpp"

namespace mqfail {

/// -P; without a value the password is asked for on the terminal.
Result<Done> set_password(const Given& given, Draft& draft);
Result<Done> set_password_file(const Given& given, Draft& draft);
Result<Done> set_password_fd(const Given& given, Draft& draft);
/// The key that opens sealed passwords.
Result<Done> set_key_file(const Given& given, Draft& draft);
Result<Done> set_key_fd(const Given& given, Draft& draft);
Result<Done> set_psk(const Given& given, Draft& draft);

/// The number of a descriptor of at least `least` that the caller has opened for us.
Result<int> open_descriptor(const Given& given, int least, Direction direction);

}  // namespace mqfail
