// SPDX-License-Identifier: Apache-2.0
// Which server is usable, and when one is left: the rules of Sparkplug 3.0 by their ids.
#include "sparkplug/primary_host.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;
using Says = StateMessage::Says;
using enum HostDecision;

namespace mqfail {
std::ostream& operator<<(std::ostream& out, HostDecision decision) {
  constexpr const char* kNames[] = {"wait", "use", "offline", "older", "leave"};
  return out << kNames[static_cast<int>(decision)];
}
}  // namespace mqfail

namespace {

StateMessage online(StateTime time) {
  return {Says::online, time, true};
}
StateMessage gone(StateTime time) {
  return {Says::offline, time, true};
}

}  // namespace

// tck-id-operational-behavior-edge-node-birth-sequence-wait: the first STATE is taken as valid.
BOOST_AUTO_TEST_CASE(message_flow_edge_node_birth_publish_phid_wait_online) {
  PrimaryHost host;
  HostView a{"a"}, b{"b"};
  BOOST_TEST(host.judge(a, gone(1000)) == offline);
  BOOST_TEST(host.judge(b, online(5)) == use);
}

BOOST_AUTO_TEST_CASE(message_flow_edge_node_birth_publish_phid_wait_timestamp) {
  PrimaryHost host;
  HostView a{"a"};
  BOOST_TEST(host.judge(a, online(1000)) == use);
  HostView again{"a"}, b{"b"};
  BOOST_TEST(host.judge(b, online(999)) == older);
  BOOST_TEST(host.judge(again, online(1000)) == use);  // not newer, and not older
  HostView c{"c"};
  BOOST_TEST(host.judge(c, online(1001)) == use);
}

// tck-id-operational-behavior-host-application-multi-server-timestamp: a host that is connected to
// both has another time on each. When the one with the newer time is gone, the other is the newest.
BOOST_AUTO_TEST_CASE(operational_behavior_host_application_multi_server_timestamp) {
  PrimaryHost host;
  HostView a{"a"};
  BOOST_TEST(host.judge(a, online(1000)) == use);
  HostView first{"b"}, second{"b"};
  BOOST_TEST(host.judge(first, online(998)) == older);
  BOOST_TEST(host.judge(second, online(998)) == use);  // no server had a newer one meanwhile
  BOOST_TEST(host.judge(second, gone(998)) == leave);
  // On one server time does not run back.
  HostView third{"b"}, fourth{"b"};
  BOOST_TEST(host.judge(third, online(997)) == older);
  BOOST_TEST(host.judge(fourth, online(997)) == older);
}

// Once another server was used, an older STATE has to wait its turn again.
BOOST_AUTO_TEST_CASE(an_older_state_is_used_only_if_nothing_newer_was_found_meanwhile) {
  PrimaryHost host;
  HostView a{"a"}, b{"b"}, c{"c"}, again{"b"};
  BOOST_TEST(host.judge(a, online(1000)) == use);
  BOOST_TEST(host.judge(b, online(998)) == older);
  BOOST_TEST(host.judge(c, online(1002)) == use);
  BOOST_TEST(host.judge(again, online(998)) == older);
}

BOOST_AUTO_TEST_CASE(operational_behavior_edge_node_termination_host_offline) {
  PrimaryHost host;
  HostView a{"a"};
  BOOST_TEST(host.judge(a, online(1000)) == use);
  BOOST_TEST(host.judge(a, gone(1000)) == leave);  // equal counts
  HostView b{"b"};
  BOOST_TEST(host.judge(b, online(1000)) == use);
  BOOST_TEST(host.judge(b, gone(1001)) == leave);
}

BOOST_AUTO_TEST_CASE(operational_behavior_edge_node_termination_host_offline_timestamp) {
  PrimaryHost host;
  HostView a{"a"};
  BOOST_TEST(host.judge(a, online(1000)) == use);
  BOOST_TEST(host.judge(a, gone(999)) == wait);
  BOOST_TEST(host.judge(a, online(1005)) == use);
  BOOST_TEST(host.judge(a, online(900)) == wait);
  BOOST_TEST(host.judge(a, gone(1004)) == wait);
  BOOST_TEST(host.judge(a, gone(1005)) == leave);
}

BOOST_AUTO_TEST_CASE(an_empty_or_unreadable_state_changes_nothing) {
  PrimaryHost host;
  HostView a{"a"};
  for (const Says says : {Says::unknown, Says::unreadable}) {
    BOOST_TEST(host.judge(a, {says, std::nullopt, true}) == wait);
  }
  BOOST_TEST(host.judge(a, online(1)) == use);
  for (const Says says : {Says::unknown, Says::unreadable}) {
    BOOST_TEST(host.judge(a, {says, std::nullopt, true}) == wait);
  }
}

// --state-version auto
BOOST_AUTO_TEST_CASE(where_3_0_says_something_2_2_does_not_count) {
  const StateMessage on{Says::online, std::nullopt, false}, off{Says::offline, std::nullopt, false};
  PrimaryHost host;
  HostView old{"old"};
  BOOST_TEST(host.judge(old, on) == use);
  BOOST_TEST(host.judge(old, off) == leave);
  HostView both{"both"};
  BOOST_TEST(host.judge(both, online(3)) == use);
  BOOST_TEST(host.judge(both, off) == wait);
  BOOST_TEST(host.judge(both, gone(3)) == leave);
  BOOST_TEST(host.judge(both, on) == wait);
}
