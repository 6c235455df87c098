// SPDX-License-Identifier: Apache-2.0
// Who may ask at all. Rule: a web page that somebody looks at on this machine must not reach the
// endpoint, neither by its own name that suddenly resolves to 127.0.0.1 (DNS rebinding: the Host
// field tells) nor across origins (the Origin field tells); and where a token is wanted nobody gets
// further without it.
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
  /// Whether the Authorization field presents it; takes as long whatever stands there.
  bool presented_by(std::string_view authorization) const;

 private:
  explicit Token(Secret text) : text_(std::move(text)) {}
  Secret text_;
};

/// The refusal, or nothing: 400 and 403 for Host and Origin, 401 for the token. On a listener that
/// others than this machine reach, names are not checked: there, the token is always wanted, and no
/// page of a stranger knows it.
std::optional<Answer> refuse_stranger(const RequestHead& head, const std::optional<Token>& token);

}  // namespace mqfail
