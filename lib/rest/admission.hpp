// SPDX-License-Identifier: Apache-2.0
// Which requests are let in. Rule: a web page that is open on this machine must not reach the
// endpoint, neither by its own name that suddenly resolves to 127.0.0.1 (DNS rebinding; the Host
// field shows it) nor across origins (the Origin field shows it). Where a token is needed, a
// request without it is refused before anything else is done.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "rest/answer.hpp"
#include "rest/request.hpp"

namespace mqfail {

/// A bearer token (RFC 6750) as it is presented.
class Token {
 public:
  /// At least 16 characters of those that RFC 6750 allows. Errors (configuration) name `where`.
  static Result<Token> parse(Secret text, const std::string& where);
  /// Whether the Authorization field presents it. Takes the same time for every text.
  bool presented_by(std::string_view authorization) const;

 private:
  explicit Token(Secret text) : text_(std::move(text)) {}
  Secret text_;
};

/// The refusal, or nothing: 400 and 403 for Host and Origin, 401 for the token. On a listener that
/// other machines reach, names are not checked: there a token is always needed, and a foreign page
/// does not know it.
std::optional<Answer> refuse_stranger(const RequestHead& head, const std::optional<Token>& token);

}  // namespace mqfail
