// SPDX-License-Identifier: Apache-2.0
#include "peers/rows.hpp"

#include <algorithm>
#include <iterator>

namespace peers {
namespace {

using enum Mode;
using enum Fault;

/// The same on several servers at once: nothing is lost, and there is no failover.
Bounds at_once(Bounds bounds) {
  bounds.lost = bounds.failovers = 0;
  return bounds;
}

// What mqfail promises: of a persistent session, of several sessions at once, of a frozen server
// with a keepalive of 2 s, and without a session on the next server.
const Bounds kept{};
const Bounds seamless{.failovers = 0};
const Bounds kept_frozen{.silence = 3.5};
const Bounds begun{.lost = 400, .reason = "what comes before the next SUBSCRIBE is lost"};
const Bounds noticed{.failovers = 2, .reason = "the first failback shows that it is one server"};
const Bounds begun_frozen{.lost = 10'000, .silence = 3.5, .reason = begun.reason};

// Where the server does less, whatever its client does.
// At each failover a publisher may send its window again.
const Bounds rabbit_dies{
    .lost = 400,
    .doubled = 1'000,
    .publishers_failovers = 9,
    .reason = "RabbitMQ closes the publishers of all nodes when a session dies with its node"};
const Bounds rabbit_dies_hot = at_once(rabbit_dies);
const Bounds rabbit_freezes{
    .lost = 15'000,
    .silence = 10,
    .reason = "while a node is frozen, RabbitMQ accepts no CONNECT on the others"};
const Bounds rabbit_freezes_hot{
    .doubled = 400,
    .silence = 10,
    .failovers = 0,
    .reason = "a publisher of RabbitMQ waits until the frozen node has the message, too"};
// The session is said to be present afterwards.
const Bounds rabbit_refuses{
    .lost = 15'000,
    .silence = 20,
    .publishers_failovers = 9,
    .told = false,
    .reason = "without a mirror RabbitMQ refuses a session while its node is down"};
const Bounds rabbit_mirrors{.doubled = 1'000,
                            .silence = 3,
                            .reason = "a mirror in RabbitMQ sends what was under way again"};
const Bounds nats_elects{.lost = 15'000,
                         .doubled = 1'000,
                         .silence = 15,
                         .failovers = 2,
                         .publishers_failovers = 9,
                         .reason = "an election in NATS takes some seconds"};
const Bounds nats_elects_hot = at_once(nats_elects);
const Bounds nats_freezes{.lost = 30'000,
                          .doubled = 2'000,
                          .silence = 30,
                          .failovers = 3,
                          .publishers_failovers = 30,
                          .reason = "NATS elects when a node freezes, and again when it thaws"};
const Bounds nats_repeats{.doubled = 1'000,
                          .reordered = 200,
                          .silence = 15,
                          .publishers_failovers = 9,
                          .reason = "NATS sends what was under way again after its ack_wait"};
const Bounds activemq_acknowledges{.lost = 20,
                                   .failovers = 0,
                                   .told = false,
                                   .reason = "ActiveMQ acknowledges before it hands on"};
// It does so to every client, and then closes the connection at an acknowledgement: "no such
// packet".
const Bounds aedes_mixes{.doubled = 1'000,
                         .reordered = 10'000,
                         .silence = 10,
                         .failovers = 9,
                         .returns = false,
                         .reason = "aedes sends new messages among those that it kept"};
const Bounds aedes_forgets{.lost = 6'000,
                           .silence = 3,
                           .publishers_failovers = 2,
                           .reason = "the only server ends, and aedes keeps sessions in memory"};
const Bounds only_server{.silence = 2,
                         .publishers_failovers = 2,
                         .reason = "the only server ends, so all publishers lose it"};

// What mqfail does not do yet.
const Bounds activemq_denies{
    .today = "ActiveMQ says that it has no session, so what it kept is printed again"};
const Bounds short_memory{.failovers = 0,
                          .today = "a copy that comes after twice the keepalive is printed again"};

const Bounds nats_freezes_hot{.doubled = 2'000,
                              .silence = 30,
                              .failovers = 0,
                              .publishers_failovers = 30,
                              .reason = nats_freezes.reason,
                              .today = short_memory.today};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"rabbitmq", "", cold, kill9, rabbit_dies},
      {"rabbitmq", "", warm, kill9, rabbit_dies},
      {"rabbitmq", "", hot, kill9, rabbit_dies_hot},
      {"rabbitmq", "", failback, kill9, rabbit_dies},
      {.kind = "rabbitmq", .mode = warm, .fault = kill9, .most = rabbit_dies, .named = false},
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
      {"activemq", "", hot, freeze, short_memory},
      {"activemq", "", persistent, terminate, activemq_denies},

      {"bridged-mqttv311", "", cold, kill9, begun},
      {"bridged-mqttv311", "", hot, kill9, seamless},
      {"bridged-mqttv311", "", hot, freeze, short_memory},
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
       .most = noticed,
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
