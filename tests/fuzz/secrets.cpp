// SPDX-License-Identifier: Apache-2.0
// Key files and sealed secrets. Laws: errors may be shown and have no key in them; what is sealed
// opens again, and at its own place only.
#include "config/secrets/key_file.hpp"
#include "config/secrets/seal.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  KeyChain chain(KeySource{Secret(text), {}, {}, {}});
  if (const auto keys = chain.to_open(); !keys) {
    fuzz::law_error(keys.error());
  } else {
    for (const SealingKey& key : (*keys)->keys()) {
      const auto again = SealingKey::parse(key.digits().reveal());
      fuzz::law(again && again->id() == key.id(), "a key is written as it was read");
    }
  }

  const SecretPlace place{"MQTT1", "s", "password"};
  static const auto key = SealingKey::parse(std::string(64, 'a'));
  static const Keyring ring({*key});
  for (const std::string& sealed : {text, "mqf1:" + key->id() + ":" + text}) {
    if (const auto opened = ring.open(sealed, place); !opened) fuzz::law_error(opened.error());
  }
  const auto sealed = key->seal(text, place);
  fuzz::law(sealed && is_sealed(*sealed), "everything can be sealed");
  const auto opened = ring.open(*sealed, place);
  fuzz::law(opened && opened->reveal() == text, "what is sealed opens");
  fuzz::law(!ring.open(*sealed, {"MQTT1", "t", "password"}), "it opens at its place only");
  return 0;
}
