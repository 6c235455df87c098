// SPDX-License-Identifier: Apache-2.0
// -D COMMAND NAME VALUE: MQTT 5 properties by mosquitto's names. What the standard does not allow
// for a command, or what we cannot send, is refused here.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "tool/setters.hpp"
#include "tool/topic.hpp"
#include "transport/property_order.hpp"

namespace mqfail {
namespace {

constexpr std::array kNames{
    std::pair{std::string_view("payload-format-indicator"), property_id::payload_format},
    std::pair{std::string_view("message-expiry-interval"), property_id::message_expiry},
    std::pair{std::string_view("content-type"), property_id::content_type},
    std::pair{std::string_view("response-topic"), property_id::response_topic},
    std::pair{std::string_view("correlation-data"), property_id::correlation_data},
    std::pair{std::string_view("subscription-identifier"), property_id::subscription_id},
    std::pair{std::string_view("session-expiry-interval"), property_id::session_expiry},
    std::pair{std::string_view("authentication-method"), property_id::authentication_method},
    std::pair{std::string_view("authentication-data"), property_id::authentication_data},
    std::pair{std::string_view("request-problem-information"),
              property_id::request_problem_information},
    std::pair{std::string_view("will-delay-interval"), property_id::will_delay},
    std::pair{std::string_view("request-response-information"),
              property_id::request_response_information},
    std::pair{std::string_view("reason-string"), property_id::reason_string},
    std::pair{std::string_view("receive-maximum"), property_id::receive_maximum},
    std::pair{std::string_view("topic-alias-maximum"), property_id::topic_alias_maximum},
    std::pair{std::string_view("topic-alias"), property_id::topic_alias},
    std::pair{std::string_view("user-property"), property_id::user},
    std::pair{std::string_view("maximum-packet-size"), property_id::maximum_packet_size}};

// 0 of a name that is none.
std::uint8_t id_of(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [name](const auto& one) { return one.first == name; });
  return found == kNames.end() ? std::uint8_t{0} : found->second;
}

struct Property {
  const Given& given;
  const std::string command;
  const std::string name;
  const std::string& value;
  std::uint8_t id = id_of(name);

