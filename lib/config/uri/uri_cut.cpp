// SPDX-License-Identifier: Apache-2.0
#include "config/uri/uri_cut.hpp"

#include <algorithm>
#include <string>

#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

// What is written like a list, but is none, and what was meant.
std::optional<Error> refuse_list(std::string_view text) {
  const std::size_t letters = std::min(
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), text.size());
  const std::string word = lower_case(text.substr(0, letters));
  const std::string_view behind = text.substr(letters);
  if (word == "failover" && (behind.starts_with('(') || behind.starts_with("//"))) {
    return Error{ErrorKind::usage, "the ':' behind failover is missing",
                 "write failover:(URI,URI)"};
  }
  if (word == "failover" && (behind.starts_with(":(") || behind.starts_with("://"))) {
    return Error{ErrorKind::usage, "a failover: URI names a whole list", "give it with -s"};
  }
  if (word == "discovery" && (behind.starts_with(":(") || behind.starts_with("://"))) {
    return Error{ErrorKind::usage, "a discovery: URI names servers that are still to be found",
                 "give it with -s, alone or within failover:(…)"};
  }
  if (letters > 0 && (behind.starts_with(":(") || behind.starts_with(":/(") ||
                      behind.starts_with("://(") || behind.starts_with("("))) {
    return Error{ErrorKind::usage, "'" + word + "' is no kind of list here",
                 "write failover:(URI,URI)"};
  }
  if (word == "static" && behind.starts_with(':') && behind.find("://") > 0 &&
      behind.find("://") != std::string_view::npos) {
    return Error{ErrorKind::usage, "'static' is no kind of list here", "write failover:(URI,URI)"};
  }
  // Only behind the last "@": a user or password may hold anything.
  const std::size_t scheme = text.find("://");
  std::string_view authority = text.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const std::size_t between = authority.find_first_of(" \t\r\n;,|");
  if (between == std::string_view::npos) return std::nullopt;
  const char mark = authority[between];
  const std::string what = mark == '\n' || mark == '\r'  ? "a line end"
                           : mark == ' ' || mark == '\t' ? "a space"
                                                         : "'" + std::string(1, mark) + "'";
  return Error{ErrorKind::usage, what + " stands between servers",
               "give each its own -s, or write failover:(URI,URI)"};
}

}  // namespace

Result<UriCut> cut_uri(std::string_view text) {
  if (auto list = refuse_list(text)) return *list;
  UriCut parts;
  const std::size_t colon = text.find("://");
  // "host?cafile=x://y" has no scheme: the name before "://" must be a bare word.
  if (colon != std::string_view::npos && text.find_first_of("/?#@[") > colon) {
    parts.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 3);
  }
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  parts.rest = text.substr(end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    parts.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket =
      authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  if (authority.starts_with('[') && bracket == std::string_view::npos) {
    return Error{ErrorKind::usage, "a '[' has no ']'", "write an IPv6 address in brackets: [::1]"};
  }
  std::size_t port = std::string_view::npos;
  if (bracket != std::string_view::npos) {
    if (bracket + 1 < authority.size()) {
      if (authority[bracket + 1] != ':')
        return Error{ErrorKind::usage, "something other than ':port' follows the ']'", ""};
      port = bracket + 1;
    }
  } else {
    port = authority.find(':');
    if (port != std::string_view::npos && port != authority.rfind(':')) {
      return Error{ErrorKind::usage, "there is more than one ':' in host and port",
                   "write an IPv6 address in brackets: [::1]"};
    }
  }
  parts.host = authority.substr(0, port);
  if (port != std::string_view::npos) parts.port = authority.substr(port + 1);
  return parts;
}

Result<Done> refuse_cut_password(const UriCut& parts) {
  if (parts.user_info || !parts.port) return Done{};
  const bool digits = parts.port->empty() || all_digits(*parts.port);
  const std::string_view path = parts.rest.substr(0, parts.rest.find('?'));
  if (parts.rest.find('@') == std::string_view::npos ||
      (digits && path.find('@') == std::string_view::npos))
    return Done{};
  return Error{ErrorKind::usage, "user or password hold a '/', '?' or '#'",
               "write them as %2F, %3F and %23"};
}

}  // namespace mqfail
