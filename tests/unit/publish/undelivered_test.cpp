// SPDX-License-Identifier: Apache-2.0
// What --undelivered writes can be the input of another run.
#include "publish/undelivered.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>

using namespace mqfail;

namespace {

std::string written(std::optional<char> delimiter,
                    std::initializer_list<std::string_view> payloads) {
  const int fd = memfd_create("undelivered", MFD_CLOEXEC);
  BOOST_REQUIRE(fd >= 0);
  Undelivered undelivered(fd, delimiter);
  for (const std::string_view payload : payloads) undelivered.put(payload);
  BOOST_TEST(!undelivered.failed());
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(pread(fd, text.data(), text.size(), 0)));
  close(fd);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_end_with_a_newline_and_records_with_a_nul) {
  BOOST_TEST((written('\n', {"a", "", "b"}) == "a\n\nb\n"));
  BOOST_TEST((written('\0', {"a\nb", "", "b"}) == std::string("a\nb\0\0b\0", 7)));
}

BOOST_AUTO_TEST_CASE(one_message_is_its_bytes_and_nothing_more) {
  BOOST_TEST((written({}, {"a\nb"}) == "a\nb"));
  BOOST_TEST((written({}, {""}).empty()));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_repeated_is_written_once) {
  BOOST_TEST((written({}, {"a\nb", "a\nb", "a\nb"}) == "a\nb"));
}
