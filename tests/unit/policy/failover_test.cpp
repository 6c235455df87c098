// SPDX-License-Identifier: Apache-2.0
// What a scenario (tests/simulation) would tell clumsily: states, deadlines, and whole tables.
#include <boost/test/unit_test.hpp>
#include <ostream>

#include "words.hpp"

namespace mqfail {
// For Boost.Test's messages.
static std::ostream& operator<<(std::ostream& out, FailoverState state) {
  return out << name(state);
}
}  // namespace mqfail

namespace mqfail::test {
namespace {

std::string due(const Failover& failover) {
  const auto deadline = failover.deadline();
  return deadline ? transcript_time(deadline->time_since_epoch()) : "none";
}

std::string repeated(int id, const char* what) {
  return std::string(what) + " #" + std::to_string(id) + " refused phase=tcp";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_state_has_a_name_and_its_deadline) {
  Spoken it(exact(), {"a"});
  BOOST_TEST(it.failover.state() == FailoverState::idle);
  BOOST_TEST(due(it.failover) == "none");
  it("0 started");
  BOOST_TEST(it.failover.state() == FailoverState::connecting);
  BOOST_TEST(due(it.failover) == "5000");
  it("7 failed #1 refused phase=tcp");
  BOOST_TEST(it.failover.state() == FailoverState::waiting);
  BOOST_TEST(due(it.failover) == "107");
  it("107 ticked");
  it("108 connected #2");
  BOOST_TEST(it.failover.state() == FailoverState::online);
  BOOST_TEST(due(it.failover) == "none");
  it("200 stopped");
  BOOST_TEST(it.failover.state() == FailoverState::stopped);
  BOOST_TEST(due(it.failover) == "none");
  BOOST_TEST(name(FailoverState::waiting) == "waiting");
}

BOOST_AUTO_TEST_CASE(nothing_happens_before_the_start_and_the_start_happens_once) {
  Spoken it(exact(), {"a"});
  for (const char* line : {"0 ticked", "0 hurried", "0 connected #1", "0 failed #1 closed"}) {
    BOOST_TEST(it(line) == "");
  }
  BOOST_TEST(it("1 started") == "connect #1 a mqtt5");
  BOOST_TEST(it("2 started") == "");
}

BOOST_AUTO_TEST_CASE(a_deadline_is_never_before_the_last_event) {
  FailoverSettings settings = exact();
  settings.connect_stagger = ms(100);
  Spoken it(settings, {"a", "b"});
  it("0 started");
  it("9000 reached #1 tcp");
  BOOST_TEST(due(it.failover) == "9000");
}

BOOST_AUTO_TEST_CASE(a_timeout_names_how_far_the_attempt_had_come) {
  Spoken it(exact(), {"a", "b"});
  it("0 started");
  it("3 reached #1 tls");
  BOOST_TEST(it("5000 ticked") ==
             "abandon #1; tell-failed #1 a next: timeout phase=tls; connect #2 b mqtt5");
}

BOOST_AUTO_TEST_CASE(a_server_may_have_a_connect_timeout_of_its_own) {
  ServerList list = servers({"a"});
  list[0].connect_timeout = ms(250);
  Failover it(exact(), list, Random(1));
  it.step(event::Started{}, at(0));
  BOOST_TEST(due(it) == "250");
}

BOOST_AUTO_TEST_CASE(a_connect_timeout_of_nothing_does_not_spin) {
  FailoverSettings settings = exact();
  settings.connect_timeout = Duration::zero();
  settings.bounded = true;
  Spoken it(settings, {"a", "b"});
  it("0 started");
  BOOST_TEST(due(it.failover) == "1");
  it("1 ticked");
  it("2 ticked");
  BOOST_TEST(due(it.failover) == "102");
}

BOOST_AUTO_TEST_CASE(the_single_server_is_tried_again_at_once_after_a_stable_connection) {
  Spoken it(exact(), {"a"});
  it("0 started");
  it("1 connected #1");
  BOOST_TEST(it("10001 lost #1 closed phase=publish") ==
             "tell-lost #1 a up=10000: closed phase=publish; retire #1; connect #2 a mqtt5");
  BOOST_TEST(it("10002 " + repeated(2, "failed")) ==
             "abandon #2; tell-failed #2 a next: refused phase=tcp; tell-backoff 100 pass=1 warn");
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_right_after_connack_backs_off_as_if_it_had_refused) {
  Spoken it(exact(), {"a"});
  std::int64_t now = 0;
  std::string delays;
  it("0 started");
  for (int id = 1; id <= 6; ++id) {
    it(event::Connected{AttemptId(id)}, ms(now));
    it(event::Lost{AttemptId(id), because(Cause::closed, Phase::publish)}, ms(now));
    BOOST_REQUIRE(it.failover.state() == FailoverState::waiting);
    const auto next = milliseconds(it.failover.deadline()->time_since_epoch());
    delays += std::to_string(next - now) + " ";
    now = next;
    it(event::Ticked{}, ms(now));
  }
  BOOST_TEST(delays == "100 200 400 800 1600 3200 ");
}

BOOST_AUTO_TEST_CASE(the_life_of_a_short_connection_shortens_no_back_off) {
  Spoken it(exact(), {"a"});
  it("0 started");
  it("0 connected #1");
  BOOST_TEST(it("60 lost #1 closed phase=publish") ==
             "tell-lost #1 a up=60: closed phase=publish; retire #1; tell-backoff 100 pass=1 warn");
  it("160 ticked");
  it("160 connected #2");
  BOOST_TEST(it("5000 lost #2 closed phase=publish") ==
             "tell-lost #2 a up=4840: closed phase=publish; retire #2; tell-backoff 200 pass=2");
}

BOOST_AUTO_TEST_CASE(a_loss_that_comes_as_a_failure_is_a_loss_all_the_same) {
  Spoken it(exact(), {"a", "b"});
  it("0 started");
  it("1 connected #1");
  BOOST_TEST(it("20000 failed #1 closed phase=publish") ==
             "tell-lost #1 a up=19999: closed phase=publish; retire #1; connect #2 b mqtt5");
  BOOST_TEST(it("20001 lost #2 refused phase=tcp") ==
             "abandon #2; tell-failed #2 b next: refused phase=tcp; connect #3 a mqtt5");
}

BOOST_AUTO_TEST_CASE(the_bounds_on_passes_mean_what_they_say) {
  struct Row {
    std::int64_t startup, max;
    bool once;
    int passes;  // at the start; 0: for ever
    std::string bound;
  };
  const std::string startup = "startupMaxReconnectAttempts";
  const std::string later = "maxReconnectAttempts";
  for (const Row& row :
       {Row{3, -1, false, 3, startup}, Row{1, -1, false, 1, startup}, Row{0, -1, false, 1, startup},
        Row{3, 1, false, 3, startup}, Row{-1, 2, false, 2, later}, Row{-1, 0, false, 1, later},
        Row{-1, -1, false, 0, ""}, Row{3, 5, true, 1, "once"}}) {
    FailoverSettings settings = exact();
    settings.startup_max_passes = row.startup;
    settings.max_passes = row.max;
    settings.bounded = true;
    settings.once = row.once;
    Spoken it(settings, {"a"});
    it("0 started");
    int passes = 0;
    TimePoint now = at(0);
    Actions last;
    while (it.failover.state() != FailoverState::stopped && passes < 20) {
      ++passes;
      last = it.failover.step(event::Failed{AttemptId(passes), because(Cause::refused, Phase::tcp)},
                              now);
      now = it.failover.deadline().value_or(now);
      it.failover.step(event::Ticked{}, now);
    }
    BOOST_TEST(passes == (row.passes == 0 ? 20 : row.passes));
    const auto* end = std::get_if<action::GiveUp>(&last.back());
    BOOST_TEST((end == nullptr ? "" : name(end->bound)) == row.bound);
  }
}

BOOST_AUTO_TEST_CASE(the_start_is_bounded_by_ten_seconds_unless_the_user_gave_a_bound) {
  struct Row {
    bool bounded;
    std::optional<Duration> startup, give_up;
    std::string ends;  // time and bound
  };
  const auto none = std::nullopt;
  for (const Row& row :
       {Row{false, none, none, "10000 startupTimeout"}, Row{true, none, none, "never"},
        Row{true, ms(20000), none, "20000 startupTimeout"},
        Row{true, none, ms(2000), "2000 giveUpAfter"},
        Row{true, ms(3000), ms(2000), "2000 giveUpAfter"},
        Row{true, ms(1000), ms(2000), "1000 startupTimeout"}}) {
    FailoverSettings settings = exact();
    settings.bounded = row.bounded;
    settings.startup_timeout = row.startup;
    settings.give_up_after = row.give_up;
    Spoken it(settings, {"a"});
    it("0 started");
    std::string ended = "never";
    // Each attempt times out; 40 ticks are some minutes.
    for (int tick = 0; tick < 40 && ended == "never"; ++tick) {
      const TimePoint now = *it.failover.deadline();
      for (const Action& action : it.failover.step(event::Ticked{}, now)) {
        const auto* end = std::get_if<action::GiveUp>(&action);
        if (end == nullptr) continue;
        ended = transcript_time(now.time_since_epoch()) + " " + std::string(name(end->bound));
        BOOST_TEST((end->elapsed == now.time_since_epoch()));
      }
    }
    BOOST_TEST(ended == row.ends);
  }
}

BOOST_AUTO_TEST_CASE(give_up_after_is_no_bound_of_the_start_alone) {
  FailoverSettings settings = exact();
  settings.bounded = true;
  settings.startup_timeout = ms(1000);
  settings.give_up_after = ms(5000);
  Spoken it(settings, {"a"});
  it("0 started");
  it("1 connected #1");
  it("20000 lost #1 closed phase=publish");
  BOOST_TEST(it("22000 ticked").find("give-up") == std::string::npos);
  BOOST_TEST(it("25000 ticked").find("bound=giveUpAfter") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bound_of_no_passes_gives_up_at_the_first_loss) {
  FailoverSettings settings = exact();
  settings.max_passes = 0;
  Spoken it(settings, {"a", "b"});
  it("0 started");
  it("1 connected #1");
  BOOST_TEST(
      it("60000 lost #1 closed phase=publish") ==
      "tell-lost #1 a up=59999: closed phase=publish; retire #1; "
      "give-up unavailable bound=maxReconnectAttempts passes=0 attempts=1: closed phase=publish");
}

BOOST_AUTO_TEST_CASE(passes_of_the_start_do_not_count_against_a_later_bound) {
  FailoverSettings settings = exact();
  settings.bounded = true;
  settings.max_passes = 2;
  Spoken it(settings, {"a"});
  it("0 started");
  it("1 failed #1 refused phase=tcp");
  it("101 ticked");
  it("102 connected #2");
  BOOST_TEST(it("103 lost #2 closed phase=publish") ==
             "tell-lost #2 a up=1: closed phase=publish; retire #2; tell-backoff 200 pass=1 warn");
}

BOOST_AUTO_TEST_CASE(once_ends_where_the_live_server_leaves_the_list) {
  FailoverSettings settings = exact();
  settings.once = true;
  Spoken it(settings, {"a", "b"});
  it("0 started");
  it("1 connected #1");
  BOOST_TEST(it("2 list-changed document b").find("connect #2") == std::string::npos);
  BOOST_TEST(it.failover.state() == FailoverState::stopped);
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_backwards_does_not_lengthen_a_wait) {
  Spoken it(exact(), {"a"});
  it("1000 started");
  it("900 failed #1 refused phase=tcp");
  BOOST_TEST(due(it.failover) == "1100");
}

BOOST_AUTO_TEST_CASE(a_warning_comes_at_the_first_pass_and_every_so_many) {
  FailoverSettings settings = exact();
  settings.bounded = true;
  settings.warn_every = 3;
  Spoken it(settings, {"a"});
  it("0 started");
  std::string warned;
  TimePoint now = at(0);
  for (int pass = 1; pass <= 9; ++pass) {
    const auto told = it(event::Failed{AttemptId(pass), because(Cause::refused, Phase::tcp)},
                         now.time_since_epoch());
    if (told.ends_with("warn")) warned += std::to_string(pass) + " ";
    now = *it.failover.deadline();
    it.failover.step(event::Ticked{}, now);
  }
  BOOST_TEST(warned == "1 3 6 9 ");
}

BOOST_AUTO_TEST_CASE(two_engines_with_the_same_seed_give_the_same_answers) {
  FailoverSettings settings;
  settings.randomize = true;
  settings.bounded = true;
  Spoken one(settings, {"a", "b", "c", "d"}, 99);
  Spoken two(settings, {"a", "b", "c", "d"}, 99);
  Spoken other(settings, {"a", "b", "c", "d"}, 98);
  std::string told_one = one("0 started");
  std::string told_two = two("0 started");
  std::string told_other = other("0 started");
  for (int id = 1; id < 40; ++id) {
    const Event event = event::Failed{AttemptId(id), because(Cause::refused, Phase::tcp)};
    told_one += one(event, ms(id * 60000));
    told_two += two(event, ms(id * 60000));
    told_other += other(event, ms(id * 60000));
    for (Spoken* it : {&one, &two, &other}) it->failover.step(event::Hurried{}, at(id * 60000));
  }
  BOOST_TEST(told_one == told_two);
  BOOST_TEST(told_one != told_other);
}

BOOST_AUTO_TEST_CASE(server_stays_valid_while_the_list_grows) {
  Failover it(exact(), servers({"a"}), Random(1));
  const Server& first = it.server(kA);
  for (int i = 0; i < 100; ++i) {
    it.step(event::ListChanged{servers({"s" + std::to_string(i)}), ListSource::topic}, at(i));
  }
  BOOST_TEST(first.id == "a");
  BOOST_TEST(it.roster().size() == 101U);
}

}  // namespace mqfail::test
