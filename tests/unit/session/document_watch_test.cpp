// SPDX-License-Identifier: Apache-2.0
// What counts as a change of a document, against the real inotify; the wait after it is the test's
// own time.
#include "session/document_watch.hpp"

#include <poll.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "session/clock.hpp"
#include "unit/scratch.hpp"

using namespace mqfail;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Not in the common folder of temporary files, where others write while the test runs: some cases
/// change the folder that holds it.
struct Folder {
  Folder() {
    fs::create_directory(path);
    write("list.json", "one");
    // Older than any test: no change by itself.
    fs::last_write_time(path / "list.json", fs::file_time_type::clock::now() - 1h);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
  test::Scratch above;
  fs::path path = above.path("folder");
};

struct Stage {
  explicit Stage(const Folder& folder, Duration read_ago = -1h) {
    auto opened =
        DocumentWatch::open({(folder.path / "list.json").string()}, steady_now() - read_ago);
    BOOST_REQUIRE(!!opened);
    watch.emplace(std::move(*opened));
  }
  bool stirred() const {
    pollfd fd{watch->fd(), POLLIN, 0};
    return poll(&fd, 1, 0) == 1;
  }
  /// What the loop does: wait, tell, wait the change out, ask.
  bool changes() {
    if (!stirred()) return false;
    watch->on_poll(now);
    now = *watch->deadline();
    return watch->changed(now);
  }
  std::optional<DocumentWatch> watch;
  TimePoint now{1h};
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_nobody_touches_is_no_change) {
  const Folder folder;
  Stage stage(folder);
  BOOST_TEST(!stage.stirred());
  BOOST_TEST(!stage.watch->deadline().has_value());
  BOOST_TEST(!stage.watch->changed(stage.now));
}

BOOST_AUTO_TEST_CASE(a_document_written_in_place_is_one_change) {
  const Folder folder;
  Stage stage(folder);
  folder.write("list.json", "two");
  BOOST_TEST(stage.changes());
  BOOST_TEST(!stage.changes());
}

BOOST_AUTO_TEST_CASE(a_document_that_another_one_replaces_is_a_change) {
  const Folder folder, elsewhere;
  Stage stage(folder);
  fs::rename(elsewhere.path / "list.json", folder.path / "list.json");
  BOOST_TEST(stage.changes());
}

BOOST_AUTO_TEST_CASE(another_file_beside_it_only_wakes) {
  const Folder folder;
  Stage stage(folder);
  folder.write("other", "x");
  BOOST_TEST(stage.stirred());
  BOOST_TEST(!stage.changes());
}

BOOST_AUTO_TEST_CASE(a_document_that_goes_and_comes_is_two_changes) {
  const Folder folder;
  Stage stage(folder);
  fs::remove(folder.path / "list.json");
  BOOST_TEST(stage.changes());
  folder.write("list.json", "two");
  BOOST_TEST(stage.changes());
}

BOOST_AUTO_TEST_CASE(many_writes_are_waited_out_and_are_one_change) {
  const Folder folder;
  Stage stage(folder);
  folder.write("list.json", "two");
  BOOST_REQUIRE(stage.stirred());
  stage.watch->on_poll(stage.now);
  BOOST_TEST(stage.watch->fd() == -1);  // nothing is to be heard meanwhile
  const auto due = stage.watch->deadline();
  BOOST_REQUIRE(due.has_value());
  folder.write("list.json", "three");
  BOOST_TEST((*due > stage.now));
  BOOST_TEST(!stage.watch->changed(*due - 1us));
  BOOST_TEST(stage.watch->changed(*due));
  BOOST_TEST(!stage.stirred());
}

BOOST_AUTO_TEST_CASE(what_changed_while_it_was_read_is_a_change_at_once) {
  const Folder folder;
  folder.write("list.json", "two");
  Stage stage(folder, 1min);  // reading began a minute ago
  BOOST_REQUIRE(stage.watch->deadline().has_value());
  BOOST_TEST(stage.watch->changed(*stage.watch->deadline()));
}

BOOST_AUTO_TEST_CASE(a_change_behind_a_link_is_seen) {
  const Folder folder, elsewhere;
  fs::remove(folder.path / "list.json");
  fs::create_symlink(elsewhere.path / "list.json", folder.path / "list.json");
  Stage stage(folder);
  elsewhere.write("list.json", "two");
  BOOST_TEST(stage.changes());
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_made_anew_is_watched_again) {
  const Folder folder;
  fs::create_directory(folder.path / "in");
  fs::rename(folder.path / "list.json", folder.path / "in" / "list.json");
  auto opened =
      DocumentWatch::open({(folder.path / "in" / "list.json").string()}, steady_now() + 1h);
  BOOST_REQUIRE(!!opened);
  Stage stage(folder);
  stage.watch.emplace(std::move(*opened));
  fs::remove_all(folder.path / "in");
  BOOST_TEST(stage.changes());
  fs::create_directory(folder.path / "in");
  BOOST_TEST(!stage.changes());
  folder.write("in/list.json", "two");
  BOOST_TEST(stage.changes());
}