  std::string flag() const {
    return given.flag() + " " + printable(command, 64) + " " + printable(name, 64);
  }
  Error bad(const std::string& wanted) const {
    return Error{ErrorKind::usage,
                 flag() + " takes " + wanted + ", not '" + printable(value, 64) + "'", ""};
  }
  Error unknown() const {
    std::string names;
    for (const char c : property_names(command)) names += c == ' ' ? ", " : std::string(1, c);
    return Error{ErrorKind::usage, flag() + " is no property of " + printable(command, 64),
                 "it has " + names};
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
  Result<Done> data(std::string& target) const {
    if (value.size() > 65535) return bad("at most 65535 bytes");
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

// The second word may be a name that others have; then the standard does not allow it here.
Result<Done> take_connect(const Property& property, ConnectProperties& target) {
  switch (property.id) {
    case property_id::receive_maximum:
      return property.number(target.receive_maximum, 65535, 1);
    case property_id::maximum_packet_size:
      return property.number(target.maximum_packet_size, 4294967295, 1);
    case property_id::session_expiry:
      return property.number(target.session_expiry, 4294967295);
    case property_id::topic_alias_maximum:
      return property.number(target.topic_alias_maximum, 65535);
    case property_id::request_problem_information:
      return property.number(target.request_problem_information, 1);
    case property_id::request_response_information:
      return property.number(target.request_response_information, 1);
    case property_id::authentication_method:
      return property.text(target.authentication_method);
    case property_id::authentication_data:
      if (property.value.size() > 65535) {
        return Error{ErrorKind::usage, property.flag() + " takes at most 65535 bytes", ""};
      }
      target.authentication_data = Secret(property.value);
      return Done{};
    case property_id::user:
      return property.pair(target.user);
    default:
      return property.unknown();
  }
}

// PUBLISH and WILL have the same properties, but for the alias and the will's delay.
Result<Done> take_message(const Property& property, MessageProperties& target,
                          std::optional<std::uint32_t>* delay) {
  switch (property.id) {
    case property_id::payload_format:
      return property.number(target.payload_format, 1);
    case property_id::message_expiry:
      return property.number(target.message_expiry, 4294967295);
    case property_id::content_type:
      return property.text(target.content_type);
    case property_id::response_topic:
      if (auto checked = check_topic_name(property.flag(), property.value); !checked)
        return checked;
      return property.text(target.response_topic);
    case property_id::correlation_data:
      return property.data(target.correlation_data.emplace());
    case property_id::user:
      return property.pair(target.user);
    case property_id::topic_alias:
      if (delay != nullptr) return property.unknown();
      return property.number(target.topic_alias, 65535, 1);
    case property_id::will_delay:
      if (delay == nullptr) return property.unknown();
      return property.number(*delay, 4294967295);
    default:
      return property.unknown();
  }
}

Result<Done> take_subscribe(const Property& property, PacketProperties& target) {
  if (property.id == property_id::user) return property.pair(target.user);
  if (property.id != property_id::subscription_id) return property.unknown();
  std::optional<std::uint32_t> number;
  auto done = property.number(number, kLargestIdentifier, 1);
  if (done) target.subscription_id = *number;
  return done;
}

Result<Done> take_unsubscribe(const Property& property, PacketProperties& target) {
  return property.id == property_id::user ? property.pair(target.user) : property.unknown();
}

Result<Done> take_disconnect(const Property& property, PacketProperties& target) {
  if (property.id == property_id::user) return property.pair(target.user);
  if (property.id == property_id::session_expiry)
    return property.number(target.session_expiry, 4294967295);
  if (property.id == property_id::reason_string) return property.text(target.reason);
  return property.unknown();
}

// The order in which they are written is that of the command line.
Result<Done> note(Result<Done> taken, const Property& property, PropertyOrder& order) {
  if (taken) note_in(order, property.id);
  return taken;
}

// A packet that the command does not send, or of which nobody can set a property.
Error no_such_packet(const Given& given, const std::string& command, Tool tool) {
  const std::string flag = given.flag() + " " + printable(command, 64);
  if (command == "publish")
    return {ErrorKind::usage, flag + " is not for mqfail-sub, which publishes nothing",
            "leave it out"};
  if (command == "subscribe" || command == "unsubscribe")
    return {ErrorKind::usage, flag + " is not for mqfail-pub, which subscribes to nothing",
            "leave it out"};
  if (command == "auth") {
    return {ErrorKind::usage, flag + " is not supported: there is no exchange of AUTH packets",
            "name a method that needs none with -D connect authentication-method"};
  }
  std::string commands;
  for (const char c : property_commands(tool)) commands += c == ' ' ? ", " : std::string(1, c);
  return bad_value(given, commands);
}

}  // namespace

Result<Done> set_property(const Given& given, Draft& draft) {
  const Tool tool = given.row->tools == static_cast<unsigned>(Tool::pub) ? Tool::pub : Tool::sub;
  // mosquitto takes both words in any case, and each property but the user's once.
  const Property property{given, lower_case(given.values[0]), lower_case(given.values[1]),
                          given.values[2]};
  if (property.name != "user-property") {
    if (!draft.properties.insert(property.command + " " + property.name + source_of(given))
             .second) {
      return Error{ErrorKind::usage, property.flag() + " is given twice", "it has one value"};
    }
  }
  ConnectSettings& connect = draft.common.connect;
  const bool sub = tool == Tool::sub;
  if (property.command == "connect")
    return note(take_connect(property, connect.properties), property, connect.properties.order);
  if (property.command == "will")
    return note(take_message(property, draft.will.properties, &draft.will.delay), property,
                draft.will.properties.order);
  if (property.command == "disconnect")
    return note(take_disconnect(property, connect.disconnect), property, connect.disconnect.order);
  if (property.command == "publish" && !sub)
    return note(take_message(property, draft.pub.properties, nullptr), property,
                draft.pub.properties.order);
  if (property.command == "subscribe" && sub)
    return note(take_subscribe(property, connect.subscribe), property, connect.subscribe.order);
  if (property.command == "unsubscribe" && sub)
    return note(take_unsubscribe(property, connect.unsubscribe), property,
                connect.unsubscribe.order);
  return no_such_packet(given, property.command, tool);
}

}  // namespace mqfail
