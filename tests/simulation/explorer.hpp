// SPDX-License-Identifier: Apache-2.0
// A small random world around the engine: servers that are up, down, frozen, busy, denying, old or
// dying, events that come late or not at all, people in a hurry, lists that change. Everything
// comes from one seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "laws.hpp"

namespace mqfail::test {

/// A defect put between the engine and the laws, to see that the laws are checked.
enum class Sabotage {
  none,
  doubles_attempts,      ///< every Connect comes twice
  keeps_losers,          ///< the Abandon of what has not ended by itself is swallowed
  keeps_the_dead,        ///< the Abandon of what has ended is swallowed
  keeps_the_lost,        ///< Retire is swallowed
  abandons_the_lost,     ///< Retire becomes Abandon
  wakes_the_dead,        ///< a stale event starts an attempt
  ignores_cooling,       ///< goes back to the server that just asked for rest
  answers_late,          ///< the deadline is one millisecond ago
  ignores_the_wait,      ///< connects right after telling how long it will wait
  hides_the_wait,        ///< the same, and does not tell
  never_times_out,       ///< the deadline of an attempt is far away
  connects_after_stop,   ///< one more try
  blames_everybody,      ///< gives up as denied at the first refusal
  counts_wrong,          ///< every epoch is 1
  oversleeps,            ///< wants never to be woken from a wait
  is_deaf,               ///< never hears that it is connected
  overfills,             ///< tries one more beside what is live
  forgets_the_rest,      ///< is content with the first live one
  drops_the_live,        ///< ends a live connection when another attempt fails
  waits_beside,          ///< tells a wait although one is live
  never_takes_over,      ///< leaves the standby standing
  drops_the_standby,     ///< leaves it as soon as it is ready
  hoards_standbys,       ///< one more than the pool
  rushes_back,           ///< goes back instead of probing
  moves_unasked,         ///< takes every update as one that asks for a move
  redirects_for_ever,    ///< does not count redirections
  keeps_both,            ///< does not leave the secondary
  breaks_before_making,  ///< leaves the secondary while it probes
  speaks_old,            ///< 3.1.1 whatever is asked for
  never_gives_up,        ///< GiveUp is swallowed
  stays_away,            ///< never hears that a probe went well
};

struct Exploration {
  std::uint64_t steps = 0;
  std::uint64_t episodes = 0;
  std::uint64_t uses = 0;
  std::uint64_t give_ups = 0;
  std::optional<Violation> violation;
  std::string trace;  ///< of the episode that broke a law: ready to become a scenario
};

/// Walks at random for `steps` steps of the engine, or until a law is broken.
Exploration explore(std::uint64_t seed, std::uint64_t steps, Sabotage sabotage = Sabotage::none);

}  // namespace mqfail::test
