// SPDX-License-Identifier: Apache-2.0
#include "config/uri/shown_uri.hpp"

#include <algorithm>
#include <cctype>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

std::string shown_scheme(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
  // "failover:(mqtt" is one as well.
  const std::size_t bracket = text.rfind('(');
  if (bracket != std::string_view::npos)
    return printable(text.substr(0, bracket + 1), text.npos) +
           shown_scheme(text.substr(bracket + 1));
  const std::size_t colon = text.rfind(':');
  if (!plain && colon != std::string_view::npos && same_word(text.substr(0, colon), "failover"))
    return "failover:" + shown_scheme(text.substr(colon + 1));
  return plain ? std::string(text) : "***";
}

// Host and port; what is no port may be a password.
std::string shown_authority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const std::size_t from = bracket == std::string_view::npos ? 0 : bracket;
  const std::size_t colon = text.find(':', from);
  // An address may begin with a ':', a user and password do not.
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() ||
      all_digits(text.substr(colon + 1)))
    return printable(text, text.npos);
  if (is_ipv6(std::string(text.substr(0, text.find('%'))))) return printable(text, text.npos);
  return printable(text.substr(0, colon + 1), text.npos) + "***";
}

}  // namespace

std::string shown_uri(std::string_view text) {
  // Everything up to the last "@" is suspect: a password may itself hold "/", "?", "," or "@".
  const std::size_t at = text.rfind('@');
  const std::size_t scheme = text.find("://");
  std::string out;
  if (at != std::string_view::npos) {
    if (scheme < at) out = shown_scheme(text.substr(0, scheme)) + "://";
    out += "***@";
    text.remove_prefix(at + 1);
  }
  // So is what stands in the place of a port, for the "@" and the host may be forgotten, and the
  // value of any option.
  constexpr std::string_view kBetween = ",;|() \t\r\n";
  bool in_authority = true;
  while (!text.empty()) {
    if (in_authority && out.empty() && same_word(text.substr(0, 9), "failover:")) {
      out += "failover:";
      text.remove_prefix(9);
      continue;
    }
    const std::size_t stop =
        std::min(in_authority ? text.find_first_of(",;|() \t\r\n/?#")
                              : std::min(text.find_first_of(",;|() \t\r\n?#"), text.find("://")),
                 text.size());
    const std::string_view part = text.substr(0, stop);
    text.remove_prefix(stop);
    const bool names_scheme = in_authority && part.ends_with(':') && text.starts_with("//");
    if (names_scheme) {
      out += shown_scheme(part.substr(0, part.size() - 1)) + "://";
      text.remove_prefix(2);
      continue;
    }
    out += in_authority ? shown_authority(part) : printable(part, text.npos);
    if (text.empty()) break;
    if (text.front() == '?') return out + "?...";
    if (text.front() == '#' && scheme != std::string_view::npos) return out + "#...";
    in_authority = kBetween.find(text.front()) != std::string_view::npos || text.front() == ':';
    const std::size_t length = text.starts_with("://") ? 3 : 1;
    out += printable(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

std::string shown_typed(std::string_view text, std::size_t most) {
  const bool may_be_uri =
      text.find("://") != std::string_view::npos || text.find('@') != std::string_view::npos;
  return may_be_uri ? shown_uri(text) : printable(text, most);
}

}  // namespace mqfail
