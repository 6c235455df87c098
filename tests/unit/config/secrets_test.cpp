// SPDX-License-Identifier: Apache-2.0
// Secrets are sealed for their place, and only a key that nobody else can read is used.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "config/document/document.hpp"
#include "config/secrets/seal.hpp"
#include "config/store/document_secrets.hpp"
#include "scratch.hpp"

using namespace mqfail;
using mqfail::test::contents;
using mqfail::test::Scratch;

namespace {

constexpr SecretPlace kPlace{"MQTT1", "server1", "password"};

SealingKey random_key() {
  auto key = SealingKey::random();
  BOOST_TEST_REQUIRE(static_cast<bool>(key));
  return *key;
}

unsigned mode(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Keys {
  Scratch scratch;
  std::string file = scratch.path("state/mqfail/mqfail.key");
  KeySource source{{}, {}, "", scratch.path("state")};

  // The error of opening; empty if the key is good.
  std::string refusal(const KeySource& from) const {
    const auto keys = KeyChain(from).to_open();
    if (keys) return {};
    BOOST_TEST((keys.error().kind == ErrorKind::configuration));
    return keys.error().message;
  }
  std::string make() const {
    KeyChain chain(source);
    const auto keys = chain.to_seal(scratch.path("documents"));
    BOOST_TEST_REQUIRE(static_cast<bool>(keys));
    return (*keys)->first().id();
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_again_and_never_looks_the_same) {
  const SealingKey key = random_key();
  for (const std::string plain : {"", "x", "hunter2", "gr\u00FCn \U0001F600", "a\0b"}) {
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

BOOST_FIXTURE_TEST_CASE(the_key_is_made_once_closed_to_others_whatever_the_umask, Keys) {
  BOOST_TEST(holds(refusal(source), "does not exist"));
  const mode_t before = umask(0);
  const std::string id = make();
  umask(before);
  BOOST_TEST(mode(file) == 0600U);
  BOOST_TEST(mode(scratch.path("state/mqfail")) == 0700U);
  BOOST_TEST(make() == id);
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path("state/mqfail"))) {
    BOOST_TEST(entry.path() == file);
    ++entries;
  }
  BOOST_TEST(entries == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_others_can_read_or_that_is_theirs_is_refused, Keys) {
  make();
  for (const unsigned open : {0640U, 0604U, 0620U, 0602U, 0660U, 0666U, 0601U}) {
    chmod(file.c_str(), open);
    BOOST_TEST(holds(refusal(source), "can be read or written by others"), open);
  }
  chmod(file.c_str(), 0400);
  BOOST_TEST(refusal(source) == "");
  if (geteuid() == 0 && chown(file.c_str(), 12345, 12345) == 0)
    BOOST_TEST(holds(refusal(source), "belongs to another user"));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_no_file_is_refused_without_waiting, Keys) {
  KeySource from = source;
  from.file = scratch.path("key");
  BOOST_TEST_REQUIRE(mkfifo(from.file->c_str(), 0600) == 0);
  BOOST_TEST(holds(refusal(from), "is not a regular file"));
  from.file = scratch.path();
  BOOST_TEST(holds(refusal(from), "is not a regular file"));
  from.file = "/dev/zero";
  BOOST_TEST(holds(refusal(from), "is not a regular file"));
  from.file = scratch.file("empty", "");
  chmod(from.file->c_str(), 0600);
  BOOST_TEST(holds(refusal(from), "is empty"));
  from.file = scratch.file("bad", "not a key\n");
  chmod(from.file->c_str(), 0600);
  BOOST_TEST(holds(refusal(from), "is not a key"));
  from.file = scratch.file("large", std::string(100000, '0'));
  chmod(from.file->c_str(), 0600);
  BOOST_TEST(!KeyChain(from).to_open());
}

BOOST_FIXTURE_TEST_CASE(a_named_file_wins_over_the_credentials_which_win_over_the_default, Keys) {
  const SealingKey named = random_key();
  const SealingKey credential = random_key();
  const std::string standard = make();
  KeySource from = source;
  BOOST_TEST((*KeyChain(from).to_open())->first().id() == standard);
  std::filesystem::create_directory(scratch.path("credentials"));
  from.credentials = scratch.path("credentials");
  BOOST_TEST((*KeyChain(from).to_open())->first().id() == standard);  // none is there
  const std::string there =
      scratch.file("credentials/mqfail.key", credential.digits().reveal() + "\n");
  chmod(there.c_str(), 0440);  // as systemd shows its ACL
  BOOST_TEST((*KeyChain(from).to_open())->first().id() == credential.id());
  chmod(there.c_str(), 0444);
  BOOST_TEST(holds(refusal(from), "can be read or written by others"));
  from.file = scratch.file("named", named.digits().reveal() + "\r\n");
  chmod(from.file->c_str(), 0600);
  BOOST_TEST((*KeyChain(from).to_open())->first().id() == named.id());
  from.given = random_key().digits();
  BOOST_TEST((*KeyChain(from).to_open())->first().id() != named.id());
}

BOOST_FIXTURE_TEST_CASE(no_key_is_made_beside_what_it_protects, Keys) {
  std::filesystem::create_directories(scratch.path("documents"));
  KeySource from = source;
  from.file = scratch.path("documents/../documents/key");
  const auto keys = KeyChain(from).to_seal(scratch.path("documents"));
  BOOST_TEST_REQUIRE(!keys);
  BOOST_TEST(holds(keys.error().message, "would lie beside what it protects"));
  BOOST_TEST(!std::filesystem::exists(*from.file));
}

BOOST_FIXTURE_TEST_CASE(a_reference_is_a_file_of_that_name_that_is_ours_alone, Keys) {
  KeySource from = source;
  const KeyChain chain(from);
  const auto missing = chain.secret("broker");
  BOOST_TEST_REQUIRE(!missing);
  BOOST_TEST(holds(missing.error().message, "{{broker}} names a secret that is not there"));
  std::filesystem::create_directories(scratch.path("state/mqfail/secrets"));
  const std::string stored = scratch.file("state/mqfail/secrets/broker", "hunter2\r\nmore\n");
  chmod(stored.c_str(), 0600);
  BOOST_TEST(chain.secret("broker")->reveal() == "hunter2");
  chmod(stored.c_str(), 0644);
  BOOST_TEST(holds(chain.secret("broker").error().message, "can be read or written by others"));
  std::filesystem::create_directory(scratch.path("credentials"));
  chmod(scratch.file("credentials/broker", "from systemd").c_str(), 0400);
  from.credentials = scratch.path("credentials");
  BOOST_TEST(KeyChain(from).secret("broker")->reveal() == "from systemd");
  for (const std::string bad : {"", ".", "..", "../mqfail.key", "/etc/passwd", "a/b", "a\nb"})
    BOOST_TEST(!KeyChain(from).secret(bad), bad);
}

BOOST_FIXTURE_TEST_CASE(a_list_keeps_the_sealed_text_of_what_is_the_same_and_seals_the_rest, Keys) {
  const auto read = [](const std::string& text, const std::vector<DocumentServer>& previous) {
    const auto reading = read_replacement("doc", text, std::nullopt, previous);
    BOOST_TEST_REQUIRE(reading.valid());
    BOOST_TEST(reading.reports.empty());  // no warning: it is about to be sealed
    return reading.servers;
  };
  const auto text = [](const std::string& first, const std::string& second) {
    return R"([{"hostNameOrIpAddress":"a","userName":"u","password":")" + first +
           R"(","serverId":"A"},{"hostNameOrIpAddress":"b","userName":"u","password":")" + second +
           R"(","serverId":"B"}])";
  };
  KeyChain chain(source);
  const auto seal = [&](std::vector<DocumentServer> list,
                        const std::vector<DocumentServer>& previous) {
    const auto done = seal_secrets(list, previous, "MQTT1", scratch.path("documents"), chain);
    BOOST_TEST_REQUIRE(static_cast<bool>(done));
    return list;
  };
  const auto one = seal(read(text("hunter2", "hunter2"), {}), {});
  BOOST_TEST(!holds(write_document(one, false), "hunter2"));
  BOOST_TEST(one[0].password->text.reveal() != one[1].password->text.reveal());
  const auto same = seal(read(text("hunter2", "***************"), one), one);
  BOOST_TEST(write_document(same, false) == write_document(one, false));
  const auto changed = seal(read(text("new", "***************"), one), one);
  BOOST_TEST(changed[0].password->text.reveal() != one[0].password->text.reveal());
  BOOST_TEST(changed[1].password->text.reveal() == one[1].password->text.reveal());
  // What is already sealed for this place is taken, what is sealed for another one is not.
  const auto copied = seal(read(write_document(one, false), {}), {});
  BOOST_TEST(write_document(copied, false) == write_document(one, false));
  auto moved = read(text(one[1].password->text.reveal(), "x"), {});
  const auto refused = seal_secrets(moved, {}, "MQTT1", scratch.path("documents"), chain);
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST(holds(refused.error().message, "'A' does not open"), refused.error().message);

