// SPDX-License-Identifier: Apache-2.0
// The test of the hostile conversations: plans follow from their seeds and reach every flaw, what
// is right is right by the rig's own reader, and the laws find each kind of lie.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "hostile/laws.hpp"
#include "rig/sanitizer.hpp"

using namespace hostile;
using rig::Type;

namespace {

Plan plan_of(Tool tool) {
  Plan plan;
  plan.tool = tool;
  plan.flaw = &flaws().front();
  return plan;
}

Outcome good_outcome(int status) {
  Outcome outcome;
  outcome.status = status;
  outcome.peak_kib = 6000;
  return outcome;
}

bool charges(const Plan& plan, const Outcome& outcome, const std::string& words) {
  const auto all = broken_laws(plan, outcome);
  return std::any_of(all.begin(), all.end(), [&](const std::string& charge) {
    return charge.find(words) != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_plan_and_some_seeds_give_every_flaw_at_every_moment) {
  std::set<std::string> names;
  std::set<Moment> moments;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const Plan plan = make_plan(seed);
    BOOST_REQUIRE(described(plan) == described(make_plan(seed)));
    BOOST_REQUIRE(plan.flaw->fits(plan.type, plan.version));
    names.insert(plan.flaw->name);
    moments.insert(plan.moment);
  }
  BOOST_TEST(names.size() == flaws().size());
  BOOST_TEST(moments.size() == 11U);
}

BOOST_AUTO_TEST_CASE(a_draft_without_a_flaw_is_the_packet_that_the_rig_makes) {
  Draft publish{.type = Type::publish, .flags = 2};
  publish.topic = "t/x";
  publish.id = 7;
  publish.has_properties = true;
  publish.properties = {{rig::property::message_expiry, four_bytes(9)}};
  publish.tail = "hello";
  rig::Publish same{.topic = "t/x", .payload = "hello", .qos = 1, .id = 7};
  same.properties = {{rig::property::message_expiry, 9, {}, {}}};
  BOOST_TEST(publish.bytes() == rig::encode(same, 5));
  Draft ack{.type = Type::puback};
  ack.id = 7;
  BOOST_TEST(ack.bytes() == rig::encode_acknowledgement(Type::puback, 5, 7, 0));
  Draft connack{.type = Type::connack};
  connack.session = 1;
  connack.code = 0;
  BOOST_TEST(connack.bytes() == rig::encode_connack(4, 0, true, {}));
}

BOOST_AUTO_TEST_CASE(the_laws_find_a_lie_in_the_exit_status) {
  Plan pub = plan_of(Tool::pub);
  pub.qos = 1;
  Outcome outcome = good_outcome(0);
  BOOST_TEST(charges(pub, outcome, "not every message was acknowledged"));
  outcome.ledger.acknowledged["line-1"] = {kGood};
  BOOST_TEST(broken_laws(pub, outcome).empty());
  pub.acks = 2;
  BOOST_TEST(charges(pub, outcome, "not every message was acknowledged"));
  outcome.status = 75;
  BOOST_TEST(broken_laws(pub, outcome).empty());
  pub.acks = 1;
  BOOST_TEST(charges(pub, outcome, "would have acknowledged"));
  outcome.ledger.refused = {"line-1"};
  BOOST_TEST(broken_laws(pub, outcome).empty());

  Plan sub = plan_of(Tool::sub);
  sub.messages = 2;
  outcome = good_outcome(0);
  outcome.out = "one\n";
  BOOST_TEST(charges(sub, outcome, "1 lines, but -C 2"));
  outcome.out = "one\ntwo\n";
  BOOST_TEST(broken_laws(sub, outcome).empty());
  outcome.out = "one\nlate-two\n";
  BOOST_TEST(charges(sub, outcome, "behind a packet that ends"));
  outcome.status = 69;
  BOOST_TEST(charges(sub, outcome, "not used to the end"));

  const Plan probe = plan_of(Tool::probe);
  BOOST_TEST(charges(probe, good_outcome(0), "welcomed nobody"));
  BOOST_TEST(charges(probe, good_outcome(2), "not found"));
  BOOST_TEST(broken_laws(probe, good_outcome(1)).empty());
}

BOOST_AUTO_TEST_CASE(the_laws_find_crashes_hangs_and_whatever_commands_a_terminal) {
  Plan probe = plan_of(Tool::probe);
  Outcome outcome = good_outcome(139);
  BOOST_TEST(charges(probe, outcome, "exit status 139"));
  outcome.status = 1;
  outcome.hung = true;
  BOOST_TEST(charges(probe, outcome, "did not end"));
  outcome.hung = false;
  for (const char* const bad : {"\x1b[31m", "a\rb", "\x07", "\x7f", "\xC2\x9B", "\xFF",
                                "\xE2\x80\xAE", "\xE2\x80", "\xEF\xBB\xBF"}) {
    outcome.err = bad;
    BOOST_TEST(charges(probe, outcome, "standard error has a byte"), shown(bad));
    outcome.err.clear();
    outcome.out = bad;
    BOOST_TEST(charges(probe, outcome, "standard output has a byte"), shown(bad));
    outcome.out.clear();
  }
  outcome.err = "plain \xC3\xA9\n";
  BOOST_TEST(broken_laws(probe, outcome).empty());
  outcome.strangers = 1;
  BOOST_TEST(charges(probe, outcome, "in no list"));
  outcome.strangers = 0;
  outcome.peak_kib = 900'000;
  BOOST_TEST(charges(probe, outcome, "KiB resident") == !rig::kSanitized);
  outcome.peak_kib = 0;
  outcome.ledger.malformed = {"PUBLISH"};
  BOOST_TEST(charges(probe, outcome, "no MQTT"));

  Plan sub = plan_of(Tool::sub);
  sub.json_events = true;
  outcome = good_outcome(0);
  outcome.out = "x\n";
  outcome.err = "{\"event\":\"exit\",\"exit\":0}\nno json\n";
  BOOST_TEST(charges(sub, outcome, "no JSON"));
  outcome.err = "{\"event\":\"exit\",\"exit\":1}\n";
  BOOST_TEST(charges(sub, outcome, "another status"));
  outcome.err.clear();
  BOOST_TEST(charges(sub, outcome, "0 events exit"));
}
