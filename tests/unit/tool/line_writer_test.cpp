// SPDX-License-Identifier: Apache-2.0
// Lines for a reader that stops and goes on: none is torn, and none is missing unsaid.
#include "tool/line_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>

using namespace mqfail;

namespace {

// write(2) to this descriptor waits, as a thread does that gets no processor.
std::atomic<int> g_starved{-1};

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  if (fd == g_starved) std::this_thread::sleep_for(std::chrono::milliseconds(700));
  return syscall(SYS_write, fd, bytes, size);
}

namespace {

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
};

std::string note(std::uint64_t dropped) {
  return "dropped " + std::to_string(dropped) + "\n";
}

// Everything up to a line that says "end".
std::string read_to_end(int fd) {
  std::string all;
  std::string block(65536, '\0');
  while (!all.ends_with("end\n")) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    BOOST_REQUIRE(got > 0);
    all.append(block, 0, static_cast<std::size_t>(got));
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_that_goes_on_gets_whole_lines_and_the_number_of_those_that_are_gone) {
  const Pipe pipe;
  LineWriter lines(pipe.ends[1], note);
  const std::string line = std::string(99, 'x') + "\n";
  constexpr std::size_t kPut = 30000;
  for (std::size_t i = 0; i < kPut; ++i) lines.put(line);  // 3 MB
  lines.put("end\n", true);
  const std::string all = read_to_end(pipe.ends[0]);
  std::size_t came = 0, dropped = 0, other = 0;
  for (std::size_t from = 0, end = 0; from < all.size(); from = end + 1) {
    end = all.find('\n', from);
    const std::string one = all.substr(from, end + 1 - from);
    if (one == line) {
      ++came;
    } else if (one.starts_with("dropped ")) {
      dropped += std::stoul(one.substr(8));
    } else {
      ++other;
    }
  }
  BOOST_TEST(other == 1U);  // the end
  BOOST_TEST(came >= 10000U);
  BOOST_TEST(dropped > 0U);
  BOOST_TEST(came + dropped == kPut);
}

BOOST_AUTO_TEST_CASE(lines_that_have_room_are_waited_for_on_a_busy_machine) {
  const Pipe pipe;
  g_starved = pipe.ends[1];
  {
    LineWriter lines(pipe.ends[1], note);
    lines.put("end\n", true);
  }
  g_starved = -1;
  BOOST_REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  BOOST_TEST(read_to_end(pipe.ends[0]) == "end\n");
}

BOOST_AUTO_TEST_CASE(a_reader_that_never_comes_holds_up_the_end_for_a_moment_only) {
  static const Pipe& pipe =
      *new Pipe;  // never closed: the thread that waits for it outlives the test
  const auto begin = std::chrono::steady_clock::now();
  {
    LineWriter lines(pipe.ends[1], note);
    for (int i = 0; i < 1000; ++i) lines.put(std::string(1000, 'x') + "\n");
    BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
  BOOST_TEST((::fcntl(pipe.ends[1], F_GETFL) & O_NONBLOCK) == 0);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_others_made_non_blocking_tears_no_line) {
  const Pipe pipe;
  BOOST_REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  LineWriter lines(pipe.ends[1], note);
  for (int i = 0; i < 200; ++i) lines.put(std::string(4999, 'x') + "\n");
  lines.put("end\n", true);
  const std::string all = read_to_end(pipe.ends[0]);
  BOOST_TEST(all.size() == 200U * 5000 + 4);
}

BOOST_AUTO_TEST_CASE(a_file_has_everything_at_once) {
  char path[] = "/tmp/mqfail-test-XXXXXX";
  const int fd = ::mkostemp(path, O_CLOEXEC);
  BOOST_REQUIRE(fd >= 0);
  ::unlink(path);
  LineWriter lines(fd, note);
  const std::string line(1000, 'x');
  for (int i = 0; i < 3000; ++i) lines.put(line);
  struct stat status {};
  BOOST_REQUIRE(::fstat(fd, &status) == 0);
  BOOST_TEST(status.st_size == 3000 * 1000);
  ::close(fd);
}
