// SPDX-License-Identifier: Apache-2.0
// One HTTP request and what comes back, without redirections. Boost.Beast parses the answer.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "discovery/http_stream.hpp"
#include "discovery/http_url.hpp"

namespace mqfail {

/// Bytes of the largest document that is taken, and of the largest head of an answer.
inline constexpr std::size_t kLargestHttpDocument = std::size_t{1} << 20U;
inline constexpr std::size_t kLargestHead = std::size_t{16} << 10U;

/// What tells one state of a document from another (RFC 9110, 8.8), as the server wrote it.
struct Validators {
  std::string etag;
  std::string last_modified;
};

/// What an answer says of itself, its text not yet judged.
struct RawAnswer {
  unsigned status = 0;
  std::string reason;    ///< of the server, untrusted
  std::string location;  ///< of a redirection, untrusted
  std::string body;      ///< of a 200, else empty
  Validators validators;
  /// How long it stays fresh: Cache-Control max-age less Age (RFC 9111, 4.2), if it says so.
  std::optional<Duration> fresh_for;
};

/// Asks for `url`; `known`, of what we have, makes it a conditional question (RFC 9110, 13.1).
/// Errors (unavailable): no HTTP, a head over 16 KiB, a document over 1 MiB, compressed or cut off,
/// and those of the stream.
Result<RawAnswer> ask(HttpStream& stream, const HttpUrl& url, const Validators& known);

}  // namespace mqfail
