// SPDX-License-Identifier: Apache-2.0
#include "peers/rows.hpp"

#include <algorithm>
#include <iterator>

namespace peers {
namespace {

using enum Mode;
using enum Fault;

// What mqfail promises: of a persistent session, of several sessions at once, of a frozen server
// with a keepalive of 2 s, and without a session on the next server.
const Promise kept{};
const Promise seamless{.failovers = 0};
const Promise kept_frozen{.silence = 3.5};
const Promise begun{.loss = Loss::explained,
                    .reason = "what comes before the next SUBSCRIBE is lost"};
const Promise noticed{.failovers = 2, .reason = "the first failback shows that it is one server"};
// What the frozen server had comes when it thaws.
const Promise begun_frozen{
    .loss = begun.loss, .order = Order::until_thaw, .silence = 3.5, .reason = begun.reason};

// Where the server does less, whatever its client does.
const Promise rabbit_dies{
    .loss = Loss::told,
    .publishers_failovers = {},
    .reason = "RabbitMQ closes the publishers of all nodes when a session dies with its node"};
// What one node lacks then, another one brings.
const Promise rabbit_dies_hot{
    .order = Order::any, .failovers = 0, .publishers_failovers = {}, .reason = rabbit_dies.reason};
const Promise rabbit_freezes{
    .loss = Loss::told,
    .silence = {},
    .publishers_failovers = {},
    .reason = "while a node is frozen, RabbitMQ accepts no CONNECT on the others"};
// And the lines of a publisher that moves meanwhile may be printed in another order (mqfail(7), one
// server and several).
const Promise rabbit_freezes_hot{
    .order = Order::any,
    .silence = {},
    .failovers = 0,
    .publishers_failovers = {},
    .reason = "a publisher of RabbitMQ waits until the frozen node has the message, too"};
const Promise rabbit_refuses{
    .loss = Loss::told,
    .silence = {},
    .publishers_failovers = {},
    .reason = "without a mirror RabbitMQ refuses a session while its node is down"};
const Promise rabbit_mirrors{.silence = {},
                             .publishers_failovers = {},
                             .reason = "a mirror in RabbitMQ sends what was under way again"};
const Promise nats_elects{.loss = Loss::told,
                          .once = false,
                          .silence = {},
                          .failovers = 3,
                          .publishers_failovers = {},
                          .reason = "an election in NATS takes some seconds"};
const Promise nats_elects_hot{.once = false,
                              .silence = {},
                              .failovers = 0,
                              .publishers_failovers = {},
                              .reason = nats_elects.reason};
// What the frozen node had acknowledged and not handed on comes when it thaws.
const Promise nats_freezes{.loss = Loss::told,
                           .once = false,
                           .order = Order::until_thaw,
                           .silence = {},
                           .failovers = {},
                           .publishers_failovers = {},
                           .reason = "NATS elects when a node freezes, and again when it thaws"};
const Promise nats_freezes_hot{.once = false,
                               .silence = {},
                               .failovers = 0,
                               .publishers_failovers = {},
                               .reason = nats_freezes.reason};
const Promise nats_repeats{.once = false,
                           .order = Order::any,
                           .silence = {},
                           .publishers_failovers = {},
                           .reason = "NATS sends what was under way again after its ack_wait"};
const Promise activemq_acknowledges{
    .loss = Loss::silent, .failovers = 0, .reason = "ActiveMQ acknowledges before it hands on"};
// It does so to every client, and then closes the connection at an acknowledgement: "no such
// packet".
const Promise aedes_mixes{.once = false,
                          .order = Order::any,
                          .silence = {},
                          .failovers = {},
                          .returns = false,
                          .reason = "aedes sends new messages among those that it kept"};
const Promise aedes_forgets{.loss = Loss::told,
                            .silence = {},
                            .publishers_failovers = {},
                            .reason = "the only server ends, and aedes keeps sessions in memory"};
const Promise only_server{.silence = {},
                          .publishers_failovers = {},
                          .reason = "the only server ends, so all publishers lose it"};

// What mqfail does not do yet.
const Promise activemq_denies{
    .today = "ActiveMQ says that it has no session, so what it kept is printed again"};
const Promise activemq_thaws{
    .order = Order::any,
    .failovers = 0,
    .today = "some of what ActiveMQ brings late when it thaws is printed again"};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"rabbitmq", "", cold, kill9, rabbit_dies},
      {"rabbitmq", "", warm, kill9, rabbit_dies},
      {"rabbitmq", "", hot, kill9, rabbit_dies_hot},
      {"rabbitmq", "", failback, kill9, rabbit_dies},
      {.kind = "rabbitmq", .mode = warm, .fault = kill9, .promise = rabbit_dies, .named = false},
      {"rabbitmq", "", warm, terminate, begun},
      {"rabbitmq", "", cold, freeze, rabbit_freezes},
      {"rabbitmq", "", hot, freeze, rabbit_freezes_hot},
      {"rabbitmq", "", persistent, kill9, rabbit_refuses},
      {"rabbitmq", "mirrored", persistent, kill9, rabbit_mirrors},
      {"rabbitmq", "mirrored", persistent, terminate, rabbit_mirrors},
      {"rabbitmq", "mirrored", persistent_failback, kill9, rabbit_mirrors},

