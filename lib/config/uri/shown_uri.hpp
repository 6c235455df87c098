// SPDX-License-Identifier: Apache-2.0
// What may be shown of a URI, well-formed or not. Rule: a user, a password and any text that could
// be a part of one never reach an error, a log or an event.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqfail {

/// `text`, one URI or a list of them, fit for an error: *** stands for user and password and for
/// any text that could be a part of one, ... for options; the rest is printable.
std::string shown_uri(std::string_view text);

/// What the user typed, fit for an error: shown_uri() if it may hold a URI, else its first
/// `most` bytes.
std::string shown_typed(std::string_view text, std::size_t most = 64);

}  // namespace mqfail
