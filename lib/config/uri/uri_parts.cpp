// SPDX-License-Identifier: Apache-2.0
#include "config/uri/uri_parts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

Error bad_host(std::string_view text, std::string_view why, std::string hint = {}) {
  return {ErrorKind::usage, "'" + shown_uri(text) + "' " + std::string(why), std::move(hint)};
}

}  // namespace

std::string uri_host(std::string_view host) {
  std::string out = bracketed(host);
  const std::size_t zone = out.find('%');
  if (out.starts_with('[') && zone != std::string::npos) out.insert(zone + 1, "25");
  return out;
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
  if (!all_hexadecimal(digits) || (digits.size() != 40 && digits.size() != 64)) return std::nullopt;
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
    out += begins_with_escape(text.substr(i)) ? "%" : percent_encoded(text.substr(i, 1), kPlain);
  }
  return out;
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

bool is_ipv6(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  // inet_pton(3) reads up to a NUL, and text may follow that.
  if (address.find('\0') != std::string::npos) return false;
  return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

Result<std::uint16_t> parse_port(std::string_view text) {
  if (!all_digits(text)) {
    // Not quoted: it may be a password whose '@' was forgotten.
    return Error{ErrorKind::usage, "the port is not a number",
                 "user and password stand before an '@': mqtt://user:password@host"};
  }
  const auto port = parse_number<std::uint16_t>(text);
  if (port.value_or(0) == 0)
    return Error{ErrorKind::usage, "port " + printable(text, 32) + " is not in 1..65535", ""};
  return *port;
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
    // In a URI, RFC 6874 writes the zone's "%" as %25; people write it plainly there, too.
    std::string address = host;
    const std::size_t zone = address.find('%');
    std::string name;
    if (zone != std::string::npos) {
      const bool encoded =
          bracketed && address.compare(zone, 3, "%25") == 0 && zone + 3 < address.size();
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
  // C1 and bidirectional controls
  if (printable(host) != host) return bad_host(text, "is not a host name");
  return host;
}

}  // namespace mqfail
