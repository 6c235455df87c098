// SPDX-License-Identifier: Apache-2.0
// A client certificate is opened once, and again when its file, its password or the folders change.
#include "certificates/cache.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>

#include "rig/authority.hpp"

using namespace mqfail;

namespace {

struct Stage {
  Stage() { write_pfx(file, issued, {.password = "s3cret"}); }
  Result<std::shared_ptr<const ClientCertificate>> find(const std::string& password = "s3cret") {
    return cache.find(issued.sha1, Secret(password), {folder.path().string()});
  }

  rig::Scratch folder;
  rig::Authority authority;
  rig::Issued issued = authority.issue();
  std::string file = (folder / "client.pfx").string();
  CertificateCache cache;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_found_is_given_again) {
  Stage stage;
  const auto timed = [&] {
    const auto begin = std::chrono::steady_clock::now();
    const auto found = stage.find();
    BOOST_REQUIRE(bool(found));
    BOOST_TEST_MESSAGE("took " << (std::chrono::steady_clock::now() - begin).count() / 1000
                               << " us");
    return *found;
  };
  const auto first = timed();
  BOOST_TEST(first->file == stage.file);
  BOOST_TEST(X509_cmp(first->certificate.get(), stage.issued.x509.get()) == 0);
  BOOST_TEST(timed() == first);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_written_again_is_opened_again) {
  Stage stage;
  const auto first = stage.find();
  BOOST_REQUIRE(bool(first));
  write_pfx(stage.file, stage.issued, {.password = "s3cret"});
  const auto second = stage.find();
  BOOST_REQUIRE(bool(second));
  BOOST_TEST(*second != *first);
  BOOST_TEST(*stage.find() == *second);
  std::filesystem::remove(stage.file);
  BOOST_TEST(!bool(stage.find()));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_opens_nothing_that_another_one_has_opened) {
  Stage stage;
  BOOST_REQUIRE(bool(stage.find()));
  BOOST_TEST(!bool(stage.find("wrong")));
  BOOST_TEST(bool(stage.find()));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_searched_any_more_gives_nothing) {
  Stage stage;
  BOOST_REQUIRE(bool(stage.find()));
  BOOST_TEST(!bool(stage.cache.find(stage.issued.sha1, Secret("s3cret"), {})));
}

// A file counts by what is in it, wherever another one has the name that was looked for.
BOOST_AUTO_TEST_CASE(a_broken_file_of_the_right_name_does_not_hide_a_good_one) {
  Stage stage;
  const rig::Scratch other;
  const std::string named = (other / (stage.issued.sha1 + ".pfx")).string();
  rig::write_file(named, "broken");
  const std::vector<std::string> folders{stage.folder.path().string(), other.path().string()};
  BOOST_TEST(bool(stage.cache.find(stage.issued.sha1, Secret("s3cret"), folders)));
  const auto none = stage.cache.find(stage.issued.sha1, Secret("s3cret"), {other.path().string()});
  BOOST_REQUIRE(!bool(none));
  BOOST_TEST(none.error().message.find(named) != std::string::npos, none.error().message);
}
