// SPDX-License-Identifier: Apache-2.0
// A thousand clients that are told at once move one by one (failover.md section 5), on a virtual
// time. With --log_level=message the test prints the histogram.
#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "policy/failover.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kClients = 1000;
constexpr std::size_t kTenths = 10;  // of the spread

Server server(const std::string& name) {
  Server out;
  out.id = out.host = name;
  return out;
}

/// What a thousand clients do when an update names `servers`, told at the same moment.
struct Moves {
  std::array<std::size_t, kTenths> when{};   ///< how many moved in each tenth of the spread
  std::map<std::string, std::size_t> where;  ///< on which server they are afterwards
  bool broke = false;                        ///< a client was without a server
};

Moves move_all(const ServerList& servers, const FailoverSettings& settings) {
  Moves moves;
  for (std::size_t i = 0; i < kClients; ++i) {
    Failover client(settings, {server("a")}, Random(i + 1));
    TimePoint now{};
    client.step(event::Started{}, now);
    client.step(event::Connected{AttemptId{1}}, now);
    now = TimePoint(60s);
    Actions actions =
        client.step(event::ListChanged{.servers = servers, .source = ListSource::topic}, now);
    std::string at = "a";
    while (const auto due = client.deadline()) {
      now = *due;
      for (const Action& action : client.step(event::Ticked{}, now)) {
        const auto* const connect = std::get_if<action::Connect>(&action);
        if (connect == nullptr) continue;
        const auto tenth = static_cast<std::size_t>((now - TimePoint(60s)) * kTenths /
                                                    (settings.rebalance_spread + Duration(1)));
        ++moves.when.at(tenth);
        at = client.server(connect->server).id;
        const Actions then = client.step(event::Connected{connect->attempt}, now);
        // Make before break.
        moves.broke = moves.broke || !std::holds_alternative<action::Use>(then.front());
      }
    }
    ++moves.where[at];
  }
  return moves;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_thousand_clients_that_are_told_at_once_arrive_spread) {
  FailoverSettings settings;
  settings.rebalance = true;
  const Moves moves = move_all({server("b"), server("a")}, settings);
  BOOST_TEST(moves.where.at("b") == kClients);
  BOOST_TEST(!moves.broke);
  // 100 each: the standard deviation is 9.5.
  for (std::size_t tenth = 0; tenth < kTenths; ++tenth) {
    BOOST_TEST_MESSAGE(tenth << " " << std::string(moves.when[tenth], '#') << " "
                             << moves.when[tenth]);
    BOOST_TEST((moves.when[tenth] > 55 && moves.when[tenth] < 145));
  }
}

BOOST_AUTO_TEST_CASE(clients_that_shuffle_their_list_share_the_servers) {
  FailoverSettings settings;
  settings.rebalance = settings.randomize = true;
  const Moves moves = move_all({server("a"), server("b"), server("c"), server("d")}, settings);
  for (const char* const name : {"a", "b", "c", "d"}) {
    BOOST_TEST((moves.where.at(name) > 190 && moves.where.at(name) < 310));
  }
}

BOOST_AUTO_TEST_CASE(nobody_moves_who_was_not_asked_to) {
  const Moves moves = move_all({server("b"), server("a")}, {});
  BOOST_TEST(moves.where.at("a") == kClients);
}
