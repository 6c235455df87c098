// SPDX-License-Identifier: Apache-2.0
#include "hostile/packet.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace hostile {
namespace {

std::string big_endian(unsigned value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  return out;
}

std::string variable(std::size_t value) {
  std::string out;
  do {
    const std::size_t byte = value & 0x7FU;
    value >>= 7U;
    out += static_cast<char>(value != 0 ? byte | 0x80U : byte);
  } while (value != 0);
  return out;
}

// A length that is off by so much; not below 0.
std::string variable_off(std::size_t value, int off) {
  return variable(static_cast<std::size_t>(std::max<long>(0, static_cast<long>(value) + off)));
}

std::string written(Length length, std::size_t value, int off) {
  switch (length) {
    case Length::right:
      break;
    case Length::five_bytes:
      return "\xFF\xFF\xFF\xFF\x01";
    case Length::padded:
      return std::string{static_cast<char>((value & 0x7FU) | 0x80U),
                         static_cast<char>((value >> 7U & 0x7FU) | 0x80U), '\0'};
    case Length::huge:
      return "\xFF\xFF\xFF\x7F";
  }
  return variable_off(value, off);
}

}  // namespace

std::string two_bytes(unsigned value) {
  return big_endian(value, 2);
}

std::string four_bytes(unsigned value) {
  return big_endian(value, 4);
}

std::string text_value(const std::string& text) {
  return two_bytes(static_cast<unsigned>(text.size())) + text;
}

RawProperty valid_property(int id, const std::string& text) {
  using rig::PropertyKind;
  switch (rig::kind_of_property(id).value_or(PropertyKind::text)) {
    case PropertyKind::byte:
    case PropertyKind::variable:
      return {id, std::string(1, '\1')};
    case PropertyKind::two:
      return {id, two_bytes(20)};
    case PropertyKind::four:
      return {id, four_bytes(100'000)};
    case PropertyKind::pair:
      return {id, text_value("name") + text_value(text)};
    case PropertyKind::text:
      break;
  }
  return {id, text_value(text)};
}

std::string Draft::bytes() const {
  std::string body;
  if (session) body += static_cast<char>(*session);
  if (topic) body += text_value(*topic);
  if (id) body += two_bytes(*id);
  if (code) body += static_cast<char>(*code);
  if (has_properties) {
    std::string list;
    for (const RawProperty& one : properties) list += static_cast<char>(one.id) + one.value;
    body += variable_off(list.size(), properties_off) + list;
  }
  body += tail;
  return static_cast<char>(static_cast<int>(type) << 4 | flags) +
         written(length, body.size(), length_off) + body;
}

const char* name(rig::Type type) {
  static constexpr std::array<const char*, 16> kNames{
      "reserved", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
      "PUBREL",   "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
      "PINGREQ",  "PINGRESP", "DISCONNECT", "AUTH"};
  return kNames.at(static_cast<std::size_t>(type) & 15U);
}

std::string shown(const std::string& bytes) {
  constexpr std::size_t kMost = 48;
  std::string out;
  for (const char c : bytes.substr(0, kMost)) {
    std::array<char, 4> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += digits.data();
  }
  if (bytes.size() > kMost) out += "... " + std::to_string(bytes.size()) + " bytes";
  return out;
}

}  // namespace hostile
