// SPDX-License-Identifier: Apache-2.0
// A world in which a real Session works: virtual time, servers that fail by a schedule that comes
// from one seed, and a story of what happened. publish.cpp and subscribe.cpp put the Works into it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "session/session.hpp"
#include "transport.hpp"

namespace mqfail::test {

/// The promises of delivery.md that are checked, and what every run owes beside them.
enum class Promise {
  p1_exit_status,
  p2_nothing_twice,
  p3_order,
  p4_bounded,
  p5_acks,
  p6_spool,
  p7_numbers,
  s1_written_first,
  s2_once,
  s3_copies,
  s3_kept,
  s5_sessions,
  s6_retained,
  s7_stalled,
  s8_gap,
  leaves_the_stale,  ///< staleTimeout of failover.md, section 1
  protocol,          ///< what a server may expect of a client
  rests,             ///< while there is nothing to do
  comes_to_an_end,
};
const char* name(Promise promise);

/// A defect between the Work and the world, to see that the laws are checked.
enum class Break {
  none,
  believes_in_acknowledgements,  ///< that nobody sent
  sends_again,                   ///< what was acknowledged
  swaps,                         ///< two messages that follow each other
  reads_on,                      ///< though there is no room
  counts_twice,                  ///< one server's acknowledgement for two
  settles_too_much,              ///< in the spool
  numbers_wrong,
  sends_too_many,  ///< more than Receive Maximum
  acknowledges_unwritten,
  prints_twice,        ///< what came again
  sessions_forgotten,  ///< connects without its session
  forgets_copies,      ///< each server's messages look different
  forgets_kept,        ///< the same, of what bridged servers keep
  stays_silent,        ///< about gaps
  hides_the_stall,
  repeats_retained,
  stays_with_the_stale,
  never_rests,
};

struct Outcome {
  struct Violation {
    Promise promise;
    std::string what;
  };
  std::optional<Violation> violation;
  std::string story;  ///< if it was asked for
  std::uint64_t turns = 0, switches = 0, losses = 0, moved = 0;
  std::uint64_t faults = 0;  ///< that have come: drawn ones come only while the run lasts
};

/// One run for a year, with a message at a time, while its servers fail now and then.
struct Year {
  static constexpr Duration kLength = std::chrono::hours(24 * 365);
  /// The Works look after a part of it, and a year has 31 million seconds.
  static constexpr Duration kKeepalive = std::chrono::hours(1);
  TimePoint begin;
  Duration every;  ///< a message
};

class World : public Announcer {
 public:
  World(std::uint64_t seed, Break broken, bool told) : dice(seed), broken_(broken), told_(told) {}

  /// One life after the other, until one is not killed or a law is broken.
  Outcome run();

  // Announcer. Every notice goes into the story.
  void announce(const Notice& notice) override;

 protected:
  Random dice;
  Agenda agenda;
  std::vector<std::unique_ptr<SimulatedServer>> servers;
  Outcome out;
  bool killed = false;  ///< kill -9 has come: the objects of the run are thrown away

  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(bound)));
  }
  bool chance(std::int64_t one_in) { return below(one_in) == 0; }
  Duration between(Duration least, Duration most) {
    return least + Duration(below((most - least).count() + 1));
  }
  bool is(Break what) const { return broken_ == what; }
  Break broken() const { return broken_; }
  void tell(const std::string& line);
  void broke(Promise promise, const std::string& what);

  void make_servers(std::int64_t count, bool all_mqtt5);
  ServerList server_list() const;
  FailoverSettings draw_failover();
  void draw_failback(FailoverSettings& settings);
  SessionSettings session_settings();
  /// Faults of all servers until `end`, most of them while they are `busy`; then they are well.
  void draw_faults(Duration busy, Duration end);
  /// Faults of all servers, each of at most six hours and some days after the last, until the year
  /// is over. The time is the beginning of the year then.
  void draw_year(const Year& year);
  /// Runs until the session is over: its exit status. Nothing, if it was killed or a law is broken.
  std::optional<int> live(Session& session, Mailbox& mailbox, Work& work);
  /// The process from its start to its exit status. Nothing, if it was killed or a law is broken.
  virtual std::optional<int> one_life() = 0;
  /// Checks what the exit status says.
  virtual void settle_accounts(int status) = 0;
  virtual std::size_t moved() const = 0;  ///< messages
  /// After each turn.
  virtual void look() {}
  /// The session is over and finish() is next.
  virtual void before_finish() {}

  std::vector<int> signals;  ///< for the next turn
  std::uint64_t most_turns_ = 200'000;
  bool persistent_ = false;     ///< -c
  bool keeps_sessions_ = true;  ///< a server that dies

 private:
  void draw_fault(SimulatedServer& server, TimePoint at, Duration most);
  void end_faults(SimulatedServer& server);

  const Break broken_;
  const bool told_;
};

/// One schedule with a publisher or a subscriber in it.
Outcome publish_in_a_world(std::uint64_t seed, Break broken = Break::none, bool told = false);
Outcome subscribe_in_a_world(std::uint64_t seed, Break broken = Break::none, bool told = false);

/// A publisher of one server, and a subscriber of all with numbers that pass 2^32, for a year.
Outcome publish_for_a_year(std::uint64_t seed, const Year& year, Break broken = Break::none);
Outcome subscribe_for_a_year(std::uint64_t seed, const Year& year, Break broken = Break::none);

}  // namespace mqfail::test
