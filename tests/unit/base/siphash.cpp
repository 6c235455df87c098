// SPDX-License-Identifier: Apache-2.0
// The digest is SipHash-2-4-128 to the letter: vectors of the reference implementation
// (github.com/veorq/SipHash, vectors.h: key 00..0f, input 00, 01, 02 ...).
#include "base/siphash.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {
constexpr SipKey kKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

std::string input(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(i);
  return out;
}
}  // namespace

BOOST_AUTO_TEST_CASE(digests_are_those_of_the_reference) {
  const auto empty = siphash(kKey, "");
  BOOST_TEST(empty.first == 0xe6a825ba047f81a3ULL);
  BOOST_TEST(empty.second == 0x930255c71472f66dULL);
  const auto one = siphash(kKey, input(1));
  BOOST_TEST(one.first == 0x44af996bd8c187daULL);
  BOOST_TEST(one.second == 0x45fc229b11597634ULL);
}

BOOST_AUTO_TEST_CASE(every_byte_and_the_length_count) {
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string text = input(size);
    BOOST_TEST(bool(siphash(kKey, text) != siphash(kKey, text + std::string(1, 0))));
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ 1);
      BOOST_TEST(bool(siphash(kKey, text) != siphash(kKey, other)));
    }
  }
}

BOOST_AUTO_TEST_CASE(another_key_gives_another_digest) {
  BOOST_TEST(bool(siphash({1, 2}, "x") != siphash({1, 3}, "x")));
}
