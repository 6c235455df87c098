// SPDX-License-Identifier: Apache-2.0
#include "publish/spool_database.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "unit/scratch.hpp"

using namespace mqfail;
using Outcome = SpoolDatabase::Outcome;

namespace {

struct File {
  test::Scratch folder;
  std::string path = folder.path("messages.db");
};

// What load() finds after number 0, as "payload payload ... damaged N".
std::string found_in(SpoolDatabase& database, std::uint64_t last, std::uint64_t after = 0) {
  Batch into;
  SpoolDatabase::Passed passed;
  if (database.load(after, last, 1000, into, passed) != Outcome::done) return database.trouble();
  std::string all;
  for (std::size_t i = 0; i < into.size(); ++i) all += std::string(into.payload(into.at(i))) + " ";
  if (passed.settled != 0) all += "settled " + std::to_string(passed.settled) + " ";
  return all + "damaged " + std::to_string(passed.damaged);
}

void store(SpoolDatabase& database, std::uint64_t number, std::string_view payload) {
  Batch batch;
  batch.add(payload, number, number);
  BOOST_REQUIRE((database.store(batch, 0, 1, std::nullopt) == Outcome::done));
}

}  // namespace

BOOST_AUTO_TEST_CASE(messages_and_notes_are_there_when_it_is_opened_again) {
  const File file;
  {
    SpoolDatabase database;
    BOOST_REQUIRE((database.open(file.path) == Outcome::done));
    BOOST_TEST(database.note("topic").empty());
    BOOST_TEST((database.set_note("topic", "a/b") == Outcome::done));
    store(database, 1, "one");
    store(database, 2, "");
  }
  SpoolDatabase database;
  BOOST_REQUIRE((database.open(file.path) == Outcome::done));
  BOOST_TEST(database.note("topic") == "a/b");
  BOOST_TEST(database.numbers()->lowest == 1U);
  BOOST_TEST(database.numbers()->highest == 2U);
  BOOST_TEST(found_in(database, 2) == "one  damaged 0");
  BOOST_TEST(found_in(database, 2, 1) == " damaged 0");
}

BOOST_AUTO_TEST_CASE(settled_messages_are_removed_with_the_next_group) {
  const File file;
  SpoolDatabase database;
  BOOST_REQUIRE((database.open(file.path) == Outcome::done));
  store(database, 1, "one");
  store(database, 2, "two");
  Batch batch;
  batch.add("three", 3, 3);
  BOOST_TEST((database.store(batch, 0, 1, 1) == Outcome::done));
  BOOST_TEST(database.numbers()->lowest == 2U);
  BOOST_TEST(database.note("settled") == "1");
}

BOOST_AUTO_TEST_CASE(a_hole_ends_the_reading_and_is_counted_when_it_comes_first) {
  const File file;
  SpoolDatabase database;
  BOOST_REQUIRE((database.open(file.path) == Outcome::done));
  store(database, 1, "one");
  store(database, 4, "four");
  BOOST_TEST(found_in(database, 6) == "one damaged 0");
  BOOST_TEST(found_in(database, 6, 1) == "damaged 2");
  BOOST_TEST(found_in(database, 6, 3) == "four damaged 0");
  BOOST_TEST(found_in(database, 6, 4) == "damaged 2");  // 5 and 6 should be there
}

BOOST_AUTO_TEST_CASE(a_group_is_stored_whole_or_not_at_all) {
  const File file;
  SpoolDatabase database;
  BOOST_REQUIRE((database.open(file.path) == Outcome::done));
  store(database, 2, "two");
  Batch batch;
  batch.add("one", 1, 1);
  batch.add("again", 2, 2);  // a number that is taken
  BOOST_TEST((database.store(batch, 0, 2, std::nullopt) == Outcome::broken));
  BOOST_TEST(!database.trouble().empty());
  BOOST_TEST(database.numbers()->lowest == 2U);
  BOOST_TEST(found_in(database, 2, 1) == "two damaged 0");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_damaged) {
  const File file;
  std::ofstream(file.path) << std::string(8192, 'x');
  SpoolDatabase database;
  BOOST_TEST((database.open(file.path) == Outcome::broken));
  BOOST_TEST(database.is_damaged());
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_not_damage) {
  const File file;
  SpoolDatabase database;
  BOOST_TEST((database.open(file.folder.path("gone/messages.db")) == Outcome::broken));
  BOOST_TEST(!database.is_damaged());
}

BOOST_AUTO_TEST_CASE(what_is_settled_behind_an_open_message_is_passed) {
  const File file;
  SpoolDatabase database;
  BOOST_REQUIRE((database.open(file.path) == Outcome::done));
  for (std::uint64_t number = 1; number <= 5; ++number)
    store(database, number, std::to_string(number));
  BOOST_REQUIRE((database.settle({2, 4}) == Outcome::done));
  BOOST_TEST(found_in(database, 5) == "1 3 5 settled 2 damaged 0");
  BOOST_TEST(found_in(database, 5, 1) == "3 5 settled 2 damaged 0");
  BOOST_REQUIRE((database.settle({1, 3, 5}) == Outcome::done));
  BOOST_TEST(found_in(database, 5) == "settled 5 damaged 0");
  BOOST_TEST(found_in(database, 7) == "settled 5 damaged 2");
}
