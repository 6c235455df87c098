// SPDX-License-Identifier: Apache-2.0
#include "hostile/flaws.hpp"

#include <array>

namespace hostile {
namespace {

using rig::Dice;
using rig::Type;

template <std::size_t N>
const auto& one_of(const std::array<std::string, N>& all, Dice& dice) {
  return all[dice.between(0, N - 1)];
}

bool any(Type /*type*/, int /*version*/) {
  return true;
}
bool with_properties(Type type, int version) {
  return version == 5 && type != Type::pingresp;
}
bool publish(Type type, int /*version*/) {
  return type == Type::publish;
}
bool publish_5(Type type, int version) {
  return type == Type::publish && version == 5;
}
bool connack(Type type, int /*version*/) {
  return type == Type::connack;
}
bool connack_5(Type type, int version) {
  return type == Type::connack && version == 5;
}
bool acknowledgement(Type type) {
  return type == Type::puback || type == Type::pubrec || type == Type::pubrel ||
         type == Type::pubcomp;
}
bool answer_with_codes(Type type, int version) {
  return type == Type::suback || (type == Type::unsuback && version == 5);
}
bool identified(Type type, int version) {
  return acknowledgement(type) || type == Type::publish || type == Type::suback ||
         (type == Type::unsuback && version != 0);
}
bool not_publish(Type type, int /*version*/) {
  return type != Type::publish;
}
bool coded(Type type, int version) {
  if (type == Type::connack || answer_with_codes(type, version)) return true;
  return version == 5 && (acknowledgement(type) || type == Type::disconnect);
}
// A reason string is in each of them.
bool with_reason(Type type, int version) {
  return with_properties(type, version) && type != Type::publish;
}
bool redirecting(Type type, int version) {
  return version == 5 && (type == Type::connack || type == Type::disconnect);
}

// MQTT 5 lets an acknowledgement leave out its code and properties.
void open_properties(Draft& draft) {
  draft.has_properties = true;
  const bool leaves_out =
      acknowledgement(draft.type) || draft.type == Type::disconnect || draft.type == Type::auth;
  if (leaves_out && !draft.code) draft.code = 0;
}
void add(Draft& draft, int id, std::string value) {
  open_properties(draft);
  draft.properties.push_back({id, std::move(value)});
}

void set_code(Draft& draft, int code) {
  if (draft.type == Type::suback || draft.type == Type::unsuback) {
    if (draft.tail.empty()) draft.tail = "x";
    draft.tail[0] = static_cast<char>(code);
  } else {
    draft.code = code;
    if (draft.type == Type::connack) return;
    draft.has_properties = draft.has_properties || !draft.properties.empty();
  }
}

int refusal(const Draft& draft, Dice& dice) {
  static constexpr std::array<int, 21> kCodes{0x8E, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85,
                                              0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90,
                                              0x91, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9F};
  if (draft.has_properties || draft.code.value_or(0) >= 0x80 || draft.type != Type::connack)
    return draft.type == Type::suback && !draft.has_properties
               ? 0x80
               : kCodes[dice.between(0, kCodes.size() - 1)];
  return static_cast<int>(dice.between(1, 5));
}

// A value that is wrong for the property itself.
void wrong_value(Draft& draft, Dice& dice) {
  static const std::vector<RawProperty> kConnack{
      {0x21, two_bytes(0)}, {0x27, four_bytes(0)}, {0x25, "\2"},
      {0x24, "\2"},         {0x28, "\7"},          {0x29, "\7"},
      {0x2A, "\xFF"},       {0x13, two_bytes(0)},  {0x12, text_value("")}};
  static const std::vector<RawProperty> kPublish{{0x01, "\2"},
                                                 {0x0B, std::string(1, '\0')},
                                                 {0x0B, "\xFF\xFF\xFF\xFF"},
                                                 {0x08, text_value("#/+")}};
  const auto& all = draft.type == Type::connack ? kConnack : kPublish;
  const RawProperty& one = all[dice.between(0, all.size() - 1)];
  add(draft, one.id, one.value);
}

void limit(Draft& draft, Dice& dice) {
  static const std::vector<RawProperty> kLimits{{0x21, two_bytes(1)},
                                                {0x27, four_bytes(1)},
                                                {0x27, four_bytes(30)},
                                                {0x24, std::string(1, '\0')},
                                                {0x24, "\1"},
                                                {0x25, std::string(1, '\0')},
                                                {0x28, std::string(1, '\0')},
                                                {0x29, std::string(1, '\0')},
                                                {0x13, two_bytes(1)},
                                                {0x11, four_bytes(0)},
                                                {0x22, two_bytes(65535)}};
  const RawProperty& one = kLimits[dice.between(0, kLimits.size() - 1)];
  add(draft, one.id, one.value);
}

// Any text of the packet: its topic, or a property.
void put_text(Draft& draft, const std::string& text, Dice& dice) {
  if (draft.topic && (!draft.has_properties || dice.one_in(2))) {
    draft.topic = "t/" + text;
    return;
  }
  add(draft, draft.type == Type::publish ? 0x03 : 0x1F, text_value(text));
}

Type from_clients(Dice& dice) {
  static constexpr std::array<Type, 6> kTypes{Type::connect, Type::subscribe, Type::unsubscribe,
                                              Type::pingreq, Type::auth,      Type{}};
  return kTypes[dice.between(0, kTypes.size() - 1)];
}

}  // namespace

std::string commanding_text(Dice& dice) {
  static const std::array<std::string, 12> kTexts{"\x1b[31mEVIL\x1b[0m",
                                                  "x\n{\"event\":\"connected\"}",
                                                  "EVIL\r\x1b[2K\x1b[1A",
                                                  "\x1b]0;EVIL\x07",
                                                  "\xC2\x9B"
                                                  "31mEVIL",
                                                  "EVIL\xE2\x80\xAE"
                                                  "LIVE",
                                                  "\x08\x08\x08\x7F"
                                                  "EVIL",
                                                  "\xE2\x80\xA8"
                                                  "EVIL",
                                                  "%s%n%x\\u001b",
                                                  "\"},{\"EVIL\":[",
                                                  std::string(65000, 'E'),
                                                  ""};
  return one_of(kTexts, dice);
}

std::string ill_formed_text(Dice& dice) {
  static const std::array<std::string, 7> kTexts{"\xFF\xFE",
                                                 "\xC0\x80",
                                                 "\xED\xA0\x80",
                                                 "\xF4\x90\x80\x80",
                                                 "half\xE2\x82",
                                                 "\x9B"
                                                 "31mEVIL",
                                                 "\xC2"};
  return one_of(kTexts, dice);
}

const std::vector<Flaw>& flaws() {
  static const std::vector<Flaw> kAll{
      {"none", any, [](Draft&, Dice&) {}, false},
      {"type", any, [](Draft& d, Dice& dice) { d.type = Type(dice.between(0, 15)); }, false},
      {"client-type", any, [](Draft& d, Dice& dice) { d.type = from_clients(dice); }, true},
      {"flags", not_publish,
       [](Draft& d, Dice& dice) { d.flags ^= static_cast<int>(dice.between(1, 15)); }, true},
      {"length-short", any,
       [](Draft& d, Dice& dice) { d.length_off = -static_cast<int>(dice.between(1, 3)); }, false},
      {"length-long", any,
       [](Draft& d, Dice& dice) { d.length_off = static_cast<int>(dice.between(1, 200)); }, false},
      {"length-five-bytes", any, [](Draft& d, Dice&) { d.length = Length::five_bytes; }, true},
      {"length-padded", any, [](Draft& d, Dice&) { d.length = Length::padded; }, false},
      {"length-huge", any, [](Draft& d, Dice&) { d.length = Length::huge; }, false},
      {"property-unknown", with_properties,
       [](Draft& d, Dice& dice) { add(d, static_cast<int>(dice.between(0x2B, 0x7F)), "xxxx"); },
       true},
      {"property-twice", with_reason,
       [](Draft& d, Dice&) {
         add(d, 0x1F, text_value("once"));
         add(d, 0x1F, text_value("twice"));
       },
       false},
      {"property-foreign", with_properties,
       [](Draft& d, Dice& dice) {
         const RawProperty one = valid_property(static_cast<int>(dice.between(1, 0x2A)), "foreign");
         add(d, one.id, one.value);
       },
       false},
      {"property-length-long", with_properties,
       [](Draft& d, Dice& dice) {
         open_properties(d);
         d.properties_off = static_cast<int>(dice.between(1000, 100'000));
       },
       true},
      {"property-length-short", with_reason,
       [](Draft& d, Dice&) {
         add(d, 0x1F, text_value("short"));
         d.properties_off = -1;
       },
       false},
      {"property-text-long", with_reason,
       [](Draft& d, Dice&) { add(d, 0x1F, two_bytes(60000) + "short"); }, true},
      {"property-value",
       [](Type type, int version) { return connack_5(type, version) || publish_5(type, version); },
       wrong_value, false},
      {"limit", connack_5, limit, false, true},
      {"code-reserved", coded,
       [](Draft& d, Dice& dice) {
         static constexpr std::array<int, 4> kCodes{0x33, 0x7F, 0xFE, 0xC0};
         set_code(d, kCodes[dice.between(0, kCodes.size() - 1)]);
       },
       true},
      {"code-refusing", coded,
       [](Draft& d, Dice& dice) {
         set_code(d, refusal(d, dice));
         if (d.has_properties && dice.one_in(2)) add(d, 0x1F, text_value(commanding_text(dice)));
       },
       false},
      {"reference", redirecting,
       [](Draft& d, Dice& dice) {
         d.code = dice.one_in(2) ? 0x9C : 0x9D;
         add(d, 0x1C, text_value(dice.one_in(3) ? commanding_text(dice) : "REFERENCE"));
       },
       false},
      {"text-ill-formed",
       [](Type type, int version) { return type == Type::publish && version != 0; },
       [](Draft& d, Dice& dice) { d.topic = "t/" + ill_formed_text(dice); }, true},
      {"text-nul", publish, [](Draft& d, Dice&) { d.topic = std::string("t/a\0b", 5); }, true},
      {"property-ill-formed", with_properties,
       [](Draft& d, Dice& dice) {
         add(d, d.type == Type::publish ? 0x03 : 0x1F, text_value(ill_formed_text(dice)));
       },
       false},
      {"text-commanding",
       [](Type type, int version) { return type == Type::publish || with_reason(type, version); },
       [](Draft& d, Dice& dice) { put_text(d, commanding_text(dice), dice); }, false},
      {"id-zero", identified,
       [](Draft& d, Dice&) {
         if (d.id) d.id = 0;
       },
       false},
      {"id-other", identified,
       [](Draft& d, Dice& dice) {
         if (d.id) d.id = static_cast<unsigned>(dice.between(1, 65535));
       },
       false},
      {"alias-zero", publish_5, [](Draft& d, Dice&) { add(d, 0x23, two_bytes(0)); }, true},
      {"alias-large", publish_5, [](Draft& d, Dice&) { add(d, 0x23, two_bytes(65535)); }, true},
      {"alias-undefined", publish_5,
       [](Draft& d, Dice&) {
         d.topic = "";
         add(d, 0x23, two_bytes(1));
       },
       true},
      {"topic-empty", publish, [](Draft& d, Dice&) { d.topic = ""; }, true},
      {"topic-wildcard", publish,
       [](Draft& d, Dice& dice) { d.topic = dice.one_in(2) ? "t/#" : "t/+/x"; }, false},
      {"qos-3", publish, [](Draft& d, Dice&) { d.flags |= 6; }, true},
      {"dup-qos-0", publish,
       [](Draft& d, Dice&) {
         d.flags = 8;
         d.id.reset();
       },
       false},
      {"retained", publish, [](Draft& d, Dice&) { d.flags |= 1; }, false},
      {"codes-few", answer_with_codes, [](Draft& d, Dice&) { d.tail.clear(); }, true},
      {"codes-many", answer_with_codes,
       [](Draft& d, Dice& dice) { d.tail += std::string(dice.between(1, 3000), '\0'); }, true},
      {"session-present", connack, [](Draft& d, Dice&) { d.session = 1; }, false},
      {"session-reserved", connack,
       [](Draft& d, Dice& dice) { d.session = static_cast<int>(dice.between(2, 255)); }, true},
  };
  return kAll;
}

}  // namespace hostile
