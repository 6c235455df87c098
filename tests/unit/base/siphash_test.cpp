// SPDX-License-Identifier: Apache-2.0
// The digest is SipHash-2-4-128 to the letter: vectors of the reference implementation
// (github.com/veorq/SipHash, vectors.h: key 00..0f, input 00, 01, 02 ...). A long message is
// compressed first, and each byte of it still counts, at its place.
#include "base/siphash.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "base/digest.hpp"

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

BOOST_AUTO_TEST_CASE(a_short_message_is_not_compressed) {
  const Digester digest(kKey);
  for (const std::size_t size : {0, 1, 100, 1023}) {
    BOOST_TEST(bool(digest(input(size)) == siphash(kKey, input(size))));
  }
  BOOST_TEST(bool(digest(input(1024)) != siphash(kKey, input(1024))));
}

BOOST_AUTO_TEST_CASE(every_bit_of_a_long_message_counts) {
  const Digester digest(kKey);
  for (const std::size_t size : {1024, 3000, 4096}) {
    std::set<Digest> seen;
    std::string text(size, 0);
    seen.insert(digest(text));
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      char& byte = text[bit / 8];
      const char mask = static_cast<char>(1 << (bit % 8));
      byte = static_cast<char>(byte ^ mask);
      seen.insert(digest(text));
      byte = static_cast<char>(byte ^ mask);
    }
    BOOST_TEST(seen.size() == 8 * size + 1);
  }
}

BOOST_AUTO_TEST_CASE(order_length_and_key_count_in_a_long_message) {
  const Digester digest(kKey);
  std::set<Digest> seen;
  for (std::size_t size = 1024; size <= 3072; ++size) seen.insert(digest(std::string(size, 0)));
  BOOST_TEST(seen.size() == 2049U);
  // Any two words change places, near or far, in one block or two.
  std::string text = input(2048);
  for (std::size_t i = 0; i < 512; ++i) text[4 * i] = static_cast<char>(i / 256 + 1);
  seen = {digest(text)};
  for (std::size_t other = 1; other < 512; ++other) {
    std::string swapped = text;
    std::swap_ranges(swapped.begin(), swapped.begin() + 4,
                     swapped.begin() + static_cast<std::ptrdiff_t>(4 * other));
    if (swapped != text) seen.insert(digest(swapped));
  }
  BOOST_TEST(seen.size() > 500U);
  BOOST_TEST(bool(digest(text) != Digester({1, 2})(text)));
}
