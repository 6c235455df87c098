// SPDX-License-Identifier: Apache-2.0
// What waits to be sent keeps its order, gives its memory back, and leaves no secret behind.
#include "transport/wire/outgoing_buffer.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;

namespace {

void append(OutgoingBuffer& buffer, const std::vector<std::string>& texts, std::size_t skip = 0) {
  std::vector<iovec> pieces;
  for (const std::string& text : texts) {
    pieces.push_back({const_cast<char*>(text.data()), text.size()});
  }
  buffer.append(pieces.data(), static_cast<int>(pieces.size()), skip);
}

}  // namespace

BOOST_AUTO_TEST_CASE(pieces_wait_one_behind_the_other_until_they_are_sent) {
  OutgoingBuffer buffer;
  append(buffer, {"ab", "cd"});
  append(buffer, {"ef"});
  BOOST_TEST(buffer.waiting() == "abcdef");
  buffer.sent(1);
  append(buffer, {"g"});
  BOOST_TEST(buffer.waiting() == "bcdefg");
  BOOST_TEST(buffer.size() == 6U);
  buffer.sent(6);
  BOOST_TEST(buffer.empty());
}

BOOST_AUTO_TEST_CASE(what_was_sent_without_the_buffer_is_left_out) {
  OutgoingBuffer buffer;
  append(buffer, {"abc", "de", "f"}, 4);
  BOOST_TEST(buffer.waiting() == "ef");
}

BOOST_AUTO_TEST_CASE(sent_bytes_do_not_pile_up_in_front_of_waiting_ones) {
  OutgoingBuffer buffer;
  const std::string half(OutgoingBuffer::kSentBytes, 'x');
  append(buffer, {half, half, "end"});
  buffer.sent(half.size() + 1);
  BOOST_TEST(buffer.bytes().size() == 2 * half.size() + 3);  // moving them would cost more
  buffer.sent(half.size() - 1);
  BOOST_TEST(buffer.bytes().size() == 3U);
  BOOST_TEST(buffer.waiting() == "end");
}

BOOST_AUTO_TEST_CASE(a_giant_message_does_not_keep_its_memory) {
  OutgoingBuffer buffer;
  append(buffer, {std::string(2 * OutgoingBuffer::kKeptBytes, 'x')});
  buffer.sent(buffer.size());
  BOOST_TEST(buffer.bytes().capacity() <= OutgoingBuffer::kKeptBytes);
  append(buffer, {std::string(1000, 'x')});
  buffer.sent(1000);
  BOOST_TEST(buffer.bytes().capacity() >= 1000U);  // the next one needs no allocation
}

BOOST_AUTO_TEST_CASE(a_secret_is_overwritten_once_it_is_sent_or_dropped) {
  for (const bool sent : {true, false}) {
    OutgoingBuffer buffer;
    append(buffer, {"before"});
    buffer.sent(6);
    buffer.keep_secret();
    append(buffer, {"\x10", "pass", "word"});
    append(buffer, {std::string(10000, '.')});  // more memory than before
    const char* const memory = buffer.bytes().data();
    BOOST_TEST(std::string_view(memory, 9) == "\x10password");
    if (sent) {
      buffer.sent(5);
      buffer.sent(buffer.size());
    } else {
      buffer.clear();
    }
    BOOST_TEST(buffer.bytes().data() == memory);  // still ours
    BOOST_TEST(std::string_view(memory, 9) == std::string_view("\0\0\0\0\0\0\0\0\0", 9));
  }
}
