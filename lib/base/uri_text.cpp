// SPDX-License-Identifier: Apache-2.0
#include "base/uri_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace mqfail {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

constexpr char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Error bad_host(std::string_view text, std::string_view why, std::string hint = {}) {
  return {ErrorKind::usage, "'" + shown_uri(text) + "' " + std::string(why), std::move(hint)};
}

bool is_ipv6(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

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
  if (colon == std::string_view::npos || colon == 0 || all_digits(text.substr(colon + 1)))
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

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return Error{ErrorKind::usage, "a '%' is not followed by two hexadecimal digits",
                   "write a plain percent sign as %25"};
    }
    const char byte = static_cast<char>(*high * 16U + *low);
    if (byte == '\0') return Error{ErrorKind::usage, "%00 cannot be part of a URI", ""};
    out += byte;
    i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text, std::string_view plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved =
        byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~');
    if (unreserved || plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4U], kDigits[byte & 0x0FU]});
    }
  }
  return out;
}

std::string uri_host(std::string_view host) {
  if (host.find(':') == std::string_view::npos) return std::string(host);
  const std::size_t zone = host.find('%');
  std::string out = "[" + std::string(host.substr(0, zone));
  if (zone != std::string_view::npos) out.append("%25").append(host.substr(zone + 1));
  return out + "]";
}

std::optional<std::string_view> secret_name(std::string_view text) {
  if (text.size() < 5 || !text.starts_with("{{") || !text.ends_with("}}")) return std::nullopt;
  return text.substr(2, text.size() - 4);
}

std::optional<std::string> parse_thumbprint(std::string_view text) {
  // Windows' certificate dialogue copies spaces and a left-to-right mark along.
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "\u200E") == 0) {
      i += 2;
    } else if (text[i] != ' ' && text[i] != ':') {
      digits += text[i];
    }
  }
  const bool hex = std::all_of(digits.begin(), digits.end(),
                               [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!hex || (digits.size() != 40 && digits.size() != 64)) return std::nullopt;
  return lower_case(digits);
}

Result<std::vector<std::string_view>> split_at_commas(std::string_view text) {
  std::vector<std::string_view> pieces;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth < 0) break;
    if (text[i] == ',' && depth == 0) {
      pieces.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (depth != 0) {
    return Error{ErrorKind::usage, "parentheses do not match in '" + shown_uri(text) + "'",
                 "write a parenthesis of a user or password as %28 or %29"};
  }
  pieces.push_back(trimmed(text.substr(begin)));
  return pieces;
}

Result<std::vector<std::string_view>> split_servers(std::string_view text) {
  auto pieces = split_at_commas(text);
  if (!pieces) return pieces;
  bool has_scheme = false;         // of any server before
  bool may_have_password = false;  // of those since the last '@'
  for (const std::string_view piece : *pieces) {
    const std::size_t at = piece.substr(0, piece.find('?')).find('@');
    const bool names_scheme = piece.find("://") < at;
    if (at != std::string_view::npos && !names_scheme && (has_scheme || may_have_password)) {
      return Error{
          ErrorKind::usage, "a user or password holds a comma in '" + shown_uri(text) + "'",
          "write a comma as %2C; if it is none of theirs, write mqtt:// before each server"};
    }
    has_scheme = has_scheme || names_scheme;
    may_have_password =
        at == std::string_view::npos && (may_have_password || piece.find(':') != piece.npos);
  }
  return pieces;
}

std::string wire_query(std::string_view text) {
  constexpr std::string_view kPlain = "!$&'()*+,;=:@/?-._~";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) && hex_digit(text[i + 2]);
    if (escape) {
      out += '%';
    } else {
      out += percent_encoded(text.substr(i, 1), kPlain);
    }
  }
  return out;
}

RequestPath split_request_path(std::string_view path) {
  const std::size_t mark = std::min(path.find(kQueryMark), path.size());
  return {path.substr(0, mark), path.substr(std::min(mark + 1, path.size()))};
}

Result<QueryOptions> parse_query(std::string_view text) {
  QueryOptions options;
  if (text.empty()) return options;
  while (true) {
    const std::size_t end = std::min(text.find('&'), text.size());
    std::string_view pair = text.substr(0, end);
    if (pair.starts_with("amp;")) {
      return Error{ErrorKind::usage, "'&amp;' separates the options",
                   "the URI was copied from XML: write '&'"};
    }
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (name.find('@') != std::string_view::npos) {
      return Error{ErrorKind::usage, "an '@' stands after the '?'",
                   "write a '?' of a user or password as %3F"};
    }
    if (name.empty() || equals == std::string_view::npos) {
      // Not quoted: it may be the end of a password that holds a '?'.
      return Error{ErrorKind::usage,
                   "option " + std::to_string(options.size() + 1) + " is not name=value",
                   "options are written ?name=value&name=value"};
    }
    auto value = percent_decoded(pair.substr(equals + 1));
    if (!value) return value.error();
    options.emplace_back(std::string(name), std::move(*value));
    if (end == text.size()) return options;
    text.remove_prefix(end + 1);
  }
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || failure == std::errc::invalid_argument || rest != text.data() + text.size()) {
    // Not quoted: it may be a password whose '@' was forgotten.
    return Error{ErrorKind::usage, "the port is not a number",
                 "user and password stand before an '@': mqtt://user:password@host"};
  }
  if (failure != std::errc() || port < 1 || port > 65535) {
    return Error{ErrorKind::usage, "port " + printable(text, 32) + " is not in 1..65535", ""};
  }
  return static_cast<std::uint16_t>(port);
}

Result<std::string> parse_host(std::string_view text) {
  if (trimmed(text).empty()) return Error{ErrorKind::usage, "the host is empty", ""};
  if (text.find("://") != std::string_view::npos) {
    return bad_host(text, "is a URI, not a host", "name a server by URI with -s");
  }
  const bool bracketed = text.front() == '[';
  if (bracketed && text.back() != ']') return bad_host(text, "has a '[' without its ']'");
  const std::string host(bracketed ? text.substr(1, text.size() - 2) : text);
  if (bracketed || std::count(host.begin(), host.end(), ':') > 1) {
    // RFC 6874 writes the zone's "%" as %25; people write it plainly.
    std::string address = host;
    const std::size_t zone = address.find('%');
    std::string name;
    if (zone != std::string::npos) {
      const bool encoded = address.compare(zone, 3, "%25") == 0 && zone + 3 < address.size();
      name = address.substr(encoded ? zone + 3 : zone + 1);
      address.resize(zone);
      const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (std::isalnum(c) != 0) || c == '-' || c == '.' || c == '_';
      });
      if (name.empty() || !plain) return bad_host(text, "has no usable zone after '%'");
    }
    if (!is_ipv6(address)) return bad_host(text, "is not an IPv6 address");
    return name.empty() ? address : address + "%" + name;
  }
  if (host.find(':') != std::string::npos) {
    return bad_host(text, "carries a port", "a port is given on its own");
  }
  if (host.size() > 253) return bad_host(text, "is longer than 253 characters");
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F ||
        std::string_view("/\\?#@%\"'<>()[]{}|^`,;=&").find(c) != std::string_view::npos) {
      return bad_host(text, "is not a host name");
    }
  }
  if (!is_utf8(host)) return bad_host(text, "is not UTF-8");
  return host;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = folded(c);
  return out;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::memcmp(a.data(), b.data(), a.size()) == 0 ||
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return folded(x) == folded(y); });
}

bool is_ascii(std::string_view text) {
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    if ((word & 0x8080808080808080U) != 0) return false;
    text.remove_prefix(sizeof word);
  }
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace mqfail
