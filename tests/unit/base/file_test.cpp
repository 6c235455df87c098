// SPDX-License-Identifier: Apache-2.0
// Files are read with a bound, and nothing is waited for where a regular file is wanted.
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "unit/scratch.hpp"

using namespace mqfail;
using mqfail::test::Scratch;

BOOST_FIXTURE_TEST_CASE(a_file_is_read_whole_or_not_at_all, Scratch) {
  const std::string name = file("a", std::string(100000, 'x'));
  BOOST_TEST(read_file(name)->size() == 100000U);
  BOOST_TEST(read_file(name, 100000)->size() == 100000U);
  BOOST_TEST((read_file(name, 99999).error().kind == ErrorKind::data));
  BOOST_TEST((read_file(path()).error().kind == ErrorKind::no_input));
  BOOST_TEST((read_file(path("none")).error().kind == ErrorKind::no_input));
}

BOOST_FIXTURE_TEST_CASE(only_a_regular_file_is_read_again_and_a_fifo_is_not_waited_for, Scratch) {
  const std::string fifo = path("fifo");
  BOOST_TEST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  BOOST_TEST(is_stream(fifo));
  BOOST_TEST(is_stream("-"));
  BOOST_TEST(!is_stream(path()));
  BOOST_TEST(read_regular_file(fifo).error().message ==
             "cannot read " + fifo + ": not a regular file now");
  BOOST_TEST(*read_regular_file(file("a", "text")) == "text");
}

BOOST_FIXTURE_TEST_CASE(a_password_is_the_first_line_without_its_end, Scratch) {
  BOOST_TEST(read_password_file(file("a", "one \r\ntwo\n"))->reveal() == "one ");
  BOOST_TEST((read_password_file(file("b", "\ntwo\n")).error().kind == ErrorKind::data));
}

BOOST_FIXTURE_TEST_CASE(what_is_written_durably_is_closed_and_a_full_disk_is_an_error, Scratch) {
  const std::string name = temporary_name(path(".t."));
  BOOST_TEST(name != temporary_name(path(".t.")));
  Descriptor made(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  BOOST_TEST_REQUIRE(static_cast<bool>(made));
  BOOST_TEST(static_cast<bool>(write_durably(made, "text", name)));
  BOOST_TEST(!made);
  BOOST_TEST(*read_file(name) == "text");
  Descriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto failed = write_durably(full, "text", name);
  BOOST_TEST_REQUIRE(!failed);
  BOOST_TEST((failed.error().kind == ErrorKind::io));
}
