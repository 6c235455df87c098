// SPDX-License-Identifier: Apache-2.0
#include "rest/admission.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "rest/resource.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kShortestToken = 16;

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

// `localhost:5590`, or an address of this listener. The port may be left out only if it is 80.
bool is_own_name(std::string_view host, const ListenAddress& local) {
  const std::string port = ":" + std::to_string(local.port);
  if (host.ends_with(port)) {
    host.remove_suffix(port.size());
  } else if (local.port != 80) {
    return false;
  }
  const std::array<std::string, 4> names = {"localhost", "127.0.0.1", "[::1]",
                                            bracketed(local.host)};
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return same_word(host, name); });
}

}  // namespace

std::string ListenAddress::text() const {
  return bracketed(host) + ":" + std::to_string(port);
}

Result<Token> Token::parse(Secret text, const std::string& where) {
  const std::string& all = text.reveal();
  if (all.size() < kShortestToken)
    return Error{ErrorKind::configuration,
                 "the token in " + printable(where, 1024) + " is shorter than 16 characters",
                 "openssl rand -hex 32 makes one"};
  if (!std::all_of(all.begin(), all.end(), is_token_character))
    return Error{ErrorKind::configuration,
                 "the token in " + printable(where, 1024) +
                     " contains a character that no token may contain",
                 "letters, digits and -._~+/= are allowed"};
  return Token(std::move(text));
}

bool Token::presented_by(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  const bool bearer = authorization.size() > kScheme.size() &&
                      same_word(authorization.substr(0, kScheme.size()), kScheme);
  const std::string_view given =
      bearer ? trimmed(authorization.substr(kScheme.size())) : std::string_view();
  const std::string& token = text_.reveal();
  // volatile: no comparison may end early.
  volatile unsigned difference = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char other = i < given.size() ? given[i] : '\0';
    difference = difference | static_cast<unsigned char>(token[i] ^ other);
  }
  return difference == 0;
}

std::optional<Answer> refuse_stranger(const RequestHead& head, const std::optional<Token>& token) {
  const Target target = split_target(head.target);
  if (head.hosts != 1) {
    return error_answer(
        400, {ErrorKind::usage, "a request must have one Host field", "HTTP/1.1 clients send it"});
  }
  const std::string_view host = target.authority.value_or(head.host);
  if (head.local->loopback && !is_own_name(host, *head.local)) {
    return error_answer(
        403, {ErrorKind::denied, "the host " + printable(host, 100) + " is not this endpoint",
              "ask for localhost:" + std::to_string(head.local->port)});
  }
  if (head.has_origin) {
    return error_answer(403, {ErrorKind::denied, "web pages may not use this endpoint",
                              "leave the Origin field out"});
  }
  if (token && !token->presented_by(head.authorization)) {
    return error_answer(401, {ErrorKind::denied, "the token is missing or wrong",
                              "send Authorization: Bearer and the token of --token-file"});
  }
  return std::nullopt;
}

}  // namespace mqfail
