// SPDX-License-Identifier: Apache-2.0
// A stored document is the old one or the new one, whatever happens, and nobody else's is touched.
#include "config/store/store.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/file.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;
using test::contents;
using test::Scratch;

namespace {

struct Fixture {
  Scratch home;
  ComponentStore store{home.path("config")};
  std::string file = store.path("MQTT1");

  Result<bool> write(std::string_view text) const {
    const auto lock = store.lock();
    if (!lock) return lock.error();
    return store.write(*lock, "MQTT1", text);
  }
  void expect_written(std::string_view text) const {
    const auto written = write(text);
    BOOST_TEST_REQUIRE(static_cast<bool>(written), (written ? "" : written.error().message));
  }
  Error expect_refused() const {
    const auto written = write("new");
    BOOST_TEST_REQUIRE(!written);
    return written.error();
  }
};

unsigned mode(const std::string& path) {
  struct stat status {};
  BOOST_TEST_REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

timespec changed(const std::string& path) {
  struct stat status {};
  BOOST_TEST_REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mtim;
}

std::size_t entries(const std::string& path) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read_again, Fixture) {
  BOOST_TEST(!store.read("MQTT1")->has_value());
  expect_written("one");
  BOOST_TEST(store.read("MQTT1")->value() == "one");
  expect_written("two");
  BOOST_TEST(store.read("MQTT1")->value() == "two");
  BOOST_TEST(entries(home.path("config/mqfail/components/MQTT1")) == 1U);
}

BOOST_FIXTURE_TEST_CASE(directories_are_0700_and_the_file_is_0600_whatever_the_umask, Fixture) {
  const mode_t before = umask(0);
  expect_written("one");
  umask(before);
  BOOST_TEST(mode(file) == 0600U);
  for (const std::string part :
       {"config", "config/mqfail", "config/mqfail/components", "config/mqfail/components/MQTT1"}) {
    BOOST_TEST(mode(home.path(part)) == 0700U, part);
  }
}

BOOST_FIXTURE_TEST_CASE(nothing_is_written_when_nothing_changes, Fixture) {
  BOOST_TEST(*write("one"));
  const timespec old{1000000000, 5};
  const timespec times[2] = {old, old};
  BOOST_TEST_REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
  BOOST_TEST(!*write("one"));
  BOOST_TEST(changed(file).tv_sec == old.tv_sec);
  BOOST_TEST(changed(file).tv_nsec == old.tv_nsec);
  BOOST_TEST(*write("two"));
  BOOST_TEST(changed(file).tv_sec != old.tv_sec);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_open_to_others_is_closed_to_them, Fixture) {
  expect_written("one");
  chmod(file.c_str(), 0644);
  BOOST_TEST(!*write("one"));
  BOOST_TEST(mode(file) == 0600U);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_the_old_document_and_no_litter, Fixture) {
  expect_written("one");
  signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  BOOST_TEST_REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const rlimit tight{1000, old.rlim_max};
  BOOST_TEST_REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const auto written = write(std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old);
  BOOST_TEST_REQUIRE(!written);
  BOOST_TEST((written.error().kind == ErrorKind::io));
  BOOST_TEST(written.error().message.find("File too large") != std::string::npos,
             written.error().message);
  BOOST_TEST(contents(file) == "one");
  BOOST_TEST(entries(home.path("config/mqfail/components/MQTT1")) == 1U);
}

BOOST_FIXTURE_TEST_CASE(litter_of_a_writer_that_was_killed_is_swept, Fixture) {
  expect_written("one");
  home.file("config/mqfail/components/MQTT1/.RedundantServers.json.abcdefgh", "half");
  expect_written("two");
  BOOST_TEST(entries(home.path("config/mqfail/components/MQTT1")) == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_swap_file_of_an_editor_is_not_swept, Fixture) {
  expect_written("one");
  home.file("config/mqfail/components/MQTT1/.RedundantServers.json.swp", "of vim");
  expect_written("two");
  BOOST_TEST(entries(home.path("config/mqfail/components/MQTT1")) == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_component_that_cannot_be_looked_at_is_listed, Fixture) {
  expect_written("one");
  home.file("config/mqfail/components/file", "no component");
  const std::string loop = home.path("config/mqfail/components/loop");
  BOOST_TEST_REQUIRE(symlink("loop", loop.c_str()) == 0);
  const auto ids = store.list();
  BOOST_TEST_REQUIRE(static_cast<bool>(ids));
  const std::vector<std::string> expected{"MQTT1", "loop"};
  BOOST_TEST(*ids == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_symbolic_link_is_refused_and_its_target_untouched, Fixture) {
  expect_written("one");
  const std::string target = home.file("target", "mine");
  unlink(file.c_str());
  BOOST_TEST_REQUIRE(symlink(target.c_str(), file.c_str()) == 0);
  const Error error = expect_refused();
  BOOST_TEST((error.kind == ErrorKind::configuration));
  BOOST_TEST(error.message.find("is a symbolic link") != std::string::npos, error.message);
  BOOST_TEST((store.read("MQTT1").error().kind == ErrorKind::configuration));
  BOOST_TEST(contents(target) == "mine");
}

BOOST_FIXTURE_TEST_CASE(a_fifo_and_a_directory_are_refused_without_waiting, Fixture) {
  expect_written("one");
  unlink(file.c_str());
  BOOST_TEST_REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  BOOST_TEST(expect_refused().message.find("is not a regular file") != std::string::npos);
  unlink(file.c_str());
  BOOST_TEST_REQUIRE(mkdir(file.c_str(), 0700) == 0);
  BOOST_TEST(expect_refused().message.find("is not a regular file") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_component_directory_that_is_a_symbolic_link_is_refused, Fixture) {
  expect_written("one");
  std::filesystem::rename(home.path("config/mqfail/components/MQTT1"), home.path("elsewhere"));
  std::filesystem::create_directory_symlink(home.path("elsewhere"),
                                            home.path("config/mqfail/components/MQTT1"));
  BOOST_TEST((expect_refused().kind == ErrorKind::configuration));
  BOOST_TEST(contents(home.path("elsewhere/RedundantServers.json")) == "one");
}

BOOST_FIXTURE_TEST_CASE(a_file_of_another_user_is_refused, Fixture) {
  expect_written("one");
  if (geteuid() != 0 || chown(file.c_str(), 12345, 12345) != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can give a file away");
    return;
  }
  BOOST_TEST(expect_refused().message.find("belongs to another user") != std::string::npos);
  BOOST_TEST(contents(file) == "one");
}

BOOST_FIXTURE_TEST_CASE(a_lock_that_stays_taken_is_status_75, Fixture) {
  const auto held = store.lock();
  BOOST_TEST_REQUIRE(static_cast<bool>(held));
  const auto second = store.lock(std::chrono::milliseconds(60));
  BOOST_TEST_REQUIRE(!second);
  BOOST_TEST(static_cast<int>(second.error().kind) == 75);
}

BOOST_FIXTURE_TEST_CASE(a_lock_is_given_back, Fixture) {
  { const auto held = store.lock(); }
  BOOST_TEST(static_cast<bool>(store.lock(std::chrono::milliseconds(0))));
}

BOOST_FIXTURE_TEST_CASE(removing_leaves_nothing_of_the_component, Fixture) {
  expect_written("one");
  {
    const auto lock = store.lock();
    BOOST_TEST(*store.remove(*lock, "MQTT1"));
    BOOST_TEST(!*store.remove(*lock, "MQTT1"));
  }
  BOOST_TEST(!std::filesystem::exists(home.path("config/mqfail/components/MQTT1")));
  expect_written("again");
}

BOOST_FIXTURE_TEST_CASE(a_place_that_cannot_be_made_is_status_73, Fixture) {
  home.file("config", "a file");
  BOOST_TEST(static_cast<int>(expect_refused().kind) == 73);
}

BOOST_AUTO_TEST_CASE(without_a_config_home_there_is_no_store) {
  const ComponentStore store{std::string()};
  BOOST_TEST((store.lock().error().kind == ErrorKind::configuration));
  BOOST_TEST((store.read("a").error().kind == ErrorKind::configuration));
}

BOOST_AUTO_TEST_CASE(component_ids_are_what_the_vendor_allows) {
  for (const std::string good : {"MQTT1", "default", "a b", "a.b", "a-b_c~d%e^f'g", "gr\u00FCn"})
    BOOST_TEST(static_cast<bool>(check_component_id(good)), good);
  for (const char c : std::string("></:?#[]@!$&*\"()\\+,;=|`{}"))
    BOOST_TEST(!check_component_id(std::string("a") + c), c);
  for (const std::string bad :
       {"", " a", "a ", ".a", "..", "a\nb", "a\x7F", "\xFF", "a\u009B2J", "a\u202E"})
    BOOST_TEST(!check_component_id(bad), bad);
  BOOST_TEST(!check_component_id(std::string(201, 'a')));
}

BOOST_AUTO_TEST_CASE(a_list_that_could_not_be_read_again_is_not_stored) {
  const Scratch scratch;
  const ComponentStore store(scratch.path("home"));
  const auto lock = store.lock();
  BOOST_TEST_REQUIRE(static_cast<bool>(lock));
  const auto written = store.write(*lock, "a", std::string(kLargestDocument + 1, ' '));
  BOOST_TEST_REQUIRE(!written);
  BOOST_TEST((written.error().kind == ErrorKind::data));
  BOOST_TEST(!*store.read("a"));
}
