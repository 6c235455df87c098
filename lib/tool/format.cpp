// SPDX-License-Identifier: Apache-2.0
#include "tool/format.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"
#include "tool/local_time.hpp"
#include "tool/message_json.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kLetters = "%ACDEFIJPRSUXdfgjlmnpqrstx";
// What may stand before x and X: any of these separates groups of digits.
constexpr std::string_view kSeparators = "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~ ";
constexpr int kWidest = 65535;

Error bad_format(const std::string& what, std::string hint) {
  return Error{ErrorKind::usage, what, std::move(hint)};
}

// The text of a message for a terminal. Payloads keep tabs and line ends. Other characters that are
// not visible are escaped.
std::string shown(std::string_view text, bool payload) {
  if (!payload) return printable(text, std::string_view::npos);
  std::string out;
  while (!text.empty()) {
    const std::size_t stop = std::min(text.find_first_of("\t\n"), text.size());
    out += printable(text.substr(0, stop), std::string_view::npos);
    if (stop < text.size()) out += text[stop];
    text.remove_prefix(std::min(stop + 1, text.size()));
  }
  return out;
}

// Hexadecimal digits of `bytes`, behind `padding` characters `pad`. With a group size above 0 each
// group has `separator` behind it, but for the last digit.
std::string hexadecimal(std::string_view bytes, std::string_view digits, std::size_t padding,
                        char pad, int group, char separator) {
  std::string plain(padding, pad);
  for (const char byte : bytes) {
    plain += digits[static_cast<std::uint8_t>(byte) >> 4U];
    plain += digits[static_cast<std::uint8_t>(byte) & 0xFU];
  }
  if (group <= 0) return plain;
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    out += plain[i];
    const bool last = i + 1 == plain.size() && !bytes.empty();
    if ((i + 1) % static_cast<std::size_t>(group) == 0 && !last) out += separator;
  }
  return out;
}

// The payload as a floating-point number of this machine's byte order, as in mosquitto_sub.
template <class Real>
std::optional<double> real_number(std::string_view payload) {
  Real value = 0;
  if (payload.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, payload.data(), sizeof value);
  return static_cast<double>(value);
}

// Reads digits at `at`, which moves behind them.
Result<int> read_number(std::string_view spec, std::size_t& at) {
  int number = 0;
  for (; at < spec.size() && is_digit(spec[at]); ++at) {
    number = number * 10 + (spec[at] - '0');
    if (number > kWidest) return bad_format("a width above 65535", "make it narrower");
  }
  return number;
}

}  // namespace

MessageFormat MessageFormat::payload(FormatOptions options) {
  return MessageFormat(Style::payload, options);
}
MessageFormat MessageFormat::verbose(FormatOptions options) {
  return MessageFormat(Style::verbose, options);
}

std::optional<std::string_view> MessageFormat::end_of_plain_payload() const {
  if (style_ != Style::payload || options_.escape_for_terminal) return std::nullopt;
  return options_.end_of_line ? "\n" : "";
}

Result<MessageFormat> MessageFormat::compile(std::string_view spec, FormatOptions options) {
  MessageFormat format(Style::plan, options);
  const auto literal = [&format](char c) {
    if (format.steps_.empty() || format.steps_.back().letter != 0) format.steps_.emplace_back();
    format.steps_.back().text += c;
  };
  for (std::size_t i = 0; i < spec.size(); ++i) {
    const char c = spec[i];
    if (c != '%' && c != '@' && c != '\\') {
      literal(c);
      continue;
    }
    if (++i == spec.size()) {
      return bad_format(std::string("the format ends in a single ") + c,
                        std::string("write ") + c + c + " to print it");
    }
    if (c == '\\') {
      constexpr std::string_view kNames = "\\0aenrtv";
      constexpr std::string_view kBytes{"\\\0\a\033\n\r\t\v", 8};
      const std::size_t which = kNames.find(spec[i]);
      if (which == std::string_view::npos) {
        return bad_format("there is no \\" + printable(spec.substr(i, 1)),
                          "there are \\\\ \\0 \\a \\e \\n \\r \\t \\v");
      }
      literal(kBytes[which]);
      continue;
    }
    if (c == '@') {
      if (spec[i] == '@') {
        literal('@');
      } else {
        format.steps_.push_back({'@', false, ' ', 0, -1, ' ', std::string("%") + spec[i]});
      }
      continue;
    }
    Step step;
    if (spec[i] == '-') {
      step.left = true;
      ++i;
    }
    if (i < spec.size() && spec[i] == '0') {
      step.pad = '0';
      ++i;
    }
    const auto width = read_number(spec, i);
    if (!width) return width.error();
    step.width = *width;
    if (i < spec.size() && spec[i] == '.') {
      ++i;
      const auto precision = read_number(spec, i);
      if (!precision) return precision.error();
      step.precision = *precision;
    }
    if (i < spec.size() && kSeparators.find(spec[i]) != std::string_view::npos)
      step.separator = spec[i++];
    if (i == spec.size())
      return bad_format("the format ends inside a % sequence", "write %% to print a %");
    if (kLetters.find(spec[i]) == std::string_view::npos) {
      return bad_format("there is no %" + printable(spec.substr(i, 1)),
                        "mqfail-sub(1) lists the sequences");
    }
    step.letter = spec[i];
    if (step.letter == '%') {
      literal('%');
    } else {
      format.steps_.push_back(std::move(step));
    }
  }
  return format;
}

