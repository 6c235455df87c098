// SPDX-License-Identifier: Apache-2.0
// What can be done with a stored list: a stored secret stays with the server it was stored for
// (product.md section 5), whichever door a change comes through.
#include "config/store/stored_list.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>

#include "config/document/document_writer.hpp"
#include "config/document/item_reader.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;
using mqfail::test::contents;
using mqfail::test::Scratch;

namespace {

struct Stored {
  Scratch scratch;
  ComponentStore store{scratch.path("config")};
  KeyChain keys{KeySource{{}, {}, "", scratch.path("state")}};
  StoredList list{store, "MQTT1", keys};
  std::string path = store.path("MQTT1");

  using Members = std::map<std::string, std::string>;
  // The stored server; what is given replaces a member, and an empty value leaves it out.
  static std::string item(const Members& given = {}) {
    Members all{{"serverId", "\"a\""},
                {"hostNameOrIpAddress", "\"plant.example\""},
                {"port", "8883"},
                {"protocol", "\"TCP\""},
                {"tls", "\"TLS12\""},
                {"userName", "\"joe\""},
                {"password", "\"hunter2\""},
                {"clientCertificateThumbprint", "\"" + std::string(40, 'a') + "\""},
                {"clientCertificatePassword", "\"hunter3\""}};
    for (const auto& [key, value] : given) all[key] = value;
    return object(all);
  }
  static std::string object(const Members& members) {
    std::string text;
    for (const auto& [key, value] : members) {
      if (!value.empty()) text += (text.empty() ? "{\"" : ",\"") + key + "\":" + value;
    }
    return text.empty() ? "{}" : text + "}";
  }
  static NamedText named(std::string text) { return {"request", Secret(std::move(text))}; }

