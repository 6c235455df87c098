// SPDX-License-Identifier: Apache-2.0
// Files that are written for good on a disk that fails: the reason is the disk's own, and a write
// that takes only a part is continued. The system calls here stand in for libc's.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "config/secrets/key_file.hpp"
#include "config/store/store.hpp"
#include "unit/scratch.hpp"

namespace {
bool short_writes = false;
int fsync_error = 0;
}  // namespace

extern "C" ssize_t write(int fd, const void* data, size_t size) {
  return syscall(SYS_write, fd, data, short_writes ? std::min<size_t>(size, 7) : size);
}

extern "C" int fsync(int fd) {
  if (fsync_error == 0) return static_cast<int>(syscall(SYS_fsync, fd));
  errno = fsync_error;
  return -1;
}

using namespace mqfail;
using namespace mqfail::test;

BOOST_AUTO_TEST_CASE(a_failed_fsync_of_the_key_file_says_why) {
  const Scratch scratch;
  KeyChain keys({.file = scratch.path("key")});
  for (const auto& [error, words] :
       {std::pair(EIO, "Input/output error"), std::pair(EDQUOT, "Disk quota exceeded")}) {
    fsync_error = error;
    const auto made = keys.to_seal(scratch.path("documents"));
    fsync_error = 0;
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().kind == ErrorKind::io));
    BOOST_TEST(made.error().message.find(words) != std::string::npos, made.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_short_write_of_the_key_file_is_continued) {
  const Scratch scratch;
  KeyChain keys({.file = scratch.path("key")});
  short_writes = true;
  const auto made = keys.to_seal(scratch.path("documents"));
  short_writes = false;
  BOOST_REQUIRE(made);
  BOOST_TEST(contents(scratch.path("key")).size() == 65U);
}
