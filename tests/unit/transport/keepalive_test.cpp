// SPDX-License-Identifier: Apache-2.0
// When a ping is due and when a server is lost, told by hand: no clock, no waiting.
#include "transport/wire/keepalive.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

using namespace mqfail;
using namespace std::chrono_literals;
using Due = Keepalive::Due;

namespace {

constexpr std::size_t kAnswer = 2;

TimePoint at(Duration since) {
  return TimePoint(1000s) + since;
}

/// Lets time pass until `end`: pings when it is due, and `between` happens every `step`. The moment
/// of the loss, or `end`.
template <class Between>
Duration lost_after(Keepalive& keepalive, Duration end, Duration step, Between between) {
  for (Duration now = step; now < end; now += step) {
    between(at(now));
    switch (keepalive.due(at(now))) {
      case Due::loss:
        return now;
      case Due::ping:
        keepalive.pinged(at(now));
        break;
      case Due::nothing:
        BOOST_REQUIRE((keepalive.deadline() > at(now)));
    }
  }
  return end;
}

}  // namespace

BOOST_AUTO_TEST_CASE(silence_is_asked_about_after_one_period_and_is_a_loss_after_one_and_a_half) {
  Keepalive keepalive(2s, at(0s));
  BOOST_TEST((keepalive.deadline() == at(2s)));
  BOOST_TEST((keepalive.due(at(1999ms)) == Due::nothing));
  BOOST_TEST((keepalive.due(at(2s)) == Due::ping));
  keepalive.pinged(at(2s));
  BOOST_TEST((keepalive.deadline() == at(3s)));
  BOOST_TEST((keepalive.due(at(2999ms)) == Due::nothing));
  BOOST_TEST((keepalive.due(at(3s)) == Due::loss));
}

BOOST_AUTO_TEST_CASE(what_we_send_puts_off_neither_the_ping_nor_the_loss) {
  Keepalive keepalive(2s, at(0s));
  int pings = 0;
  const Duration lost = lost_after(keepalive, 20s, 10ms, [&](TimePoint now) {
    keepalive.sent(now);
    if (keepalive.due(now) == Due::ping) ++pings;
  });
  BOOST_TEST((lost == 3s));
  BOOST_TEST(pings == 1);
}

// mqfail-pub asks at QoS 0, every half second, what the server has read.
BOOST_AUTO_TEST_CASE(pings_of_others_put_off_no_loss) {
  Keepalive keepalive(2s, at(0s));
  const Duration lost = lost_after(keepalive, 20s, 500ms, [&](TimePoint now) {
    keepalive.pinged(now);
    keepalive.sent(now);
  });
  BOOST_TEST((lost == 3s));
}

BOOST_AUTO_TEST_CASE(a_ping_is_sent_when_nothing_else_was_however_much_comes) {
  Keepalive keepalive(2s, at(0s));
  for (Duration now = 100ms; now < 2s; now += 100ms) {
    keepalive.arrived(at(now), 1, true);
    BOOST_TEST((keepalive.due(at(now)) == Due::nothing));
  }
  BOOST_TEST((keepalive.due(at(2s)) == Due::ping));
}

BOOST_AUTO_TEST_CASE(a_ping_that_the_kernel_does_not_take_is_not_repeated_at_once) {
  Keepalive keepalive(2s, at(0s));
  keepalive.arrived(at(1s), 10, true);
  keepalive.pinged(at(2s));  // sent() is never told
  BOOST_TEST((keepalive.due(at(2s)) == Due::nothing));
  keepalive.arrived(at(3s), 10, true);
  BOOST_TEST((keepalive.due(at(3999ms)) == Due::nothing));
  BOOST_TEST((keepalive.due(at(4s)) == Due::ping));
}

BOOST_AUTO_TEST_CASE(the_servers_keepalive_can_only_shorten_ours) {
  const Duration least = std::chrono::seconds(0), most = std::chrono::seconds(65535);
  for (const auto& [ours, servers, together] : {std::tuple{2s, 20s, 2s},
                                                {2s, 0s, 2s},
                                                {2s, 1s, 1s},
                                                {2s, 2s, 2s},
                                                {0s, 20s, 20s},
                                                {0s, 0s, 0s}}) {
    Keepalive keepalive(ours, at(0s));
    keepalive.promise(servers);
    BOOST_TEST((keepalive.period() == together));
  }
  Keepalive keepalive(10s, at(0s));
  keepalive.promise(least);
  keepalive.promise(most);
  BOOST_TEST((keepalive.period() == 10s));
}

