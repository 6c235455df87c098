// SPDX-License-Identifier: Apache-2.0
// The journal is recognised by its device and inode.
#include "tool/journal.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(only_the_named_file_is_the_journal) {
  std::FILE* const file = std::tmpfile();
  std::FILE* const other = std::tmpfile();
  BOOST_REQUIRE(file != nullptr && other != nullptr);
  struct stat status {};
  BOOST_REQUIRE(::fstat(::fileno(file), &status) == 0);
  ::unsetenv("JOURNAL_STREAM");
  BOOST_TEST(!is_journal(::fileno(file)));
  const std::string name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", name.c_str(), 1);
  BOOST_TEST(is_journal(::fileno(file)));
  BOOST_TEST(!is_journal(::fileno(other)));
  BOOST_TEST(!is_journal(-1));
  for (const std::string& wrong : {std::string(), std::string(":"), name + "1", "x" + name}) {
    ::setenv("JOURNAL_STREAM", wrong.c_str(), 1);
    BOOST_TEST(!is_journal(::fileno(file)), wrong);
  }
  std::fclose(file);
  std::fclose(other);
}

BOOST_AUTO_TEST_CASE(worse_events_have_a_higher_priority) {
  BOOST_TEST(journal_priority(Level::info) == "<6>");
  BOOST_TEST(journal_priority(Level::warning) == "<4>");
  BOOST_TEST(journal_priority(Level::error) == "<3>");
}
