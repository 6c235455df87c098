// SPDX-License-Identifier: Apache-2.0
// After which round a list is published, to whom, and when it asks the clients to move.
#include "probe/announcement_plan.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

constexpr auto kSecond = std::chrono::seconds(1);

// Rounds a second apart. "ab" means that a and b answered.
class Rounds {
 public:
  // Whom the list goes to, with "!" if it asks to move. All but those in `deaf` acknowledge it.
  std::string after(const std::string& up, const std::string& deaf = "") {
    std::vector<bool> answered;
    for (const char name : std::string("abc")) answered.push_back(up.find(name) != up.npos);
    now_ += kSecond;
    const auto step = plan_.after(answered, now_);
    std::string out;
    for (const std::size_t place : step.to) {
      const char name = "abc"[place];
      out += name;
      if (deaf.find(name) == deaf.npos) plan_.acknowledged(place, now_);
    }
    return out + (!out.empty() && step.rebalance ? "!" : "");
  }
  void wait(Duration time) { now_ += time; }

 private:
  AnnouncementPlan plan_{3};
  TimePoint now_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_is_published_once_to_all_that_answer_and_again_when_it_changes) {
  Rounds rounds;
  BOOST_TEST(rounds.after("abc") == "abc");
  BOOST_TEST(rounds.after("abc") == "");
  BOOST_TEST(rounds.after("ac") == "ac");
  BOOST_TEST(rounds.after("ac") == "");
  BOOST_TEST(rounds.after("abc") == "abc!");
  BOOST_TEST(rounds.after("abc") == "");
  BOOST_TEST(rounds.after("bc") == "bc");
}

BOOST_AUTO_TEST_CASE(a_server_that_was_down_from_the_beginning_asks_to_move_when_it_comes) {
  Rounds rounds;
  BOOST_TEST(rounds.after("ab") == "ab");
  BOOST_TEST(rounds.after("abc") == "abc!");
}

BOOST_AUTO_TEST_CASE(when_no_server_answers_nothing_is_published) {
  Rounds rounds;
  BOOST_TEST(rounds.after("") == "");
  BOOST_TEST(rounds.after("ab") == "ab!");
  BOOST_TEST(rounds.after("") == "");
  BOOST_TEST(rounds.after("ab") == "ab!");  // the same list, but they may have lost it
}

BOOST_AUTO_TEST_CASE(a_server_that_did_not_take_it_gets_it_in_the_next_round) {
  Rounds rounds;
  BOOST_TEST(rounds.after("abc", "b") == "abc");
  BOOST_TEST(rounds.after("abc", "b") == "b");
  BOOST_TEST(rounds.after("abc") == "b");
  BOOST_TEST(rounds.after("abc") == "");
}

BOOST_AUTO_TEST_CASE(after_a_minute_a_server_gets_it_again_and_nobody_is_asked_to_move) {
  Rounds rounds;
  rounds.after("ab");
  BOOST_TEST(rounds.after("abc") == "abc!");
  rounds.wait(AnnouncementPlan::kAgainAfter);
  BOOST_TEST(rounds.after("abc") == "abc");
  BOOST_TEST(rounds.after("abc") == "");
}
