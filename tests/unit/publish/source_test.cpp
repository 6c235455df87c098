// SPDX-License-Identifier: Apache-2.0
// Lines come out byte for byte, whatever the blocks they arrive in, and nothing is read too early.
#include "publish/source.hpp"

#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "subscribe/topic_filter.hpp"

using namespace mqfail;

namespace {

class Pipe {
 public:
  Pipe() { BOOST_REQUIRE(pipe(ends_.data()) == 0); }
  ~Pipe() {
    close(ends_[0]);
    finish();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  void write(const std::string& text) {
    BOOST_REQUIRE(::write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void finish() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

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
    input.write(block);
    source.read_some({});
    collect();
  }
  input.finish();
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
  input.write("one\ntwo\n");
  source.read_some({});
  BOOST_TEST(source.fd() == -1);
  BOOST_TEST(std::string(source.next(TimePoint{})->payload) == "one");
  BOOST_TEST(source.fd() == -1);
  BOOST_TEST(std::string(source.rest()) == "two\n");
}

BOOST_AUTO_TEST_CASE(a_stop_still_gives_the_lines_that_were_read_but_not_half_a_line) {
  Pipe input;
  LineSource source(input.reader(), '\n');
  input.write("one\ntwo\nthr");
  source.read_some({});
  source.stop();
  BOOST_TEST(take(source) == (Lines{"one", "two"}), boost::test_tools::per_element());
  BOOST_TEST(source.at_end());
  BOOST_TEST(std::string(source.rest()) == "thr");
}

BOOST_AUTO_TEST_CASE(lines_are_counted_as_an_editor_does) {
  Pipe input;
  LineSource source(input.reader(), '\n');
  input.write("one\n\nthree\n");
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

BOOST_AUTO_TEST_CASE(filters_match_as_the_standard_says) {
  BOOST_TEST(matches("a/b", "a/b"));
  BOOST_TEST(matches("a/+", "a/b"));
  BOOST_TEST(matches("+/+", "/b"));
  BOOST_TEST(matches("#", "a/b/c"));
  BOOST_TEST(matches("a/#", "a"));
  BOOST_TEST(matches("a/#", "a/b/c"));
  BOOST_TEST(!matches("a/+", "a/b/c"));
  BOOST_TEST(!matches("+", "a/b"));
  BOOST_TEST(!matches("a", "A"));
  BOOST_TEST(!matches("#", "$SYS/x"));
  BOOST_TEST(matches("$SYS/#", "$SYS/x"));
}
