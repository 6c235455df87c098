// SPDX-License-Identifier: Apache-2.0
// The exit statuses (product.md section 7). The kind of an Error is its exit status. No command has
// another one.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace mqfail {

/// Exit statuses of mqfail-sub and mqfail-pub.
enum class ExitStatus {
  done = 0,            ///< also sub after a first SIGINT or SIGTERM, pub if all is settled
  timed_out = 27,      ///< -W ran out
  usage = 64,          ///< the command line asks for something that cannot be
  data = 65,           ///< invalid document
  no_input = 66,       ///< a named file cannot be read
  unavailable = 69,    ///< gave up
  internal = 70,       ///< a defect of mqfail
  cannot_create = 73,  ///< an output file cannot be made
  io = 74,             ///< output could not be written
  temporary = 75,      ///< pub: messages are unsettled; a lock stays taken
  denied = 77,         ///< every server refused the credentials
  configuration = 78,  ///< configuration unusable, key file too open
};

constexpr int number(ExitStatus status) {
  return static_cast<int>(status);
}
constexpr ExitStatus exit_status(ErrorKind kind) {
  return static_cast<ExitStatus>(kind);
}

/// The lines for `error` as they go to stderr, with their ends: `mqfail-sub: message; hint`. A
/// message of several lines (a document's errors) stands as it is, so that editors find
/// FILE:LINE:COL. Every line is made printable.
std::string error_lines(std::string_view tool, const Error& error);

/// Writes error_lines() to stderr and returns the status to exit with.
ExitStatus report(std::string_view tool, const Error& error);

}  // namespace mqfail
