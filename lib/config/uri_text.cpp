// SPDX-License-Identifier: Apache-2.0
#include "config/uri_text.hpp"

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

}  // namespace

std::string shown_uri(std::string_view text) {
  // Everything up to the last "@" is suspect: a password may itself hold "/", "?" or "@". So is the
  // value of any option, should somebody have put a secret there.
  const std::size_t at = text.rfind('@');
  std::string out;
  if (at != std::string_view::npos) {
    const std::size_t scheme = text.find("://");
    if (scheme < at) out = printable(text.substr(0, scheme + 3));
    out += "***";
    text.remove_prefix(at);
  }
  const std::size_t question = text.find('?');
  out += printable(text.substr(0, question));
  return question == std::string_view::npos ? out : out + "?...";
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
      return Error{ErrorKind::usage, "'" + printable(pair, 64) + "' is not name=value",
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
    return Error{ErrorKind::usage, "'" + printable(text, 32) + "' is not a port number", ""};
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
