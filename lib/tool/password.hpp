// SPDX-License-Identifier: Apache-2.0
// Removes passwords from the process list, and reads them from files and descriptors that other
// users cannot see.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace mqfail {

/// Overwrites `text` with asterisks wherever a word of argv ends with it.
void hide_in_argv(int argc, char** argv, std::string_view text);
/// Overwrites the passwords in the user:password@ parts of `uri` (also of a failover: URI) where a
/// word of argv ends with it.
void hide_uri_in_argv(int argc, char** argv, std::string_view uri);

/// The first line, without its end. Errors (no_input) name `flag`.
Result<Secret> password_from_file(const std::string& flag, const std::string& path);
/// Asks on the controlling terminal, without showing what is typed. Errors (usage) name `flag`:
/// there is no terminal, or the user gave up (^C, ^D).
Result<Secret> password_from_terminal(const std::string& flag);
Result<Secret> password_from_fd(const std::string& flag, int fd);

}  // namespace mqfail
