// SPDX-License-Identifier: Apache-2.0
// Lines come out byte for byte, whatever the blocks they arrive in, and nothing is read too early.
#include "publish/source.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "unit/publish/pipe.hpp"

using namespace mqfail;
using test::Pipe;

namespace {

std::vector<std::string> take(Source& source) {
  std::vector<std::string> all;
  while (const auto item = source.next(TimePoint{})) all.emplace_back(item->payload);
  return all;
}

std::vector<std::string> lines_of(const std::vector<std::string>& blocks, char delimiter = '\n') {
  Pipe input;
  LineSource source(input.reader(), delimiter);
  std::vector<std::string> all;
  const auto collect = [&] {
    for (auto& line : take(source)) all.push_back(std::move(line));
  };
  for (const std::string& block : blocks) {
    input.write_text(block);
    source.read_some({});
    collect();
  }
  input.close_writer();
  source.read_some({});
  collect();
  BOOST_TEST(source.at_end());
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_may_arrive_in_pieces) {
  BOOST_TEST(lines_of({"he", "llo\nwor", "ld\n"}) == (Lines{"hello", "world"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_line_need_not_end) {
  BOOST_TEST(lines_of({"a\nb"}) == (Lines{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_line_is_an_empty_message_and_carriage_returns_stay) {
  BOOST_TEST(lines_of({"a\r\n\n", "\nb\n\n"}) == (Lines{"a\r", "", "", "b", ""}),
             boost::test_tools::per_element());
  BOOST_TEST(lines_of({std::string("a\0\0", 3)}, '\0') == (Lines{"a", ""}),
             boost::test_tools::per_element());
  BOOST_TEST(lines_of({"\n"}) == (Lines{""}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(records_may_end_with_nul) {
  BOOST_TEST(lines_of({std::string("a\nb\0c\0", 6)}, '\0') == (Lines{"a\nb", "c"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_input_has_no_lines) {
  BOOST_TEST(lines_of({}).empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_read_while_a_line_waits) {
  Pipe input;
  LineSource source(input.reader(), '\n');
  BOOST_TEST(source.fd() == input.reader());
  input.write_text("one\ntwo\n");
  source.read_some({});
  BOOST_TEST(source.fd() == -1);
  BOOST_TEST(std::string(source.next(TimePoint{})->payload) == "one");
  BOOST_TEST(source.fd() == -1);
  BOOST_TEST(std::string(source.rest()) == "two\n");
}

BOOST_AUTO_TEST_CASE(a_stop_still_gives_the_lines_that_were_read_but_not_half_a_line) {
  Pipe input;
  LineSource source(input.reader(), '\n');
  input.write_text("one\ntwo\nthr");
  source.read_some({});
  source.stop();
  BOOST_TEST(take(source) == (Lines{"one", "two"}), boost::test_tools::per_element());
  BOOST_TEST(source.at_end());
  BOOST_TEST(std::string(source.rest()) == "thr");
}

BOOST_AUTO_TEST_CASE(lines_are_counted_as_an_editor_does) {
  Pipe input;
  LineSource source(input.reader(), '\n');
  input.write_text("one\n\nthree\n");
  source.read_some({});
  BOOST_TEST(source.next(TimePoint{})->line == 1U);
  BOOST_TEST(source.next(TimePoint{})->line == 2U);
  BOOST_TEST(source.next(TimePoint{})->line == 3U);
}

BOOST_AUTO_TEST_CASE(a_repeated_message_keeps_its_distance) {
  using namespace std::chrono_literals;
  RepeatSource source("x", 2, 1s);
  BOOST_TEST(source.next(TimePoint{}).has_value());
  BOOST_TEST(!source.next(TimePoint{} + 999ms).has_value());
  BOOST_TEST((source.due() == TimePoint{} + 1s));
  BOOST_TEST(source.next(TimePoint{} + 1s).has_value());
  BOOST_TEST(source.at_end());
}

// A signal may come just when a block of the input ended with a line. Then nothing is left over,
// and still the file was not read to its end.
BOOST_AUTO_TEST_CASE(a_file_that_was_not_read_to_its_end_is_cut_short) {
  std::FILE* const file = std::tmpfile();
  const std::string block(65536, '\n');
  for (int i = 0; i < 2; ++i) std::fwrite(block.data(), 1, block.size(), file);
  std::fflush(file);
  std::rewind(file);
  const int fd = fileno(file);
  {
    LineSource whole(fd, '\n');
    whole.read_some({});
    BOOST_TEST(take(whole).size() == block.size());
    BOOST_TEST(!whole.cut_short());
    whole.stop();
    BOOST_TEST(whole.at_end());
    BOOST_TEST(whole.rest() == "");
    BOOST_TEST(whole.cut_short());
  }
  LineSource rest(fd, '\n');
  rest.read_some({});
  rest.stop();
  BOOST_TEST(!rest.cut_short());
  std::fclose(file);
}
