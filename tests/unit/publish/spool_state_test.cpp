// SPDX-License-Identifier: Apache-2.0
#include "publish/spool_state.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "publish/crc32c.hpp"

using namespace mqfail;

namespace {
const SpoolState kState{"0123456789abcdef0123456789abcdef", 12, 7};
}  // namespace

BOOST_AUTO_TEST_CASE(the_checksum_is_crc_32c) {
  BOOST_TEST(crc32c("123456789") == 0xE3069283U);  // RFC 3720, appendix B.4
  BOOST_TEST(crc32c("123456789", 1) != crc32c("123456789", 2));
}

BOOST_AUTO_TEST_CASE(a_state_is_read_back_as_it_was_written) {
  const auto back = SpoolState::parse(kState.text());
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(back->publisher_id == kState.publisher_id);
  BOOST_TEST(back->last == 12U);
  BOOST_TEST(back->settled == 7U);
}

BOOST_AUTO_TEST_CASE(every_state_has_the_same_width) {
  const SpoolState largest{std::string(32, 'f'), UINT64_MAX, UINT64_MAX};
  BOOST_TEST(kState.text().size() == SpoolState::kSize);
  BOOST_TEST(largest.text().size() == SpoolState::kSize);
  BOOST_TEST(SpoolState::parse(largest.text())->last == UINT64_MAX);
  BOOST_TEST(kState.text().back() == '\n');
}

BOOST_AUTO_TEST_CASE(a_state_with_one_changed_byte_is_not_believed) {
  const std::string text = kState.text();
  for (std::size_t place = 0; place + 1 < text.size(); ++place) {
    std::string damaged = text;
    damaged[place] = damaged[place] == '1' ? '2' : '1';
    BOOST_TEST(!SpoolState::parse(damaged).has_value(), "byte " << place);
  }
}

BOOST_AUTO_TEST_CASE(a_state_that_was_cut_is_not_believed) {
  BOOST_TEST(!SpoolState::parse("").has_value());
  BOOST_TEST(!SpoolState::parse(kState.text().substr(0, SpoolState::kSize - 1)).has_value());
}
