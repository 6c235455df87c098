// SPDX-License-Identifier: Apache-2.0
// What was read in one piece is handed out in the pieces that are asked for.
#include "transport/wire/read_ahead.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using namespace mqfail;

namespace {

void fill(ReadAhead& ahead, std::string_view bytes) {
  bytes.copy(ahead.room().data(), bytes.size());
  ahead.filled(bytes.size());
}

std::string take(ReadAhead& ahead, std::size_t size) {
  std::array<char, 16> into{};
  return {into.data(), ahead.take(into.data(), size)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_come_out_in_order_and_no_more_than_there_are) {
  ReadAhead ahead;
  BOOST_TEST(take(ahead, 4).empty());
  fill(ahead, "abcdef");
  BOOST_TEST(take(ahead, 1) == "a");
  BOOST_TEST(ahead.size() == 5U);
  BOOST_TEST(take(ahead, 3) == "bcd");
  BOOST_TEST(take(ahead, 9) == "ef");
  BOOST_TEST(take(ahead, 1).empty());
  fill(ahead, "gh");
  BOOST_TEST(take(ahead, 2) == "gh");
}

BOOST_AUTO_TEST_CASE(beside_a_large_body_little_is_read_ahead) {
  ReadAhead ahead;
  BOOST_TEST(ahead.room().size() == ReadAhead::kBytes);
  ahead.expect_body(ReadAhead::kLargeBody);
  BOOST_TEST(ahead.large());
  BOOST_TEST(ahead.room().size() == ReadAhead::kBesideLargeBody);
  ahead.expect_body(ReadAhead::kLargeBody - 1);
  BOOST_TEST(!ahead.large());
  BOOST_TEST(ahead.room().size() == ReadAhead::kBytes);
}
