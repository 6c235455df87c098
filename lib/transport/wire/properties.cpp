// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/properties.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kLongestInteger = 4;

enum class Form { byte, two_bytes, four_bytes, variable, text, pair, unknown };

// MQTT 5, table 2-4.
Form form_of(std::uint8_t id) {
  switch (id) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A:
      return Form::byte;
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return Form::two_bytes;
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return Form::four_bytes;
    case 0x0B:
      return Form::variable;
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1A:
    case 0x1C:
    case 0x1F:
      return Form::text;
    case 0x26:
      return Form::pair;
    default:
      return Form::unknown;
  }
}

}  // namespace

VariableInteger variable_integer(std::string_view bytes) {
  VariableInteger result;
  for (std::size_t i = 0; i < kLongestInteger; ++i) {
    if (i == bytes.size()) return {};
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    result.value |= static_cast<std::size_t>(byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) == 0) {
      result.size = i + 1;
      return result;
    }
  }
  return {0, 0, true};
}

PropertyReader::PropertyReader(std::string_view bytes) {
  const VariableInteger length = variable_integer(bytes);
  good_ = length.size != 0 && length.value <= bytes.size() - length.size;
  if (!good_) return;
  size_ = length.size + length.value;
  rest_ = bytes.substr(length.size, length.value);
}

std::string_view PropertyReader::take(std::size_t size) {
  good_ = good_ && size <= rest_.size();
  if (!good_) return {};
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::size_t PropertyReader::take_length() {
  const std::string_view bytes = take(2);
  if (!good_) return 0;
  return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[0])) << 8U |
         static_cast<std::uint8_t>(bytes[1]);
}

bool PropertyReader::next() {
  if (!good_ || rest_.empty()) return false;
  id_ = static_cast<std::uint8_t>(take(1)[0]);
  switch (form_of(id_)) {
    case Form::byte:
      value_ = take(1);
      break;
    case Form::two_bytes:
      value_ = take(2);
      break;
    case Form::four_bytes:
      value_ = take(4);
      break;
    case Form::variable:
      good_ = variable_integer(rest_).size != 0;
      value_ = take(variable_integer(rest_).size);
      break;
    case Form::text:
      value_ = take(take_length());
      break;
    case Form::pair: {
      const std::string_view from = rest_;
      take(take_length());
      take(take_length());
      value_ = from.substr(0, from.size() - rest_.size());
      break;
    }
    case Form::unknown:
      good_ = false;
      break;
  }
  return good_;
}

std::string text_property(std::string_view bytes, std::uint8_t id) {
  for (PropertyReader reader(bytes); reader.next();) {
    if (reader.id() == id) return std::string(reader.value());
  }
  return {};
}

}  // namespace mqfail
