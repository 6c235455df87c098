// SPDX-License-Identifier: Apache-2.0
// How long a watch waits, on a clock that passes only while it waits.
#include "probe/watch.hpp"

#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <vector>

#include "session/clock.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

TimePoint now(1h);
bool stopped = false, stuck = false;

// Nothing comes: the time is over at once. A wait without end would be one for the test, too.
int wait_for(pollfd* fds, std::optional<Duration> time) {
  fds[0].revents = fds[1].revents = 0;
  if (!time) stuck = stopped = true;
  if (stopped) {
    fds[0].revents = POLLIN;
    return 1;
  }
  now += *time;
  return 0;
}

}  // namespace

namespace mqfail {
TimePoint steady_now() {
  return now;
}
}  // namespace mqfail

// In place of those of libc.
extern "C" int poll(pollfd* fds, nfds_t /*count*/, int timeout) {
  if (timeout < 0) return wait_for(fds, std::nullopt);
  return wait_for(fds, std::chrono::milliseconds(timeout));
}
extern "C" int ppoll(pollfd* fds, nfds_t /*count*/, const timespec* timeout,
                     const sigset_t* /*mask*/) {
  if (timeout == nullptr) return wait_for(fds, std::nullopt);
  return wait_for(fds, std::chrono::seconds(timeout->tv_sec) +
                           std::chrono::microseconds(timeout->tv_nsec / 1000));
}

BOOST_AUTO_TEST_CASE(the_next_round_begins_after_the_pause_however_long_it_is) {
  // Below and above what poll(2) can wait: 2^31 ms are 24.8 days, 2^32 ms 49.7 days.
  for (const Duration every : std::vector<Duration>{1ms, 24h, 24h * 25, 24h * 50, 24h * 365}) {
    stopped = stuck = false;
    std::vector<TimePoint> rounds;
    const ServerList nobody;
    const auto ended = watch(nobody, {.every = every, .goes_on = [] { return !stopped; }},
                             {.rounded = [&](const Round&) -> Result<Done> {
                               rounds.push_back(now);
                               stopped = rounds.size() == 3;
                               return Done{};
                             }});
    BOOST_TEST(static_cast<bool>(ended));
    BOOST_TEST(!stuck);
    BOOST_TEST_REQUIRE(rounds.size() == 3U, every.count() << " us");
    for (const std::size_t i : {0U, 1U}) {
      const Duration pause = rounds[i + 1] - rounds[i];
      BOOST_TEST((pause >= every && pause <= every + 1ms), pause.count()
                                                               << " of " << every.count());
    }
  }
}
