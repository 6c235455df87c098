// SPDX-License-Identifier: Apache-2.0
// What counts messages, after as many as a run of years has: a thousand million numbers, packet ids
// that began again 100,000 times. With MQFAIL_FULL=1 all of them (some minutes), else a part.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "publish/inflight_window.hpp"
#include "publish/outbox.hpp"
#include "subscribe/redelivered.hpp"
#include "subscribe/sequence_tracker.hpp"

namespace mqfail {
namespace {

constexpr std::uint64_t kMessages = 1'000'000'000;
constexpr std::uint64_t kIds = 65535;

// A thousandth, or all.
std::uint64_t part_of(std::uint64_t all) {
  return std::getenv("MQFAIL_FULL") != nullptr ? all : all / 1000;
}

}  // namespace

BOOST_AUTO_TEST_CASE(packet_ids_begin_again_a_hundred_thousand_times) {
  constexpr std::uint64_t kWindow = 20;
  const std::uint64_t messages = part_of(100'000) * kIds;
  InflightWindow window;
  std::uint64_t wrong = 0;
  const auto id_of = [](std::uint64_t number) {
    return static_cast<std::uint16_t>(number % kIds + 1);
  };
  for (std::uint64_t number = 0; number < messages + kWindow; ++number) {
    if (number >= kWindow && window.answered(id_of(number - kWindow)) != number - kWindow) ++wrong;
    if (number < messages) window.sent(id_of(number), TimePoint());
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(window.next() == messages);
  BOOST_TEST(window.open() == 0);
}

BOOST_AUTO_TEST_CASE(numbers_of_a_thousand_million_messages_are_told_apart_and_missed) {
  constexpr std::string_view kPublisher = "00112233445566778899aabbccddeeff";
  using Kind = SequenceTracker::Verdict::Kind;
  for (const std::uint64_t first :
       {std::uint64_t{1}, (std::uint64_t{1} << 32U) - part_of(kMessages) / 2}) {
    SequenceTracker tracker;
    const std::uint64_t last = first + part_of(kMessages);
    std::uint64_t wrong = 0, left_out = 0;
    for (std::uint64_t number = first; number <= last; ++number) {
      // One in 100,000 is lost, and one that has come comes again.
      if ((number - first) % 100'000 == 99'999) {
        ++left_out;
        continue;
      }
      if (tracker.judge(kPublisher, number).kind != Kind::fresh) ++wrong;
      if ((number - first) % 100'000 == 50'000 &&
          tracker.judge(kPublisher, number - 1).kind != Kind::duplicate)
        ++wrong;
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(tracker.missing() == left_out);
    BOOST_TEST(left_out >= 9);
  }
}

BOOST_AUTO_TEST_CASE(an_outbox_keeps_its_order_over_a_thousand_million_messages) {
  constexpr std::size_t kWindow = 100;
  const std::uint64_t messages = part_of(kMessages);
  Outbox outbox(kWindow);
  std::uint64_t wrong = 0;
  for (std::uint64_t line = 1; line <= messages; ++line) {
    if (outbox.full()) {
      if (outbox.at(outbox.begin()).line != line - kWindow) ++wrong;
      outbox.close(outbox.begin());
    }
    outbox.push("x", line, line, TimePoint());
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(outbox.end() == messages);
  BOOST_TEST(outbox.unsettled() == kWindow);
}

BOOST_AUTO_TEST_CASE(what_is_redelivered_is_known_after_a_thousand_million_messages) {
  const std::uint64_t messages = part_of(kMessages);
  Redelivered redelivered;
  const auto digest = [](std::uint64_t number) { return Digest{number, ~number}; };
  Message message{};
  for (std::uint64_t number = 0; number < messages; ++number) {
    message.packet_id = static_cast<std::uint16_t>(number % kIds + 1);
    redelivered.is_again(message, digest(number));
  }
  message.duplicate = true;
  std::uint64_t known = 0;
  for (std::uint64_t number = messages - Redelivered::kUnderWay; number < messages; ++number) {
    message.packet_id = static_cast<std::uint16_t>(number % kIds + 1);
    if (redelivered.is_again(message, digest(number))) ++known;
  }
  BOOST_TEST(known == Redelivered::kUnderWay);
}

}  // namespace mqfail
