// SPDX-License-Identifier: Apache-2.0
#include "config/uri/uri_list.hpp"

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kPrefix = "failover:";

struct Body {
  std::string_view list;
  std::string_view query;
};

// Where the "(" at 0 is closed; npos if it is not.
std::size_t closing(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

Result<Body> split_body(std::string_view body) {
  if (!body.starts_with('(')) {
    if (body.find('?') == std::string_view::npos) return Body{body, {}};
    return Error{ErrorKind::usage,
                 "options without parentheses would belong to the last server alone",
                 "write failover:(URI,URI)?option=value"};
  }
  const std::size_t close = closing(body);
  if (close == std::string_view::npos) {
    return Error{ErrorKind::usage, "parentheses do not match",
                 "write a parenthesis of a user or password as %28 or %29"};
  }
  std::string_view rest = body.substr(close + 1);
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (!rest.empty() && rest.front() != '?') {
    return Error{ErrorKind::usage, "something other than '?' follows the ')'",
                 "write failover:(URI,URI)?option=value"};
  }
  return Body{body.substr(1, close - 1), rest.empty() ? rest : rest.substr(1)};
}

// URIs with commas between, in a failover: URI or alone.
Result<UriList> parse_servers(std::string_view text, const QueryOptions& nested, bool is_failover) {
  UriList list;
  list.is_failover = is_failover;
  const auto pieces = split_servers(text);
  if (!pieces) return pieces.error();
  for (const std::string_view piece : *pieces) {
    if (is_failover && piece.empty())
      return Error{ErrorKind::usage, "there is no server beside a ','", ""};
    if (is_failover && (is_failover_uri(piece) || piece.starts_with('('))) {
      return Error{ErrorKind::usage, "a failover: list cannot hold another list",
                   "name all servers in one list"};
    }
    auto server = parse_server_uri(piece, nested, is_failover);
    if (!server) return server.error();
    list.servers.push_back(std::move(*server));
  }
  return list;
}

Result<UriList> parse_failover(std::string_view body_text) {
  const auto body = split_body(body_text);
  if (!body) return body.error();
  auto options = parse_query(body->query);
  if (!options) return options.error();
  QueryOptions nested;
  QueryOptions own;
  for (auto& [name, value] : *options) {
    if (name.starts_with("nested.")) {
      nested.emplace_back(name.substr(7), std::move(value));
    } else {
      own.emplace_back(std::move(name), std::move(value));
    }
  }
  if (trimmed(body->list).empty()) {
    return Error{ErrorKind::usage, "there is no server between the parentheses",
                 "write failover:(URI,URI)"};
  }
  auto list = parse_servers(body->list, nested, true);
  if (list) list->options = std::move(own);
  return list;
}

}  // namespace

bool is_failover_uri(std::string_view text) {
  return same_word(text.substr(0, kPrefix.size()), kPrefix);
}

Result<UriList> parse_uri_list(std::string_view text) {
  text = trimmed(text);
  if (!is_failover_uri(text)) return parse_servers(text, {}, false);
  std::string_view body = text.substr(kPrefix.size());
  if (body.starts_with("//")) body.remove_prefix(2);
  auto list = parse_failover(trimmed(body));
  if (!list && list.error().message.find(" in '") == std::string::npos) {
    return Error{list.error().kind, list.error().message + " in '" + shown_uri(text) + "'",
                 list.error().hint};
  }
  return list;
}

}  // namespace mqfail
