// SPDX-License-Identifier: Apache-2.0
// The bound of an attempt while every server is slow: when it grows, how far, and when it is back.
#include "policy/patience.hpp"

#include <boost/test/unit_test.hpp>

#include "unit/policy/words.hpp"

namespace mqfail::test {
namespace {

const Reason kSlow = because(Cause::timeout, Phase::connack);

/// A pass in which the attempts ended for these reasons.
void pass(Patience& patience, const std::vector<Reason>& reasons) {
  for (const Reason& reason : reasons) patience.failed(reason);
  patience.pass_failed();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_bound_doubles_after_each_pass_of_slow_servers_up_to_30_s) {
  Patience patience;
  BOOST_TEST((patience.bound(ms(5000)) == ms(5000)));
  for (const std::int64_t bound : {10000, 20000, 30000, 30000}) {
    pass(patience, {kSlow, kSlow});
    BOOST_TEST((patience.bound(ms(5000)) == ms(bound)));
  }
}

BOOST_AUTO_TEST_CASE(any_phase_behind_tcp_is_slow) {
  for (const Phase phase : {Phase::tls, Phase::ws, Phase::connack, Phase::subscribe}) {
    Patience patience;
    pass(patience, {because(Cause::timeout, phase)});
    BOOST_TEST((patience.bound(ms(5000)) == ms(10000)));
  }
}

BOOST_AUTO_TEST_CASE(hosts_that_are_gone_say_nothing_about_the_servers) {
  const std::vector<Reason> gone{
      because(Cause::timeout, Phase::tcp), because(Cause::timeout, Phase::dns),
      because(Cause::refused, Phase::tcp), because(Cause::dns, Phase::dns),
      because(Cause::local, Phase::connack)};
  Patience patience;
  pass(patience, gone);
  BOOST_TEST((patience.bound(ms(5000)) == ms(5000)));
  std::vector<Reason> with_a_slow_one = gone;
  with_a_slow_one.push_back(kSlow);
  pass(patience, with_a_slow_one);
  BOOST_TEST((patience.bound(ms(5000)) == ms(10000)));
}

BOOST_AUTO_TEST_CASE(an_answer_shows_that_not_every_server_is_slow) {
  for (const Reason& answer :
       {because(Cause::connack, Phase::connack, 0x88), because(Cause::closed, Phase::connack),
        because(Cause::tls, Phase::tls), because(Cause::suback, Phase::subscribe, 0x87)}) {
    Patience patience;
    pass(patience, {kSlow, answer});
    BOOST_TEST((patience.bound(ms(5000)) == ms(5000)));
    pass(patience, {kSlow});  // an answer counts in its own pass
    BOOST_TEST((patience.bound(ms(5000)) == ms(10000)));
  }
}

BOOST_AUTO_TEST_CASE(after_a_connection_the_bound_is_as_configured) {
  Patience patience;
  pass(patience, {kSlow});
  patience.failed(kSlow);
  patience.connected();
  patience.pass_failed();
  BOOST_TEST((patience.bound(ms(5000)) == ms(5000)));
}

BOOST_AUTO_TEST_CASE(a_bound_that_is_longer_by_itself_stays_and_a_tiny_one_gets_there) {
  Patience patience;
  for (int i = 0; i < 100; ++i) pass(patience, {kSlow});
  for (const std::int64_t bound : {30000, 30001, 86400000})
    BOOST_TEST((patience.bound(ms(bound)) == ms(bound)));
  BOOST_TEST((patience.bound(ms(1)) == ms(30000)));
}

}  // namespace mqfail::test
