// SPDX-License-Identifier: Apache-2.0
// The progress line: what it says, and that it never takes a second line.
#include "tool/progress.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart(1h);

Standing in_use() {
  Standing standing;
  standing.begin(kStart);
  standing.use("b:1883", "tcp://b:1883", kStart);
  return standing;
}

}  // namespace

BOOST_AUTO_TEST_CASE(people_read_how_far_how_fast_and_where_it_goes) {
  const Standing standing = in_use();
  Counts counts{.taken = 1234567, .unsettled = 100};
  const auto text = [&](std::size_t width = 200) {
    return progress_text({.tool = "mqfail-pub",
                          .noun = "line",
                          .counts = counts,
                          .standing = standing,
                          .rate = 5678.4,
                          .elapsed = 20s},
                         width);
  };
  BOOST_TEST(text() == "mqfail-pub: 1,234,567 lines, 5,678/s, 100 unsettled, b:1883");
  counts.share = 0.25;
  BOOST_TEST(text().ends_with(", b:1883, 1m0s left"));
  counts.failed = 2;
  BOOST_TEST(text().ends_with(", b:1883, 2 failed, 1m0s left"));
  counts.share = 1;
  BOOST_TEST(!text().ends_with("left"));
  BOOST_TEST(text(20) == "mqfail-pub: 1,234,56");
}

BOOST_AUTO_TEST_CASE(an_outage_shows_and_text_of_others_cannot_break_the_line) {
  Standing standing;
  standing.begin(kStart);
  const Counts counts{.taken = 1};
  const auto text = [&](std::size_t width = 200) {
    return progress_text(
        {.tool = "mqfail-pub", .noun = "message", .counts = counts, .standing = standing}, width);
  };
  BOOST_TEST(text() == "mqfail-pub: 1 message, 0/s, 0 unsettled, no server");
  standing.use("a\x1b[2J\n\xc3\xa4", "", kStart);
  BOOST_TEST(text().ends_with("a\\x1b[2J\\x0a\xc3\xa4"), text());
  const std::size_t characters = text().size() - 1;  // the last one has two bytes
  BOOST_TEST(text(characters) == text());
  BOOST_TEST(text(characters - 1).size() == text().size() - 2);  // not half of it
}

BOOST_AUTO_TEST_CASE(the_rate_follows_a_change_within_some_calls) {
  Rate rate;
  BOOST_TEST(rate.update(100, kStart) == 0);
  BOOST_TEST(rate.update(1100, kStart + 1s) == 1000);
  BOOST_TEST(rate.update(1100, kStart + 2s) == 750);
  for (int i = 3; i < 40; ++i) rate.update(1100, kStart + i * 1s);
  BOOST_TEST(rate.update(1100, kStart + 40s) < 1);
  BOOST_TEST(rate.update(1100, kStart + 40s) < 1);  // no time between
}