  auto opened = one;
  BOOST_TEST_REQUIRE(static_cast<bool>(open_secrets(opened, "MQTT1", chain)));
  BOOST_TEST(draft_of(opened[1]).server.password->reveal() == "hunter2");
  BOOST_TEST(!draft_of(one[1]).server.password);
  auto elsewhere = one;
  BOOST_TEST(!open_secrets(elsewhere, "MQTT2", chain));
}

BOOST_AUTO_TEST_CASE(asterisks_without_a_stored_secret_are_an_error_at_their_place) {
  const auto reading = read_replacement(
      "doc", R"([{"hostNameOrIpAddress":"a","userName":"u","password":"***************"}])",
      std::nullopt, {});
  BOOST_TEST_REQUIRE(reading.reports.size() == 1U);
  BOOST_TEST(reading.reports[0].headline ==
             "doc:1:55: error: /0/password: fifteen asterisks stand for a stored secret, but none "
             "is stored");
}

BOOST_AUTO_TEST_CASE(a_reference_is_kept_and_shown_as_it_is) {
  const auto reading = read_document(
      "doc",
      R"([{"hostNameOrIpAddress":"a","userName":"u","password":"{{MQTT1.RedundantServers.a.Password}}"}])");
  BOOST_TEST_REQUIRE(reading.valid());
  BOOST_TEST(reading.reports.empty());
  BOOST_TEST(holds(write_document(reading.servers, true),
                   "\"password\": \"{{MQTT1.RedundantServers.a.Password}}\""));
}

BOOST_AUTO_TEST_CASE(a_secret_leaves_nothing_behind_when_it_moves) {
  Secret from(std::string("hunter2"));
  const char* bytes = from.reveal().data();
  const Secret to(std::move(from));
  BOOST_TEST(to.reveal() == "hunter2");
  BOOST_TEST(std::string(bytes, 7) == std::string(7, '\0'));  // a short string lives in its object
}