std::string MessageFormat::misfit() const {
  std::string text;
  for (const Step& step : steps_) {
    const std::string_view wanted = step.letter == 'J'   ? "valid JSON"
                                    : step.letter == 'f' ? "a float of 4 bytes"
                                    : step.letter == 'd' ? "a double of 8 bytes"
                                                         : "";
    if (!wanted.empty() && text.find(wanted) == std::string::npos)
      text.append(text.empty() ? "not " : " or not ").append(wanted);
  }
  return text;
}

bool MessageFormat::append(const Message& message, const Origin& origin, std::string& out) const {
  bool complete = true;
  if (style_ == Style::plan) {
    for (const Step& step : steps_) {
      if (step.letter == 0) {
        out += step.text;
      } else {
        complete = append_step(step, message, origin, out) && complete;
      }
    }
    if (options_.end_of_line) out += '\n';
    return complete;
  }
  const bool escape = options_.escape_for_terminal;
  if (message.payload.empty()) {
    // mosquitto_sub -v -N prints nothing at all here.
    if (style_ == Style::payload || !options_.end_of_line) return true;
    out.append(escape ? shown(message.topic, false) : std::string(message.topic))
        .append(" (null)\n");
    return true;
  }
  if (style_ == Style::verbose) {
    if (escape) {
      out += shown(message.topic, false);
    } else {
      out += message.topic;
    }
    out += ' ';
  }
  if (escape) {
    out += shown(message.payload, true);
  } else {
    out += message.payload;
  }
  if (options_.end_of_line) out += '\n';
  return true;
}