      {"nats", "", cold, kill9, nats_elects},
      {"nats", "", warm, kill9, nats_elects},
      {"nats", "", hot, kill9, nats_elects_hot},
      {"nats", "", failback, kill9, nats_elects},
      {"nats", "", persistent, kill9, nats_repeats},
      {"nats", "", persistent, terminate, nats_repeats},
      {"nats", "", persistent_failback, kill9, nats_repeats},
      {"nats", "", warm, freeze, nats_freezes},
      {"nats", "", hot, freeze, nats_freezes_hot},

      {"activemq", "", cold, kill9, begun},
      {"activemq", "", warm, kill9, begun},
      {"activemq", "", hot, kill9, activemq_acknowledges},
      {"activemq", "", failback, kill9, begun},
      {"activemq", "", hot, freeze, activemq_thaws},
      {"activemq", "", persistent, terminate, activemq_denies},

      {"bridged-mqttv311", "", cold, kill9, begun},
      {"bridged-mqttv311", "", hot, kill9, seamless},
      {"bridged-mqttv311", "", hot, freeze, seamless},
      {"bridged-mqttv311", "", persistent, kill9, kept},
      {"bridged-mqttv311", "", persistent, terminate, kept},
      {"bridged-mqttv311", "", persistent_failback, kill9, kept},
      {"bridged-mqttv50", "", warm, kill9, begun},
      {"bridged-mqttv50", "", hot, terminate, seamless},
      {"bridged-mqttv50", "", failback, freeze, begun_frozen},
      {"bridged-mqttv50", "", persistent_failback, kill9, kept},

      {"two-addresses", "", cold, kill9, begun},
      {"two-addresses", "", warm, kill9, begun},
      {"two-addresses", "", hot, kill9, seamless},
      {"two-addresses", "", failback, kill9, begun},
      {"two-addresses", "", persistent_failback, kill9, kept},
      {.kind = "two-addresses",
       .mode = persistent_failback,
       .fault = kill9,
       .promise = noticed,
       .named = false},
      {"two-addresses", "", persistent, freeze, kept_frozen},
      {"two-addresses", "", persistent, terminate, only_server, 1},

      {"aedes", "", hot, kill9, seamless},
      {"aedes", "", persistent_failback, kill9, aedes_mixes},
      {"aedes", "", warm, kill9, aedes_forgets, 1, 300ms},
      {"aedes-2", "", warm, kill9, begun},
      {"aedes-2", "", hot, freeze, seamless},
      {"aedes-2", "", failback, kill9, begun},
      {"aedes-2", "", persistent_failback, kill9, aedes_mixes},
      {"aedes-2", "", persistent, terminate, aedes_forgets, 1},

      {"haproxy-checks", "", cold, kill9, begun},
      {"haproxy-checks", "", failback, kill9, begun},
      {"haproxy-checks", "", persistent, freeze, kept_frozen},
      {"haproxy", "", cold, kill9, begun},
      {"haproxy", "", hot, kill9, seamless},
      {"haproxy", "", failback, kill9, begun},
      {"haproxy", "", persistent, terminate, kept},
  };
  return all;
}

}  // namespace

std::vector<Row> rows_of(const std::string& kind) {
  std::vector<Row> found;
  std::copy_if(rows().begin(), rows().end(), std::back_inserter(found),
               [&](const Row& row) { return row.kind == kind; });
  return found;
}

}  // namespace peers
