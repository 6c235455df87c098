// SPDX-License-Identifier: Apache-2.0
// The properties of a MQTT 5 packet as bytes (section 2.2.2), read without Paho: its reader goes
// past the end of a list whose lengths are wrong, and keeps its place in one static variable for
// all threads (Paho 1.3.12). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqfail {

/// Identifiers of properties (MQTT 5, section 2.2.2.2), as far as they are asked for by name.
namespace property {
inline constexpr std::uint8_t reason_string = 0x1F, server_reference = 0x1C, receive_maximum = 0x21,
                              topic_alias = 0x23, maximum_packet_size = 0x27;
}  // namespace property

/// One property after the other. Views into the bytes given, which outlive the reader.
class PropertyReader {
 public:
  /// `bytes` begin with the length of the list; what follows the list is left alone.
  explicit PropertyReader(std::string_view bytes);

  /// Goes to the next property. False at the end of the list and at the first mistake.
  bool next();
  std::uint8_t id() const { return id_; }
  /// The value as on the wire: integers in their 1, 2 or 4 bytes, text and data without their
  /// length, a pair with both lengths.
  std::string_view value() const { return value_; }
  /// Once next() has said false: the list is well formed to its end.
  bool whole() const { return good_ && rest_.empty(); }
  /// Bytes of the list, its length included; 0 if that cannot be read.
  std::size_t size() const { return size_; }

 private:
  std::string_view take(std::size_t size);
  std::size_t take_length();

  std::string_view rest_, value_;
  std::size_t size_ = 0;
  std::uint8_t id_ = 0;
  bool good_ = true;
};

/// The first text of this identifier; empty if there is none. `bytes` as for PropertyReader.
std::string text_property(std::string_view bytes, std::uint8_t id);

/// A variable byte integer (section 1.5.5) at the beginning of `bytes`. `size` is 0 if it is not
/// complete, or longer than the four bytes that are allowed; `too_long` tells the two apart.
struct VariableInteger {
  std::size_t value = 0, size = 0;
  bool too_long = false;
};
VariableInteger variable_integer(std::string_view bytes);

}  // namespace mqfail
