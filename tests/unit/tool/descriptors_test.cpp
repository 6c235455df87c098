// SPDX-License-Identifier: Apache-2.0
// Which descriptors may be read or written.
#include "tool/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(each_end_of_a_pipe_is_open_for_its_direction_only) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_TEST(is_open_for(ends[0], Direction::reading));
  BOOST_TEST(!is_open_for(ends[0], Direction::writing));
  BOOST_TEST(is_open_for(ends[1], Direction::writing));
  BOOST_TEST(!is_open_for(ends[1], Direction::reading));
  BOOST_TEST(static_cast<bool>(check_descriptor("--pw-fd", ends[0], Direction::reading)));
  ::close(ends[0]);
  ::close(ends[1]);
  const auto closed = check_descriptor("--pw-fd", ends[0], Direction::reading);
  BOOST_REQUIRE(!closed);
  BOOST_TEST((closed.error().kind == ErrorKind::usage));
  BOOST_TEST(closed.error().message.starts_with("--pw-fd"));
}

BOOST_AUTO_TEST_CASE(a_closed_standard_descriptor_is_filled_with_one_that_fails) {
  const int kept = ::dup(STDIN_FILENO);
  BOOST_REQUIRE(::close(STDIN_FILENO) == 0);
  BOOST_REQUIRE(fill_standard_descriptors());
  char byte = 0;
  BOOST_TEST(::fcntl(STDIN_FILENO, F_GETFD) != -1);
  BOOST_TEST(::read(STDIN_FILENO, &byte, 1) == -1);
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
}