  void begin() {
    const auto done = list.set(named("[" + item() + "]"), std::nullopt);
    BOOST_TEST_REQUIRE((done && done->reading.valid()));
  }
};

// A change of keys through one door; what it does not give stays as it is, or stands as asterisks.
struct Door {
  std::string name;
  std::function<Result<Change>(Stored&, const Stored::Members&)> change;
};

Stored::Members with_masks(Stored::Members given) {
  const std::string mask = "\"" + std::string(kSecretMask) + "\"";
  for (const std::string key : {"password", "clientCertificatePassword"}) given.emplace(key, mask);
  return given;
}

std::string unquoted(std::string value) {
  std::erase(value, '"');
  return value;
}

const std::vector<Door>& doors() {
  static const std::vector<Door> all = {
      {"set with asterisks",
       [](Stored& stored, const Stored::Members& given) {
         return stored.list.set(Stored::named("[" + Stored::item(with_masks(given)) + "]"),
                                std::nullopt);
       }},
      {"set of what is stored, edited",
       [](Stored& stored, const Stored::Members& given) {
         // The sealed text itself, as somebody has it who edits the stored file.
         const auto there = stored.list.servers();
         Stored::Members members;
         for (const auto& [key, value] : document_members(there->front(), false))
           members[std::string(key)] = value;
         for (const auto& [key, value] : given) members[key] = value;
         return stored.list.set(Stored::named(Stored::object(members)), std::nullopt);
       }},
      {"set without an id",
       [](Stored& stored, const Stored::Members& given) {
         Stored::Members members = with_masks(given);
         members["serverId"] = "";
         return stored.list.set(Stored::named(Stored::item(members)), std::nullopt);
       }},
      {"put",
       [](Stored& stored, const Stored::Members& given) {
         return stored.list.put(Stored::named(Stored::item(with_masks(given))), "A");
       }},
      {"merge",
       [](Stored& stored, const Stored::Members& given) {
         Stored::Members members = given;
         members["serverId"] = "\"a\"";
         return stored.list.merge(Stored::named("[" + Stored::object(members) + "]"), std::nullopt);
       }},
      {"merge of one server",
       [](Stored& stored, const Stored::Members& given) {
         return stored.list.merge(Stored::named(Stored::object(given)), std::nullopt, "a");
       }},
      {"merge with asterisks",
       [](Stored& stored, const Stored::Members& given) {
         return stored.list.merge(Stored::named(Stored::object(with_masks(given))), std::nullopt,
                                  "a");
       }},
      {"edit",
       [](Stored& stored, const Stored::Members& given) {
         std::vector<KeyValue> values;
         for (const auto& [key, value] : given)
           values.push_back(
               {key, value == "null" ? std::nullopt : std::optional(Secret(unquoted(value)))});
         return stored.list.edit("a", values);
       }},
  };
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_stored_secret_stays_with_its_endpoint_through_every_door, Stored) {
  const std::vector<std::pair<Members, std::string>> elsewhere = {
      {{{"hostNameOrIpAddress", "\"127.0.0.1\""}}, "hostNameOrIpAddress"},
      {{{"hostNameOrIpAddress", "\"127.0.0.1\""}, {"port", "18999"}, {"tls", "\"TLS12\""}},
       "hostNameOrIpAddress"},
      {{{"port", "8884"}}, "port"},
      {{{"protocol", "\"WS\""}}, "protocol"},
      {{{"tls", "\"TLS11\""}}, "tls"},
      {{{"validateServerCertificate", "false"}}, "validateServerCertificate"}};
  begin();
  const std::string before = contents(path);
  for (const Door& door : doors()) {
    for (const auto& [given, key] : elsewhere) {
      // Without an id, another host or port is another server, and asterisks have nothing behind
      // them.
      const auto change = door.change(*this, given);
      BOOST_TEST_CONTEXT(door.name << ", " << key) {
        BOOST_TEST_REQUIRE(static_cast<bool>(change));
        BOOST_TEST(!change->reading.valid());
        std::string said;
        for (const Report& report : change->reading.reports) said += report.headline + "\n";
        const bool another = door.name == "set without an id" &&
                             (key == "hostNameOrIpAddress" || key == "port" || key == "protocol");
        for (const std::string secret : {"/password: ", "/clientCertificatePassword: "})
          BOOST_TEST(said.find(secret + std::string(another ? kNothingStored
                                                            : "the stored secret stays with")) !=
                         std::string::npos,
                     said);
        if (!another) BOOST_TEST(said.find(key + " makes this another one") != std::string::npos);
        BOOST_TEST(contents(path) == before);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(secrets_given_again_go_along_and_what_only_strengthens_needs_none, Stored) {
  for (const Door& door : doors()) {
    if (door.name == "set without an id") continue;
    BOOST_TEST_CONTEXT(door.name) {
      const auto valid = [&](const Members& given) {
        begin();
        const auto change = door.change(*this, given);
        return change && change->reading.valid();
      };
      BOOST_TEST(valid({{"tls", "\"TLS13\""}}));
      BOOST_TEST(valid({{"hostNameOrIpAddress", "\"PLANT.example\""}}));
      BOOST_TEST(valid({{"userName", "\"jane\""}}));
      // All of them, or it is refused for the one that is missing.
      const Members half{{"port", "1"}, {"password", "\"hunter2\""}};
      BOOST_TEST(!valid(half));
      Members whole = half;
      whole["clientCertificatePassword"] = "\"hunter3\"";
      BOOST_TEST(valid(whole));
      // None is needed where none is kept.
      BOOST_TEST(
          valid({{"port", "1"}, {"password", "null"}, {"clientCertificatePassword", "null"}}));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_reference_and_a_plain_secret_stay_with_their_endpoint_too, Stored) {
  for (const std::string secret : {"{{vault}}", "hunter2"}) {
    begin();
    // Written by hand, as the page allows it.
    const std::string text = "[" +
                             object({{"serverId", "\"a\""},
                                     {"hostNameOrIpAddress", "\"h\""},
                                     {"userName", "\"u\""},
                                     {"password", "\"" + secret + "\""}}) +
                             "]";
    const auto lock = store.lock();
    BOOST_TEST_REQUIRE(static_cast<bool>(store.write(*lock, "MQTT1", text)));
  }
  const std::string before = contents(path);
  const auto merged =
      list.merge(named(object({{"hostNameOrIpAddress", "\"other\""}})), std::nullopt, "a");
  BOOST_TEST((merged && !merged->reading.valid()));
  const auto edited = list.edit("a", {{"port", Secret("1")}, {"serverId", Secret("b")}});
  BOOST_TEST((edited && !edited->reading.valid()));
  BOOST_TEST(contents(path) == before);
}

BOOST_FIXTURE_TEST_CASE(rekey_keeps_the_key_while_a_list_cannot_be_looked_at, Stored) {
  begin();
  const auto old = keys.to_open();
  BOOST_TEST_REQUIRE(static_cast<bool>(old));
  const std::string id = (*old)->keys().front().id();
  const std::string loop = path.substr(0, path.rfind("/MQTT1/")) + "/loop";
  BOOST_TEST_REQUIRE(symlink("loop", loop.c_str()) == 0);
  BOOST_TEST(!rekey(store, keys));
  BOOST_TEST((*keys.to_open())->keys().front().id() == id);
  unlink(loop.c_str());
  BOOST_TEST(static_cast<bool>(rekey(store, keys)));
  BOOST_TEST((*keys.to_open())->keys().front().id() != id);
}

BOOST_FIXTURE_TEST_CASE(a_value_that_is_not_utf_8_is_refused, Stored) {
  begin();
  const std::string before = contents(path);
  const auto edited = list.edit("a", {{"password", Secret("p\xe4ss")}});
  BOOST_TEST_REQUIRE(!edited);
  BOOST_TEST(edited.error().message == "password is not UTF-8; nothing was changed");
  BOOST_TEST(contents(path) == before);
}