bool MessageFormat::append_step(const Step& step, const Message& message, const Origin& origin,
                                std::string& out) const {
  static const MessageProperties kNone;
  const MessageProperties& properties = message.properties != nullptr ? *message.properties : kNone;
  const auto width = static_cast<std::size_t>(step.width);
  const bool escape = options_.escape_for_terminal;

  const auto blank = [&](char pad) { out.append(width, pad); };
  const auto number = [&](long long value) {
    std::string text = std::to_string(value);
    if (text.size() < width) {
      const std::size_t missing = width - text.size();
      if (step.left) {
        text.append(missing, ' ');
      } else {
        text.insert(step.pad == '0' && value < 0 ? 1 : 0, missing, step.pad);
      }
    }
    out += text;
  };
  const auto number_or_blank = [&](const auto& value) {
    // mosquitto prints 32 bits with a sign; so do we, for the sake of scripts.
    if (value) {
      number(static_cast<std::int32_t>(*value));
    } else {
      blank(step.pad);
    }
  };
  const auto text = [&](std::string_view value) {
    std::string copy = escape ? shown(value, false) : std::string(value);
    if (step.precision >= 0)
      copy.resize(std::min(copy.size(), static_cast<std::size_t>(step.precision)));
    if (copy.size() < width) copy.insert(step.left ? copy.size() : 0, width - copy.size(), ' ');
    out += copy;
  };
  // A field width also cuts a payload (in bytes, whose digits may be more than the width), and
  // alignment to the left without a width appends as many blanks as it has bytes: both are
  // mosquitto_sub's. 2.0 prints half as many bytes in hex; 2.1 mends that.
  const auto payload = [&](std::string_view hex_digits) {
    const std::string_view bytes =
        message.payload.substr(0, width > 0 ? width : std::string_view::npos);
    const std::size_t length = bytes.size() * (hex_digits.empty() ? 1 : 2);
    const std::size_t wanted = width > 0 ? width : step.left ? bytes.size() + length : 0;
    const std::size_t padding = wanted > length ? wanted - length : step.left ? length - wanted : 0;
    const std::size_t before = step.left ? 0 : padding;
    if (hex_digits.empty()) {
      out.append(before, step.pad).append(escape ? shown(bytes, true) : std::string(bytes));
    } else {
      out += hexadecimal(bytes, hex_digits, before, step.pad, step.precision, step.separator);
    }
    if (step.left) out.append(padding, ' ');
  };
  const auto real = [&](std::optional<double> value) {
    if (!value) return false;
    const int precision = step.precision < 0 ? 6 : step.precision;
    constexpr std::size_t kDigits = 320;  // of the largest double, before the point
    std::string printed(width + static_cast<std::size_t>(precision) + kDigits, '\0');
    const char* const form = step.left ? "%-*.*f" : step.pad == '0' ? "%0*.*f" : "%*.*f";
    const int length =
        std::snprintf(printed.data(), printed.size(), form, step.width, precision, *value);
    out.append(printed, 0, static_cast<std::size_t>(length));
    return true;
  };

  switch (step.letter) {
    case 'A':
      number_or_blank(properties.topic_alias);
      break;
    case 'C':
      if (properties.content_type) {
        text(*properties.content_type);
      } else {
        blank(' ');
      }
      break;
    case 'D': {
      const std::string data = properties.correlation_data.value_or("");
      out += escape ? shown(data, false) : data;
      break;
    }
    case 'E':
      number_or_blank(properties.message_expiry);
      break;
    case 'F':
      number_or_blank(properties.payload_format);
      break;
    case 'I':
      text(LocalTime(origin.wall).print("%FT%T%z"));
      break;
    case 'J':
    case 'j':
      return append_message_json(out, message, origin.wall, step.letter == 'J',
                                 {options_.pretty, escape});
    case 'P':
      for (std::size_t i = 0; i < properties.user.size(); ++i) {
        const auto& [key, value] = properties.user[i];
        out.append(i == 0 ? "" : " ").append(escape ? shown(key, false) : key);
        out.append(":").append(escape ? shown(value, false) : value);
      }
      break;
    case 'R':
      if (properties.response_topic) text(*properties.response_topic);
      break;
    case 'S':
      if (properties.subscription_ids.empty()) {
        blank(step.pad);
      } else {
        number(static_cast<std::int32_t>(properties.subscription_ids.front()));
      }
      break;
    case 'U': {
      const LocalTime time(origin.wall);
      out.append(time.print("%s")).append(".").append(digits(time.nanoseconds, 9));
      break;
    }
    case 'X':
      payload("0123456789ABCDEF");
      break;
    case 'd':
      return real(real_number<double>(message.payload));
    case 'f':
      return real(real_number<float>(message.payload));
    case 'g':
      number(static_cast<long long>(origin.epoch));
      break;
    case 'l':
      number(static_cast<long long>(message.payload.size()));
      break;
    case 'm':
      number(message.packet_id);
      break;
    case 'n':
      if (message.number != 0) {
        number(static_cast<long long>(message.number));
      } else {
        blank(step.pad);
      }
      break;
    case 'p':
      payload("");
      break;
    case 'q':
      out += static_cast<char>('0' + message.qos);
      break;
    case 'r':
      out += message.retain ? '1' : '0';
      break;
    case 's':
      text(origin.server_id);
      break;
    case 't':
      text(message.topic);
      break;
    case 'x':
      payload("0123456789abcdef");
      break;
    case '@': {
      const LocalTime time(origin.wall);
      out += step.text == "%N" ? digits(time.nanoseconds, 9) : time.print(step.text.c_str());
      break;
    }
    default:
      break;
  }
  return true;
}

}  // namespace mqfail
