// SPDX-License-Identifier: Apache-2.0
// -D COMMAND NAME VALUE: MQTT 5 properties by mosquitto's names. What the standard does not allow
// for a command, or what we cannot send, is refused here.
#include <algorithm>
#include <string>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "tool/setters.hpp"
#include "tool/topic.hpp"

namespace mqfail {
namespace {

struct Property {
  const Given& given;
  const std::string command;
  const std::string name;
  const std::string& value;

  std::string flag() const { return given.flag() + " " + command + " " + printable(name, 64); }
  Error bad(const std::string& wanted) const {
    return Error{ErrorKind::usage,
                 flag() + " takes " + wanted + ", not '" + printable(value, 64) + "'", ""};
  }
  Error unknown() const {
    std::string names;
    for (const char c : property_names(command)) names += c == ' ' ? ", " : std::string(1, c);
    return Error{ErrorKind::usage, flag() + " is no property of " + command, "it has " + names};
  }
  template <class Target>
  Result<Done> number(Target& target, std::uint64_t most, std::uint64_t least = 0) const {
    const auto parsed = parse_number<std::uint64_t>(value);
    if (!parsed || *parsed > most || *parsed < least)
      return bad("a number from " + std::to_string(least) + " to " + std::to_string(most));
    target = static_cast<typename Target::value_type>(*parsed);
    return Done{};
  }
  Result<Done> text(std::optional<std::string>& target) const {
    if (!is_utf8(value) || value.size() > 65535) return bad("UTF-8 of at most 65535 bytes");
    target = value;
    return Done{};
  }
  Result<Done> pair(std::vector<std::pair<std::string, std::string>>& target) const {
    if (given.values.size() != 4) {
      return Error{ErrorKind::usage, flag() + " needs a name and a value", ""};
    }
    const std::string& key = given.values[2];
    const std::string& last = given.values[3];
    if (!is_utf8(key) || !is_utf8(last) || std::max(key.size(), last.size()) > 65535) {
      return bad("UTF-8 of at most 65535 bytes");
    }
    target.emplace_back(key, last);
    return Done{};
  }
};

Result<Done> take_connect(const Property& property, ConnectProperties& target) {
  if (property.name == "receive-maximum") return property.number(target.receive_maximum, 65535, 1);
  if (property.name == "maximum-packet-size")
    return property.number(target.maximum_packet_size, 4294967295, 1);
  if (property.name == "session-expiry-interval")
    return property.number(target.session_expiry, 4294967295);
  if (property.name == "topic-alias-maximum")
    return property.number(target.topic_alias_maximum, 65535);
  if (property.name == "request-problem-information") {
    return property.number(target.request_problem_information, 1);
  }
  if (property.name == "request-response-information") {
    return property.number(target.request_response_information, 1);
  }
  if (property.name == "user-property") return property.pair(target.user);
  if (property.name == "authentication-method" || property.name == "authentication-data") {
    return Error{ErrorKind::usage, property.flag() + " is not yet supported", "leave it out"};
  }
  return property.unknown();
}

// PUBLISH and WILL have the same properties, but for the will's delay.
Result<Done> take_message(const Property& property, MessageProperties& target,
                          std::optional<std::uint32_t>* delay) {
  if (property.name == "payload-format-indicator") return property.number(target.payload_format, 1);
  if (property.name == "message-expiry-interval")
    return property.number(target.message_expiry, 4294967295);
  if (property.name == "content-type") return property.text(target.content_type);
  if (property.name == "response-topic") {
    if (auto checked = check_topic_name(property.flag(), property.value); !checked) return checked;
    return property.text(target.response_topic);
  }
  if (property.name == "correlation-data") {
    if (property.value.size() > 65535) return property.bad("at most 65535 bytes");
    target.correlation_data = property.value;
    return Done{};
  }
  if (property.name == "user-property") return property.pair(target.user);
  if (delay != nullptr && property.name == "will-delay-interval")
    return property.number(*delay, 4294967295);
  if (property.name == "topic-alias") {
    return Error{ErrorKind::usage, property.flag() + " is not yet supported", "leave it out"};
  }
  return property.unknown();
}

}  // namespace

Result<Done> set_property(const Given& given, Draft& draft) {
  const bool publishes = given.row->tools == static_cast<unsigned>(Tool::pub);
  // mosquitto takes both words in any case, and each property but the user's once.
  const Property property{given, lower_case(given.values[0]), lower_case(given.values[1]),
                          given.values[2]};
  if (property.name != "user-property") {
    if (!draft.properties.insert(property.command + " " + property.name + source_of(given))
             .second) {
      return Error{ErrorKind::usage, property.flag() + " is given twice", "it has one value"};
    }
  }
  if (property.command == "connect") return take_connect(property, draft.common.connect.properties);
  if (property.command == "will")
    return take_message(property, draft.will.properties, &draft.will.delay);
  if (property.command == "publish" && publishes) {
    return take_message(property, draft.pub.properties, nullptr);
  }
  if (property.command == "publish" || property.command == "subscribe" ||
      property.command == "unsubscribe" || property.command == "disconnect") {
    return Error{ErrorKind::usage, given.flag() + " " + property.command + " is not yet supported",
                 "leave it out"};
  }
  return bad_value(given, publishes ? "connect, publish or will" : "connect or will");
}

}  // namespace mqfail
