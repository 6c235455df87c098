// SPDX-License-Identifier: Apache-2.0
// Formats of -F on a message. Laws: errors may be shown; for a terminal no control character of the
// message gets through; the output is bounded by the widths of the format.
#include "tool/format.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choice = input.byte();
  const std::string spec = input.until('\n');
  const std::string topic = input.until('\n');
  MessageProperties properties;
  properties.content_type = topic;
  properties.correlation_data = input.rest();
  properties.user = {{topic, input.rest()}};
  Message message{topic, input.rest()};
  message.qos = static_cast<int>(choice % 3);
  message.properties = (choice & 4U) != 0 ? &properties : nullptr;
  const Origin origin{topic, choice, {}};
  const FormatOptions options{(choice & 8U) != 0, (choice & 16U) != 0, (choice & 32U) != 0};

  const auto compiled = MessageFormat::compile(spec, options);
  if (!compiled) {
    fuzz::law_error(compiled.error());
  } else {
    std::string out = "before";
    const bool whole = compiled->append(message, origin, out);
    fuzz::law(out.starts_with("before"), "a format only appends");
    if (!whole) fuzz::law_shown(compiled->misfit());
    // A step has a width and a precision of 65535 at most, and a byte is at most a few characters.
    const auto steps = static_cast<std::size_t>(std::count(spec.begin(), spec.end(), '%'));
    fuzz::law(out.size() <= 4096 + (steps + 1) * (200'000 + 64 * size * (size + 8)),
              "output is bounded");
  }
  for (const MessageFormat& format : {MessageFormat::payload({.escape_for_terminal = true}),
                                      MessageFormat::verbose({.escape_for_terminal = true})}) {
    std::string out;
    format.append(message, origin, out);
    // People's text has tabs and line ends.
    std::replace(out.begin(), out.end(), '\t', ' ');
    fuzz::law_shown(out, true);
  }
  return 0;
}
