// SPDX-License-Identifier: Apache-2.0
#include "policy/roster.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

#include "words.hpp"

namespace mqfail::test {
namespace {

Roster roster(const std::vector<std::string>& names) {
  BackoffSettings cooling;
  cooling.jitter = Jitter::none;
  return {servers(names), cooling};
}

std::string names(const Roster& roster, const std::vector<ServerIndex>& indices) {
  std::string out;
  for (const ServerIndex index : indices) out += roster.server(index).id + " ";
  return out;
}

std::string order(const Roster& roster) {
  return names(roster, roster.order());
}

std::string pass(const Roster& roster, bool randomize = false, std::uint64_t seed = 1) {
  Random random(seed);
  return names(roster, roster.pass(randomize, random));
}

Server with_password(const std::string& name, const std::string& password) {
  Server out = server(name);
  out.username = "u";
  out.password = Secret(password);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_that_has_left_the_list_leaves_its_secrets_behind) {
  Roster it({with_password("a", "old"), server("b")}, {});
  it.remember_protocol(kA, Protocol::mqtt311);
  it.change({with_password("a", "new"), server("b")}, ListSource::document, false);
  BOOST_TEST(!it.server(kA).password.has_value());
  BOOST_TEST(it.server(it.order().front()).password->reveal() == "new");
  BOOST_TEST(it.server(kA).username.value_or("") == "u");
  // It comes back as the one it was.
  it.change({with_password("a", "old"), server("b")}, ListSource::document, false);
  BOOST_TEST((it.order().front() == kA));
  BOOST_TEST(it.server(kA).password->reveal() == "old");
  BOOST_TEST((it.protocol(kA, Protocol::mqtt5) == Protocol::mqtt311));
}

BOOST_AUTO_TEST_CASE(the_order_is_as_configured_without_doubles) {
  BOOST_TEST(order(roster({"a", "b", "A", "c"})) == "a b c ");
}

BOOST_AUTO_TEST_CASE(a_double_does_not_shift_the_places_of_the_others) {
  const Roster it = roster({"a", "a", "b"});
  BOOST_TEST(it.server(kC).id == "b");
}

BOOST_AUTO_TEST_CASE(the_server_that_was_lost_goes_last_in_every_pass) {
  Roster it = roster({"a", "b", "c"});
  it.lost(kA);
  BOOST_TEST(pass(it) == "b c a ");
  BOOST_TEST(pass(it) == "b c a ");
  it.lost(kB);
  BOOST_TEST(pass(it) == "a c b ");
}

BOOST_AUTO_TEST_CASE(a_shuffled_pass_is_the_same_for_the_same_seed) {
  const Roster it = roster({"a", "b", "c", "d", "e"});
  BOOST_TEST(pass(it, true, 7) == "e b d a c ");
  BOOST_TEST(pass(it, true, 7) == pass(it, true, 7));
}

BOOST_AUTO_TEST_CASE(a_shuffle_favours_nobody) {
  // ActiveMQ's swap gives the three of a roster 33.4, 36.9 and 29.6 % of the first places.
  const Roster it = roster({"a", "b", "c"});
  Random random(1);
  std::array<int, 3> first{};
  for (int i = 0; i < 30000; ++i) {
    ++first.at(static_cast<std::size_t>(it.pass(true, random).front()));
  }
  for (const int count : first) BOOST_TEST((count > 9700 && count < 10300));
}

BOOST_AUTO_TEST_CASE(the_lost_server_goes_last_in_a_shuffled_pass_too) {
  Roster it = roster({"a", "b", "c"});
  it.lost(kB);
  for (std::uint64_t seed = 0; seed < 50; ++seed) BOOST_TEST(pass(it, true, seed).ends_with("b "));
}

BOOST_AUTO_TEST_CASE(a_server_rests_for_a_back_off_of_its_own) {
  Roster it = roster({"a", "b"});
  Random random(1);
  it.cool(kA, at(0), random);
  BOOST_TEST(it.is_cooling(kA, at(99)));
  BOOST_TEST(!it.is_cooling(kA, at(100)));
  BOOST_TEST(!it.is_cooling(kB, at(0)));
  it.cool(kA, at(100), random);
  BOOST_TEST(it.is_cooling(kA, at(299)));
  it.cool(kB, at(200), random);
  BOOST_TEST(it.all_cooling(at(299)));
  BOOST_TEST(!it.all_cooling(at(300)));
  it.settled(kA);
  it.cool(kA, at(1000), random);
  BOOST_TEST(!it.is_cooling(kA, at(1100)));
}

BOOST_AUTO_TEST_CASE(an_update_comes_first_and_never_drops_a_configured_server) {
  Roster it = roster({"a", "b"});
  const auto change = it.change(servers({"x", "b"}), ListSource::topic, false);
  BOOST_TEST(order(it) == "x b a ");
  BOOST_TEST(names(it, change.added) == "x ");
  BOOST_TEST(change.removed.empty());
}

BOOST_AUTO_TEST_CASE(an_update_keeps_what_earlier_updates_added_unless_told_to_forget) {
  Roster it = roster({"a"});
  it.change(servers({"x", "y"}), ListSource::topic, false);
  it.change(servers({"z"}), ListSource::topic, false);
  BOOST_TEST(order(it) == "z a x y ");
  const auto change = it.change(servers({"w"}), ListSource::topic, true);
  BOOST_TEST(order(it) == "w a ");
  BOOST_TEST(names(it, change.removed) == "z x y ");
}

BOOST_AUTO_TEST_CASE(each_source_has_its_own_last_update) {
  Roster it = roster({"a"});
  it.change(servers({"x"}), ListSource::topic, true);
  it.change(servers({"y"}), ListSource::url, true);
  BOOST_TEST(order(it) == "y a x ");
  // To forget is to forget what the same source has named.
  const auto change = it.change(servers({"z"}), ListSource::topic, true);
  BOOST_TEST(order(it) == "z a y ");
  BOOST_TEST(names(it, change.removed) == "x ");
}

BOOST_AUTO_TEST_CASE(an_update_may_not_lower_tls) {
  ServerList configured = servers({"a"});
  configured[0].scheme = Scheme::tls;
  Roster it(configured, {});
  ServerList update = servers({"x", "y"});
  update[1].scheme = Scheme::wss;
  const auto change = it.change(update, ListSource::topic, false);
  BOOST_TEST(order(it) == "y a ");
  BOOST_TEST((change.refused == std::vector<std::string>{"x:1883"}));
  // Where a configured server is plain anyway, nothing is lowered.
  Roster mixed({configured[0], server("b")}, {});
  BOOST_TEST(mixed.change(servers({"x"}), ListSource::topic, false).refused.empty());
  // A document is the configuration itself.
  it.change(servers({"x"}), ListSource::document, false);
  BOOST_TEST(order(it) == "y x ");
}

// --srv and discovery: without any server that is configured.
BOOST_AUTO_TEST_CASE(an_update_may_not_lower_the_tls_of_servers_that_are_discovered) {
  ServerList found = servers({"a"});
  found[0].scheme = Scheme::tls;
  {
    Roster it({}, {});
    it.change(found, ListSource::srv, true);
    const auto change = it.change(servers({"x"}), ListSource::topic, false);
    BOOST_TEST((change.refused == std::vector<std::string>{"x:1883"}));
    BOOST_TEST(order(it) == "a ");
  }
  {
    Roster it({}, {});  // updateURIsURL may answer first
    it.change(servers({"x", "y"}), ListSource::url, false);
    it.change(servers({"z"}), ListSource::url, false);
    BOOST_TEST(order(it) == "z x y ");
    it.change(found, ListSource::multicast, true);
    BOOST_TEST(order(it) == "a ");
  }
  Roster plain({}, {});
  plain.change({found[0], server("b")}, ListSource::srv, true);
  BOOST_TEST(plain.change(servers({"x"}), ListSource::topic, false).refused.empty());
  // What is discovered is judged by its own names.
  BOOST_TEST(plain.change(servers({"c"}), ListSource::multicast, true).refused.empty());
}

BOOST_AUTO_TEST_CASE(updates_of_a_hostile_source_do_not_use_up_the_memory) {
  Roster it = roster({"a"});
  RosterChange change;
  for (int update = 0; update < 10; ++update) {
    ServerList many;
    for (int i = 0; i < 10'000; ++i) {
      Server one = server("x" + std::to_string(update) + "-" + std::to_string(i));
      many.push_back(one);
    }
    change = it.change(many, ListSource::topic, true);
  }
  BOOST_TEST(change.refused.size() == 10'000U);
  BOOST_TEST(order(it).ends_with("a "));
  // What is known is still taken.
  BOOST_TEST(it.change(servers({"x6-0"}), ListSource::topic, true).refused.empty());
}

BOOST_AUTO_TEST_CASE(a_reference_means_a_server_of_the_same_scheme) {
  ServerList list = servers({"a", "b", "B", "c"});
  list[1].scheme = Scheme::tls;
  list[2].port = 1884;
  Roster it(list, {});
  const auto found = [&](const std::string& host, std::optional<std::uint16_t> port) {
    const auto index = it.find(kA, {host, port});
    return index ? redacted_uri(it.server(*index)) : "none";
  };
  BOOST_TEST(found("b", std::nullopt) == "tcp://B:1884");
  BOOST_TEST(found("b", 1884) == "tcp://B:1884");
  BOOST_TEST(found("b", 1883) == "none");
  BOOST_TEST(found("C", std::nullopt) == "tcp://c:1883");
  BOOST_TEST(found("x", std::nullopt) == "none");
}

BOOST_AUTO_TEST_CASE(servers_of_a_redirection_come_last_or_first) {
  Roster it = roster({"a", "b"});
  const auto stranger = it.admit(server("x"));
  BOOST_REQUIRE(stranger.has_value());
  BOOST_TEST(order(it) == "a b x ");
  BOOST_TEST((it.admit(server("X")) == stranger));
  it.prefer({*stranger});
  BOOST_TEST(order(it) == "x a b ");
  it.change(servers({"b"}), ListSource::topic, false);
  BOOST_TEST(order(it) == "b a x ");
}

BOOST_AUTO_TEST_CASE(an_update_that_names_a_configured_endpoint_means_that_entry) {
  ServerList configured = servers({"a"});
  configured[0] = with_password("a", "s");
  Roster it(configured, {});
  const auto change = it.change(servers({"A"}), ListSource::topic, false);
  BOOST_TEST(!change.any);
  BOOST_TEST(it.server(it.order()[0]).password->reveal() == "s");
}

BOOST_AUTO_TEST_CASE(a_document_changes_an_entry_that_an_update_named) {
  Roster it({with_password("a", "old")}, {});
  it.change(servers({"a"}), ListSource::url, false);
  const auto change = it.change({with_password("a", "new")}, ListSource::document, false);
  BOOST_TEST(names(it, change.added) == "a ");
  BOOST_TEST(it.server(it.order().front()).password->reveal() == "new");
  BOOST_TEST(!it.server(kA).password.has_value());
}

BOOST_AUTO_TEST_CASE(a_document_gives_its_login_to_a_server_that_an_update_named_first) {
  Roster it = roster({"a"});
  it.change(servers({"b"}), ListSource::topic, false);
  it.change({server("a"), with_password("b", "s")}, ListSource::document, false);
  BOOST_TEST(order(it) == "b a ");
  BOOST_TEST(it.server(it.order().front()).password.value_or(Secret()).reveal() == "s");
}

BOOST_AUTO_TEST_CASE(a_source_changes_what_it_named_and_no_other_source_does) {
  Roster it = roster({"a"});
  it.change({with_password("b", "old")}, ListSource::url, false);
  BOOST_TEST(!it.change(servers({"b"}), ListSource::topic, false).any);
  BOOST_TEST(it.server(it.order().front()).password->reveal() == "old");
  it.change({with_password("b", "new")}, ListSource::url, false);
  BOOST_TEST(order(it) == "b a ");
  BOOST_TEST(it.server(it.order().front()).password->reveal() == "new");
}

BOOST_AUTO_TEST_CASE(a_document_takes_away_a_server_that_a_redirection_put_first) {
  Roster it = roster({"a", "b"});
  it.prefer({kB});
  it.change(servers({"b", "c"}), ListSource::document, false);
  BOOST_TEST(order(it) == "b c ");
  const auto change = it.change(servers({"c"}), ListSource::document, false);
  BOOST_TEST(order(it) == "c ");
  BOOST_TEST(names(it, change.removed) == "b ");
}

BOOST_AUTO_TEST_CASE(an_update_that_names_the_lost_server_forgives_it) {
  Roster it = roster({"a", "b"});
  it.lost(kA);
  it.change(servers({"a"}), ListSource::topic, false);
  BOOST_TEST(pass(it) == "a b ");
}

BOOST_AUTO_TEST_CASE(an_empty_list_changes_nothing) {
  Roster it = roster({"a", "b"});
  for (const ListSource source : {ListSource::document, ListSource::topic}) {
    BOOST_TEST(!it.change({}, source, true).any);
  }
  BOOST_TEST(order(it) == "a b ");
}

BOOST_AUTO_TEST_CASE(a_document_replaces_the_configured_servers_without_renumbering) {
  Roster it = roster({"a", "b", "c"});
  const auto change = it.change(servers({"c", "d"}), ListSource::document, false);
  BOOST_TEST(order(it) == "c d ");
  BOOST_TEST((it.order()[0] == kC));
  BOOST_TEST(names(it, change.added) == "d ");
  BOOST_TEST(names(it, change.removed) == "a b ");
  BOOST_TEST(it.server(kA).id == "a");
}

BOOST_AUTO_TEST_CASE(a_changed_entry_is_a_new_one_and_a_renamed_one_is_not) {
  Roster it({with_password("a", "old"), server("b")}, {});
  const auto changed =
      it.change({with_password("a", "new"), server("b")}, ListSource::document, false);
  BOOST_TEST(names(it, changed.added) == "a ");
  BOOST_TEST(names(it, changed.removed) == "a ");
  Server renamed = server("b");
  renamed.id = "backup";
  const auto same = it.change({with_password("a", "new"), renamed}, ListSource::document, false);
  BOOST_TEST(!same.any);
  BOOST_TEST(it.server(kB).id == "backup");
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_is_remembered) {
  Roster it = roster({"a", "b"});
  it.remember_protocol(kB, Protocol::mqtt311);
  it.change(servers({"a"}), ListSource::document, false);
  it.change(servers({"a", "b"}), ListSource::document, false);
  BOOST_TEST((it.order()[1] == kB));
  BOOST_TEST((it.protocol(kB, Protocol::mqtt5) == Protocol::mqtt311));
  BOOST_TEST((it.protocol(kA, Protocol::mqtt5) == Protocol::mqtt5));
}

BOOST_AUTO_TEST_CASE(what_is_known_of_a_cluster_stays_when_a_server_leaves_and_comes_back) {
  Roster it = roster({"a", "b"});
  it.join(kA, kB);
  BOOST_TEST(it.stores() == 1U);
  it.change(servers({"a"}), ListSource::document, false);
  it.change(servers({"a", "b"}), ListSource::document, false);
  BOOST_TEST(same_cluster(it.server(kA), it.server(kB)));
  BOOST_TEST(it.stores() == 1U);
}

BOOST_AUTO_TEST_CASE(a_list_that_only_names_a_cluster_is_a_change_once) {
  Roster it = roster({"a", "b"});
  ServerList named = servers({"a", "b"});
  for (Server& server : named) server.cluster = "C";
  const RosterChange change = it.change(named, ListSource::document, false);
  BOOST_TEST(change.any);
  BOOST_TEST((change.added.empty() && change.removed.empty()));
  BOOST_TEST(it.stores() == 1U);
  BOOST_TEST(!it.change(named, ListSource::document, false).any);
}

}  // namespace mqfail::test
