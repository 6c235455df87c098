// SPDX-License-Identifier: Apache-2.0
// Standard output that does not take everything at once, or nothing any more.
#include "subscribe/output.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <string>

using namespace mqfail;

namespace {

struct Ends {
  ~Ends() {
    close_reader();
    close(writer);
  }
  void close_reader() {
    if (reader >= 0) close(reader);
    reader = -1;
  }
  // What is there now.
  std::string read_all() const {
    std::string all;
    std::array<char, 65536> block;
    fcntl(reader, F_SETFL, O_NONBLOCK);
    for (ssize_t got = 0; (got = read(reader, block.data(), block.size())) > 0;)
      all.append(block.data(), static_cast<std::size_t>(got));
    return all;
  }
  int reader = -1, writer = -1;
};

struct Pipe : Ends {
  Pipe() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(pipe(ends.data()) == 0);
    reader = ends[0];
    writer = ends[1];
    std::signal(SIGPIPE, SIG_IGN);
  }
};

struct SocketPair : Ends {
  SocketPair() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    reader = ends[0];
    writer = ends[1];
  }
};

// Fills the output, which must not wait, and lets the reader take everything.
void overfill(const Ends& ends) {
  Output output(ends.writer);
  std::string wanted;
  for (int i = 0; wanted.size() < 4'000'000; ++i) wanted += std::to_string(i) + "\n";
  output.buffer() = wanted;
  BOOST_TEST(!output.write());
  BOOST_TEST(output.pending());
  BOOST_TEST((output.state() == Output::State::open));
  std::string got;
  for (int turn = 0; turn < 10000 && output.pending(); ++turn) {
    got += ends.read_all();
    output.write();
  }
  got += ends.read_all();
  BOOST_TEST((got == wanted));
  BOOST_TEST(output.buffer().empty());
  BOOST_TEST(output.write());
  BOOST_TEST((fcntl(ends.writer, F_GETFL) & O_NONBLOCK) == 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_pipe_takes_the_rest_later_and_its_flags_stay_as_they_are) {
  overfill(Pipe());
}

BOOST_AUTO_TEST_CASE(a_full_socket_takes_the_rest_later_and_its_flags_stay_as_they_are) {
  overfill(SocketPair());
}

BOOST_AUTO_TEST_CASE(a_reader_that_went_away_closes_the_output) {
  Pipe pipe;
  Output output(pipe.writer);
  pipe.close_reader();
  output.buffer() = "x";
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Output::State::closed));
}

BOOST_AUTO_TEST_CASE(the_reader_of_an_output_that_has_ended_comes_to_the_end) {
  Pipe pipe;
  Output output(pipe.writer);
  output.buffer() = "x";
  BOOST_TEST(output.write());
  output.end();
  std::array<char, 2> block{};
  BOOST_TEST(read(pipe.reader, block.data(), block.size()) == 1);
  BOOST_TEST(read(pipe.reader, block.data(), block.size()) == 0);
  BOOST_TEST(fcntl(pipe.writer, F_GETFD) != -1);
  BOOST_TEST(output.fd() == -1);
  BOOST_TEST(output.write());
  output.end();
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_a_failure) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  Output output(full);
  output.buffer() = "x";
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Output::State::failed));
  BOOST_TEST(output.error_number() == ENOSPC);
  close(full);
}

BOOST_AUTO_TEST_CASE(an_output_that_is_open_for_reading_only_is_a_failure) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  Output output(null);
  output.buffer() = "x";
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Output::State::failed));
  close(null);
}

BOOST_AUTO_TEST_CASE(with_sync_only_what_can_be_synced_counts_as_written) {
  std::string name = "/tmp/mqfail-output-XXXXXX";
  const int file = mkstemp(name.data());
  unlink(name.c_str());
  Output on_disk(file, true);
  on_disk.buffer() = "x";
  BOOST_TEST(on_disk.write());
  close(file);
  const Pipe pipe;  // fdatasync(2) refuses a pipe
  Output output(pipe.writer, true);
  output.buffer() = "x";
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Output::State::failed));
  BOOST_TEST(output.error_number() == EINVAL);
}

// A limit on the size of files stands for a disk that is full.
BOOST_AUTO_TEST_CASE(a_file_that_has_kept_a_part_of_a_batch_is_told) {
  std::signal(SIGXFSZ, SIG_IGN);
  for (const bool large : {false, true}) {
    std::string name = "/tmp/mqfail-output-XXXXXX";
    const int file = mkstemp(name.data());
    unlink(name.c_str());
    rlimit before{};
    BOOST_REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{10, before.rlim_max};
    BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    Output output(file);
    output.buffer() = "12345\n";
    const bool whole = output.write();
    const std::string name_before = output.name();
    if (large) {
      output.put_large("t", "abcdefgh", "\n");
    } else {
      output.buffer() = "abcdefgh\n";
    }
    const bool failed = !output.write();
    BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    BOOST_TEST(whole);
    BOOST_TEST(failed);
    BOOST_TEST((output.state() == Output::State::failed));
    BOOST_TEST(output.error_number() == EFBIG);
    BOOST_TEST(name_before == "standard output");
    BOOST_TEST(output.name() == "standard output (it may end with a part of a message)");
    close(file);
  }
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  Output output(full);
  output.buffer() = "x";
  BOOST_TEST(!output.write());
  BOOST_TEST(output.name() == "standard output");
  close(full);
}

BOOST_AUTO_TEST_CASE(an_output_that_is_given_up_writes_nothing_more) {
  const Pipe pipe;
  Output output(pipe.writer);
  output.buffer() = "x";
  output.abandon();
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Output::State::closed));
  BOOST_TEST(pipe.read_all().empty());
}

// The reader has whole messages in their order, however much of them it took at once.
BOOST_AUTO_TEST_CASE(a_large_payload_goes_out_at_once_as_far_as_the_reader_takes_it) {
  const std::string large(300'000, 'p');
  Pipe pipe;
  Output output(pipe.writer);
  output.buffer() += "before\n";
  output.put_large("t", large, "\n");
  output.put_large("t", "small", "\n");
  BOOST_TEST(output.pending());
  BOOST_TEST(output.size() < large.size());  // only the rest was copied
  std::string all = pipe.read_all();
  BOOST_TEST(!all.empty());
  while (!output.write()) {
    const std::string more = pipe.read_all();
    BOOST_REQUIRE(!more.empty());
    all += more;
  }
  all += pipe.read_all();
  BOOST_TEST((all == "before\n" + large + "\nsmall\n"));
  BOOST_TEST(!output.pending());
}

BOOST_AUTO_TEST_CASE(a_large_payload_for_a_file_is_not_copied) {
  std::string path = "/tmp/output_test_XXXXXX";
  const int file = mkstemp(path.data());
  BOOST_REQUIRE(file >= 0);
  unlink(path.c_str());
  Output output(file, true);
  output.put_large("t", std::string(300'000, 'p'), "\n");
  BOOST_TEST(output.size() == 0U);
  BOOST_TEST(lseek(file, 0, SEEK_END) == 300'001);
  BOOST_TEST(output.write());
  close(file);
}

BOOST_AUTO_TEST_CASE(a_large_payload_for_a_reader_that_went_away_ends_the_output) {
  Pipe pipe;
  Output output(pipe.writer);
  pipe.close_reader();
  output.put_large("t", std::string(300'000, 'p'), "\n");
  BOOST_TEST(output.pending());
  BOOST_TEST(!output.write());
  BOOST_TEST((output.state() == Sink::State::closed));
}
