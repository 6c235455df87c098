// SPDX-License-Identifier: Apache-2.0
// Bytes as text: hexadecimal digits, base64, percent-encoding.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace mqfail {

/// Two lower-case hexadecimal digits a byte.
std::string hexadecimal(std::span<const unsigned char> bytes);

/// True if `text` holds nothing but hexadecimal digits, in either case; also if it is empty.
bool all_hexadecimal(std::string_view text);

/// The bytes that `digits` stand for. Returns false unless there are exactly two digits for each
/// byte; `bytes` may be partly written then.
bool from_hexadecimal(std::string_view digits, std::span<unsigned char> bytes);

/// The 64 digits of base64, in order (RFC 4648, section 4).
inline constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// With padding.
std::string base64(std::string_view bytes);

/// The bytes of base64 digits, with or without padding, in place of `bytes`. False if `text` is
/// none.
bool from_base64(std::string_view text, std::string& bytes);

/// %XX decoded; "+" stays a plus. A bad escape, %00 and a NUL byte are errors (usage).
Result<std::string> percent_decoded(std::string_view text);

/// `text` with everything but letters, digits, "-", ".", "_", "~" and the bytes of `plain` as %XX.
std::string percent_encoded(std::string_view text, std::string_view plain = {});

/// True if `text` begins with a "%" and two hexadecimal digits.
bool begins_with_escape(std::string_view text);

}  // namespace mqfail
