// SPDX-License-Identifier: Apache-2.0
// What waits to be sent keeps its order, gives its memory back, and leaves no secret behind.
#include "transport/wire/outgoing_buffer.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
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

BOOST_AUTO_TEST_CASE(a_lent_piece_is_sent_in_its_place_and_given_back_when_it_is_sent) {
  OutgoingBuffer buffer;
  append(buffer, {"before "});
  const std::string payload = "payload";
  auto lent = std::make_shared<int>();
  const std::weak_ptr<int> watch = lent;
  const std::string head = "head ";
  const iovec pieces[]{{const_cast<char*>(head.data()), head.size()},
                       {const_cast<char*>(payload.data()), payload.size()}};
  buffer.append(pieces, 2, 2, std::move(lent));
  append(buffer, {" behind"});
  BOOST_TEST(buffer.size() == 24U);
  BOOST_TEST(buffer.waiting() == "before ad ");
  buffer.sent(4);
  BOOST_TEST(buffer.waiting() == "re ad ");
  buffer.sent(6);
  BOOST_TEST((buffer.waiting().data() == payload.data()));
  BOOST_TEST(buffer.waiting() == "payload");
  // Only one piece is lent at a time.
  auto other = std::make_shared<int>();
  const std::weak_ptr<int> other_watch = other;
  buffer.append(pieces, 2, 0, std::move(other));
  BOOST_TEST(other_watch.expired());
  buffer.sent(3);
  BOOST_TEST(buffer.waiting() == "load");
  BOOST_TEST(!watch.expired());
  buffer.sent(4);
  BOOST_TEST(watch.expired());
  BOOST_TEST(buffer.waiting() == " behindhead payload");
  buffer.sent(19);
  BOOST_TEST(buffer.empty());
}

BOOST_AUTO_TEST_CASE(what_is_dropped_is_given_back) {
  OutgoingBuffer buffer;
  auto lent = std::make_shared<int>();
  const std::weak_ptr<int> watch = lent;
  const iovec piece{const_cast<char*>("payload"), 7};
  buffer.append(&piece, 1, 1, std::move(lent));
  BOOST_TEST(buffer.waiting() == "ayload");
  buffer.clear();
  BOOST_TEST(watch.expired());
  BOOST_TEST(buffer.empty());
  auto sent_at_once = std::make_shared<int>();
  const std::weak_ptr<int> other_watch = sent_at_once;
  buffer.append(&piece, 1, 7, std::move(sent_at_once));
  BOOST_TEST(other_watch.expired());
  BOOST_TEST(buffer.empty());
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
