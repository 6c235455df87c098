// SPDX-License-Identifier: Apache-2.0
// A sealed secret opens with its key and in its place only.
#include "config/secrets/seal.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

constexpr SecretPlace kPlace{"MQTT1", "server1", "password"};

SealingKey random_key() {
  auto key = SealingKey::random();
  BOOST_TEST_REQUIRE(static_cast<bool>(key));
  return *key;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_again_and_never_looks_the_same) {
  const SealingKey key = random_key();
  for (const std::string& plain : {std::string(), std::string("x"), std::string("hunter2"),
                                   std::string("gr\u00FCn \U0001F600"), std::string("a\0b", 3)}) {
    const auto one = key.seal(plain, kPlace);
    const auto two = key.seal(plain, kPlace);
    BOOST_TEST_REQUIRE((one && two));
    BOOST_TEST(*one != *two);
    BOOST_TEST(is_sealed(*one));
    BOOST_TEST(one->starts_with("mqf1:" + key.id() + ":"));
    BOOST_TEST((plain.size() < 3 || !holds(*one, plain)));
    BOOST_TEST(key.open(*one, kPlace)->reveal() == plain);
  }
  const std::string large(100000, 'p');
  BOOST_TEST(key.open(*key.seal(large, kPlace), kPlace)->reveal() == large);
}

BOOST_AUTO_TEST_CASE(a_sealed_text_opens_in_its_place_only) {
  const SealingKey key = random_key();
  const std::string sealed = *key.seal("hunter2", kPlace);
  BOOST_TEST(static_cast<bool>(key.open(sealed, {"MQTT1", "SERVER1", "password"})));
  for (const SecretPlace& other :
       {SecretPlace{"MQTT2", "server1", "password"}, SecretPlace{"MQTT1", "server2", "password"},
        SecretPlace{"MQTT1", "server1", "clientCertificatePassword"},
        SecretPlace{"MQTT1server1", "", "password"}}) {
    const auto opened = key.open(sealed, other);
    BOOST_TEST_REQUIRE(!opened);
    BOOST_TEST((opened.error().kind == ErrorKind::configuration));
    BOOST_TEST(holds(opened.error().message, "does not open"), opened.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_long_server_id_counts_to_its_last_letter) {
  const SealingKey key = random_key();
  const std::string id(100, 'x');
  const std::string sealed = *key.seal("hunter2", {"MQTT1", id + "a", "password"});
  BOOST_TEST(
      static_cast<bool>(key.open(sealed, {"MQTT1", std::string(100, 'X') + "A", "password"})));
  BOOST_TEST(!key.open(sealed, {"MQTT1", id + "b", "password"}));
}

BOOST_AUTO_TEST_CASE(a_sealed_text_of_which_any_letter_was_changed_does_not_open) {
  const SealingKey key = random_key();
  const std::string sealed = *key.seal("hunter2", kPlace);
  const Keyring ring({key});
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!ring.open(changed, kPlace), changed);
    BOOST_TEST(!ring.open(sealed.substr(0, i), kPlace), i);
  }
  BOOST_TEST(!ring.open(sealed + "AAAA", kPlace));
}

BOOST_AUTO_TEST_CASE(another_key_is_named_and_a_ring_opens_what_any_of_its_keys_sealed) {
  const SealingKey old = random_key();
  const SealingKey fresh = random_key();
  const std::string sealed = *old.seal("hunter2", kPlace);
  const auto opened = Keyring({fresh}).open(sealed, kPlace);
  BOOST_TEST_REQUIRE(!opened);
  BOOST_TEST(holds(opened.error().message, old.id()), opened.error().message);
  BOOST_TEST(holds(opened.error().message, fresh.id()), opened.error().message);
  BOOST_TEST(Keyring({fresh, old}).open(sealed, kPlace)->reveal() == "hunter2");
}

BOOST_AUTO_TEST_CASE(a_key_is_64_hexadecimal_digits) {
  const SealingKey key = random_key();
  BOOST_TEST(SealingKey::parse(key.digits().reveal())->id() == key.id());
  for (const std::string bad :
       {"", "0", "x123456789012345678901234567890123456789012345678901234567890123"})
    BOOST_TEST(!SealingKey::parse(bad), bad);
  BOOST_TEST(!SealingKey::parse(key.digits().reveal() + "0"));
}
