// SPDX-License-Identifier: Apache-2.0
// Looking into a pipe or a file: the input keeps everything until it is taken.
#include "publish/peek.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>

#include "unit/publish/pipe.hpp"

using namespace mqfail;
using test::Pipe;

namespace {

struct Text {
  explicit Text(std::string_view text) {
    std::string name = "/tmp/mqfail-peek-XXXXXX";
    fd = mkstemp(name.data());
    unlink(name.c_str());
    BOOST_REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    lseek(fd, 0, SEEK_SET);
  }
  ~Text() { close(fd); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  int fd;
};

std::string seen_by(Peek& peek, std::size_t size = Peek::kSize) {
  std::string text(size, '\0');
  const ssize_t got = peek.look(text.data(), text.size());
  if (got < 0) return errno == EAGAIN ? "nothing now" : "an error";
  return text.substr(0, static_cast<std::size_t>(got));
}

std::string left_in(int fd) {
  std::string text(1000, '\0');
  return text.substr(0,
                     static_cast<std::size_t>(std::max<ssize_t>(0, read(fd, text.data(), 1000))));
}

bool is_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, 0) == 1;
}

}  // namespace

// A run that is killed between two reads would leave the rest of a line.
BOOST_AUTO_TEST_CASE(all_that_is_taken_leaves_a_pipe_in_one_read) {
  const auto reads_so_far = [] {
    std::ifstream io("/proc/self/io");
    long count = -1;
    for (std::string name; io >> name;) {
      if (name == "syscr:") io >> count;
    }
    return count;
  };
  const Pipe pipe;
  const auto peek = Peek::of(pipe.reader());
  BOOST_REQUIRE(peek != nullptr);
  const std::string all(200'000, 'x');
  pipe.write_text(all);
  BOOST_REQUIRE(seen_by(*peek) == all);
  const long before = reads_so_far();
  const long own = reads_so_far() - before;  // of counting itself
  peek->take(199'999);
  const long after = reads_so_far();
  BOOST_REQUIRE(before > 0);
  BOOST_TEST(after - before - 2 * own == 1);
  BOOST_TEST(left_in(pipe.reader()) == "x");
}

BOOST_AUTO_TEST_CASE(a_pipe_keeps_what_was_seen_until_it_is_taken) {
  const Pipe pipe;
  const auto peek = Peek::of(pipe.reader());
  BOOST_REQUIRE(peek != nullptr);
  pipe.write_text("one\ntwo\n");
  BOOST_TEST(seen_by(*peek) == "one\ntwo\n");
  BOOST_TEST(seen_by(*peek) == "one\ntwo\n");
  peek->take(4);
  BOOST_TEST(seen_by(*peek) == "two\n");
  BOOST_TEST(left_in(pipe.reader()) == "two\n");
}

BOOST_AUTO_TEST_CASE(a_file_keeps_its_position_until_something_is_taken) {
  const Text file("one\ntwo\n");
  lseek(file.fd, 1, SEEK_SET);
  const auto peek = Peek::of(file.fd);
  BOOST_REQUIRE(peek != nullptr);
  BOOST_TEST(seen_by(*peek) == "ne\ntwo\n");
  BOOST_TEST(lseek(file.fd, 0, SEEK_CUR) == 1);
  peek->take(3);
  BOOST_TEST(lseek(file.fd, 0, SEEK_CUR) == 4);
  BOOST_TEST(seen_by(*peek) == "two\n");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_complete_only_when_its_last_writer_has_gone) {
  Pipe pipe;
  const auto peek = Peek::of(pipe.reader());
  BOOST_TEST(seen_by(*peek) == "nothing now");
  BOOST_TEST(!peek->complete());
  pipe.write_text("one");
  BOOST_TEST(seen_by(*peek) == "one");
  BOOST_TEST(!peek->complete());
  pipe.close_writer();
  BOOST_TEST(seen_by(*peek) == "one");
  BOOST_TEST(peek->complete());
  peek->take(3);
  BOOST_TEST(seen_by(*peek).empty());
  BOOST_TEST(peek->complete());
}

BOOST_AUTO_TEST_CASE(a_file_is_complete_when_all_of_it_was_seen) {
  const Text file("123456");
  const auto peek = Peek::of(file.fd);
  BOOST_TEST(seen_by(*peek, 6) == "123456");
  BOOST_TEST(!peek->complete());  // it may be longer
  BOOST_TEST(seen_by(*peek, 7) == "123456");
  BOOST_TEST(peek->complete());
}

BOOST_AUTO_TEST_CASE(a_look_that_is_too_small_is_cut_and_not_complete) {
  Pipe pipe;
  const auto peek = Peek::of(pipe.reader());
  pipe.write_text("123456");
  pipe.close_writer();
  BOOST_TEST(seen_by(*peek, 3) == "123");
  BOOST_TEST(peek->cut());
  BOOST_TEST(!peek->complete());
  BOOST_TEST(seen_by(*peek, 6) == "123456");
  BOOST_TEST(!peek->cut());
  BOOST_TEST(peek->complete());
}

BOOST_AUTO_TEST_CASE(what_was_seen_and_not_taken_wakes_nobody_again) {
  const Pipe pipe;
  const auto peek = Peek::of(pipe.reader());
  pipe.write_text("one");
  BOOST_TEST(is_readable(peek->fd(false)));
  seen_by(*peek);
  BOOST_TEST(!is_readable(peek->fd(true)));
  pipe.write_text("two");
  BOOST_TEST(is_readable(peek->fd(true)));
}

BOOST_AUTO_TEST_CASE(only_pipes_and_files_can_be_looked_into) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  BOOST_TEST((Peek::of(ends[0]) == nullptr));
  for (const int end : ends) close(end);
}
