// SPDX-License-Identifier: Apache-2.0
#include "policy/server_reference.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035, section 2.3.4

bool is_of_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_';
}

// Digits and colons, with dots for an IPv4 part. The resolver knows the rest.
bool is_of_ipv6(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

std::optional<ServerReference> parse_one(std::string_view text) {
  ServerReference out;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (out.host.find(':') == std::string::npos) return std::nullopt;
    if (!std::all_of(out.host.begin(), out.host.end(), is_of_ipv6)) return std::nullopt;
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    port = text.substr(colon);
    if (!std::all_of(out.host.begin(), out.host.end(), is_of_name)) return std::nullopt;
  }
  if (out.host.empty() || out.host.size() > kLongestHost) return std::nullopt;
  if (port.empty()) return out;
  const auto number =
      all_digits(port.substr(1)) ? parse_number<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (port.front() != ':' || !number || *number == 0) return std::nullopt;
  out.port = *number;
  return out;
}

}  // namespace

ServerReferences parse_references(std::string_view property) {
  ServerReferences out;
  while (!property.empty()) {
    const std::size_t end = std::min(property.find(' '), property.size());
    const std::string_view piece = property.substr(0, end);
    property.remove_prefix(std::min(end + 1, property.size()));
    if (piece.empty()) continue;
    const auto one = parse_one(piece);
    if (!one) {
      if (out.unusable.size() < kMostReferences) out.unusable.emplace_back(piece);
    } else if (out.usable.size() < kMostReferences &&
               std::find(out.usable.begin(), out.usable.end(), *one) == out.usable.end()) {
      out.usable.push_back(*one);
    }
  }
  return out;
}

}  // namespace mqfail
