// SPDX-License-Identifier: Apache-2.0
// Only a key or a secret that nobody else can read is used.
#include "config/secrets/key_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "unit/scratch.hpp"

using namespace mqfail;
using mqfail::test::Scratch;

namespace {

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

BOOST_FIXTURE_TEST_CASE(a_key_file_that_is_a_link_stays_one, Keys) {
  make();
  const std::string real = scratch.path("real.key");
  std::filesystem::rename(file, real);
  std::filesystem::create_symlink(real, file);
  KeyChain chain(source);
  const Keyring fresh({random_key()});
  BOOST_TEST_REQUIRE(static_cast<bool>(chain.replace(fresh)));
  BOOST_TEST(std::filesystem::is_symlink(file));
  KeySource by_name = source;
  by_name.file = real;
  KeyChain other(by_name);
  const auto opened = other.to_open();
  BOOST_TEST_REQUIRE(static_cast<bool>(opened));
  BOOST_TEST((*opened)->first().id() == fresh.first().id());
}
