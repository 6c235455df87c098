// SPDX-License-Identifier: Apache-2.0
// Random worlds must not break a law, and every law must notice when it is broken.
//   simulation_explorer -- --seed N --steps N      without a seed it walks where it always walks
#include "explorer.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <ostream>
#include <string>

namespace mqfail::test {
namespace {

std::uint64_t argument(std::string_view flag, std::uint64_t otherwise) {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  for (int i = 1; i + 1 < suite.argc; ++i) {
    if (suite.argv[i] == flag) return std::stoull(suite.argv[i + 1]);
  }
  return otherwise;
}

std::string told(const Exploration& found) {
  if (!found.violation) return "no law broken";
  return std::string(name(found.violation->law)) + ": " + found.violation->what + "\n" +
         found.trace;
}

struct Broken {
  Sabotage sabotage;
  Law law;
  const char* title;
};

std::ostream& operator<<(std::ostream& out, const Broken& broken) {
  return out << broken.title;
}

const std::vector<Broken> kBroken{
    {Sabotage::doubles_attempts, Law::one_live_attempt, "doubles attempts"},
    {Sabotage::keeps_losers, Law::one_live_attempt, "keeps losers"},
    {Sabotage::keeps_the_dead, Law::drops_what_ended, "keeps the dead"},
    {Sabotage::keeps_the_lost, Law::drops_what_ended, "keeps the lost"},
    {Sabotage::abandons_the_lost, Law::drops_what_ended, "abandons the lost"},
    {Sabotage::wakes_the_dead, Law::stale_events_inert, "wakes the dead"},
    {Sabotage::ignores_cooling, Law::no_cooling_while_free, "ignores cooling"},
    {Sabotage::answers_late, Law::deadline_not_past, "answers late"},
    {Sabotage::ignores_the_wait, Law::bounded_by_back_off, "ignores the wait"},
    {Sabotage::hides_the_wait, Law::bounded_by_back_off, "hides the wait"},
    {Sabotage::never_times_out, Law::time_bound, "never times out"},
    {Sabotage::connects_after_stop, Law::silent_after_stop, "connects after stop"},
    {Sabotage::blames_everybody, Law::denied_by_all, "blames everybody"},
    {Sabotage::counts_wrong, Law::counted_epochs, "counts wrong"},
    {Sabotage::oversleeps, Law::comes_online, "oversleeps"},
    {Sabotage::is_deaf, Law::comes_online, "is deaf"},
    {Sabotage::overfills, Law::one_live_attempt, "overfills"},
    {Sabotage::forgets_the_rest, Law::comes_online, "forgets the rest"},
    {Sabotage::drops_the_live, Law::left_in_peace, "drops the live"},
    {Sabotage::waits_beside, Law::left_in_peace, "waits beside"},
    {Sabotage::never_takes_over, Law::standby_takes_over, "never takes over"},
    {Sabotage::drops_the_standby, Law::left_in_peace, "drops the standby"},
    {Sabotage::hoards_standbys, Law::one_live_attempt, "hoards standbys"},
    {Sabotage::rushes_back, Law::fails_back_fairly, "rushes back"},
    {Sabotage::moves_unasked, Law::moves_when_asked, "moves unasked"},
    {Sabotage::redirects_for_ever, Law::moves_when_asked, "redirects for ever"},
    {Sabotage::keeps_both, Law::one_live_attempt, "keeps both"},
    {Sabotage::breaks_before_making, Law::left_in_peace, "breaks before making"},
    {Sabotage::speaks_old, Law::speaks_what_it_can, "speaks old"},
    {Sabotage::never_gives_up, Law::gives_up_in_time, "never gives up"},
    {Sabotage::stays_away, Law::goes_back, "stays away"},
};

}  // namespace

BOOST_AUTO_TEST_CASE(no_random_world_breaks_a_law) {
  const std::uint64_t seed = argument("--seed", 20240229);
  const std::uint64_t steps = argument("--steps", 150000);
  const Exploration found = explore(seed, steps);
  std::cout << "seed " << seed << ": " << found.steps << " steps, " << found.episodes
            << " episodes, " << found.uses << " uses, " << found.give_ups << " give-ups\n";
  BOOST_TEST(!found.violation.has_value(), "seed " << seed << ": " << told(found));
  // A world in which nothing happens proves nothing.
  BOOST_TEST(found.uses * 100 > found.steps);
}

BOOST_DATA_TEST_CASE(every_law_notices_when_it_is_broken, kBroken, broken) {
  bool noticed = false;
  std::string instead;
  for (std::uint64_t seed = 1; seed <= 10 && !noticed; ++seed) {
    const Exploration found = explore(seed, 20000, broken.sabotage);
    noticed = found.violation && found.violation->law == broken.law;
    if (found.violation) instead = name(found.violation->law);
  }
  BOOST_TEST(noticed, "not noticed; instead: " << instead);
}

BOOST_AUTO_TEST_CASE(the_same_seed_walks_the_same_way) {
  const Exploration one = explore(5, 3000);
  const Exploration two = explore(5, 3000);
  BOOST_TEST(one.steps == two.steps);
  BOOST_TEST(one.uses == two.uses);
}

}  // namespace mqfail::test