BOOST_AUTO_TEST_CASE(without_a_keepalive_nothing_is_ever_due) {
  Keepalive keepalive(0s, at(0s));
  keepalive.pinged(at(1s));
  BOOST_TEST((keepalive.due(at(1000000s)) == Due::nothing));
  BOOST_TEST((keepalive.deadline() == TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(answers_to_our_pings_do_not_carry_a_packet_that_never_ends) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    Keepalive keepalive(2s, at(0s));
    keepalive.arrived(at(0s), 5, false);  // a header that announces 256 MiB
    const Duration lost = lost_after(keepalive, 20s, 100ms, [&](TimePoint now) {
      if (keepalive.due(now) != Due::ping) return;
      keepalive.pinged(now);
      keepalive.arrived(now, kAnswer + more, false);
    });
    if (more == 0)
      BOOST_TEST((lost <= 3s));
    else
      BOOST_TEST((lost == 20s));
  }
}

BOOST_AUTO_TEST_CASE(a_packet_that_comes_slowly_is_a_sign_of_life) {
  Keepalive keepalive(2s, at(0s));
  const Duration lost =
      lost_after(keepalive, 100s, 500ms, [&](TimePoint now) { keepalive.arrived(now, 1, false); });
  BOOST_TEST((lost == 100s));
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_a_packet_of_its_own_is_a_sign_of_life) {
  Keepalive keepalive(2s, at(0s));
  for (int i = 1; i <= 50; ++i) {
    const TimePoint now = at(2s * i);
    BOOST_REQUIRE((keepalive.due(now) == Due::ping));
    keepalive.pinged(now);
    keepalive.arrived(now, kAnswer, true);
    keepalive.answered();
    BOOST_TEST((keepalive.life() == now));
  }
  // None of them is still owed.
  keepalive.arrived(at(101s), 1, false);
  BOOST_TEST((keepalive.life() == at(101s)));
}

BOOST_AUTO_TEST_CASE(while_we_do_not_read_the_server_is_pinged_and_never_lost) {
  Keepalive keepalive(2s, at(0s));
  keepalive.pause(true, at(0s));
  int pings = 0;
  const Duration lost = lost_after(keepalive, 20s, 100ms, [&](TimePoint now) {
    if (keepalive.due(now) == Due::ping) ++pings;
  });
  BOOST_TEST((lost == 20s));
  BOOST_TEST(pings == 9);
  keepalive.pause(false, at(20s));
  BOOST_TEST((keepalive.due(at(21s)) != Due::loss));
  BOOST_TEST((keepalive.life() == at(20s)));
}

BOOST_AUTO_TEST_CASE(a_process_that_slept_asks_first) {
  Keepalive keepalive(10s, at(0s));
  BOOST_TEST((keepalive.due(at(60s)) == Due::ping));
  keepalive.pinged(at(60s));
  BOOST_TEST((keepalive.due(at(64s)) == Due::nothing));
  BOOST_TEST((keepalive.deadline() == at(65s)));
  BOOST_TEST((keepalive.due(at(65s)) == Due::loss));
}

BOOST_AUTO_TEST_CASE(a_question_that_is_late_gives_the_server_half_a_period_more) {
  Keepalive keepalive(2s, at(0s));
  keepalive.excuse(at(1s));  // nothing was asked: nothing changes
  BOOST_TEST(keepalive.pinged(at(2s)));
  BOOST_TEST(!keepalive.pinged(at(2500ms)));
  BOOST_TEST((keepalive.due(at(3s)) == Due::loss));
  keepalive.excuse(at(3s));
  BOOST_TEST((keepalive.due(at(3999ms)) == Due::nothing));
  BOOST_TEST((keepalive.due(at(4s)) == Due::loss));
  keepalive.arrived(at(4s), kAnswer, true);
  BOOST_TEST(keepalive.pinged(at(6s)));
}

// An eighth of the period behind the time of a ping somebody else sends it, again and again: a loss
// is not seen by one who does not read.
BOOST_AUTO_TEST_CASE(a_ping_is_overdue_an_eighth_of_the_period_late) {
  Keepalive keepalive(8s, at(0s));
  BOOST_TEST((keepalive.overdue() == at(9s)));
  keepalive.pinged(at(9s));
  BOOST_TEST((keepalive.overdue() == at(18s)));
  keepalive.pinged(at(18s));
  BOOST_TEST((keepalive.due(at(25s)) == Due::loss));
  BOOST_TEST((keepalive.overdue() == at(27s)));
  BOOST_TEST((Keepalive(0s, at(0s)).overdue() == TimePoint::max()));
}
