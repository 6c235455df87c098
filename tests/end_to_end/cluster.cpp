// SPDX-License-Identifier: Apache-2.0
// Servers that share sessions (failover.md section 4, "Client ids, and nodes of one cluster"): one
// real mosquitto behind two addresses, each of which can be cut off. tests/peers has real clusters.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// The "nodes" a and b lead to the same server.
struct TwoAddresses {
  Mosquitto server{{.lines = {"log_type all"}}};
  RecordingProxy a{server.port()}, b{server.port()};

  Arguments with(const Arguments& more) const {
    Arguments all{"-s", a.uri() + "?serverId=a", "-s", b.uri() + "?serverId=b"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

const Arguments kSoonBack{"--priority-backup",
                          "--priority-probe-interval",
                          "100ms",
                          "--priority-stable",
                          "1",
                          "--priority-hold",
                          "300ms",
                          "--max-reconnect-delay",
                          "100ms",
                          "--initial-reconnect-delay",
                          "50ms"};

Arguments operator+(Arguments one, const Arguments& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

std::string ids_of(Events& events) {
  std::string all;
  for (const Said& said : events.all())
    if (said.name() == "connected") all += said.get("client_id") + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_warm_standby_at_another_node_takes_no_session) {
  TwoAddresses nodes;
  Process reader(sub(nodes.with({"-t", "t", "-i", "me", "--standby", "warm"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "standby-ready");
  for (int i = 0; i < 4; ++i) {
    RecordingProxy& dead = i % 2 == 0 ? nodes.a : nodes.b;
    dead.die();
    REQUIRE_EVENT(reader, events, "failover");
    dead.rise();
    REQUIRE_EVENT(reader, events, "standby-ready");
  }
  BOOST_TEST(events.count("lost") == 4U);
  BOOST_TEST(events.count("failover") == 4U);
  BOOST_TEST(events.count("standby-lost") == 0U);
  BOOST_TEST(ids_of(events) == "me me-standby me me-standby me ");
}

BOOST_AUTO_TEST_CASE(a_persistent_session_goes_on_at_the_next_node) {
  TwoAddresses nodes;
  Process reader(sub(nodes.with({"-t", "t", "-q", "1", "-c", "-i", "me", "--cluster", "-C", "3"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  Client client(nodes.server.port(), {.client_id = "sender", .version = 5});
  client.publish({.topic = "t", .payload = "before", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_REQUIRE(nodes.server.wait_for_log("Received PUBACK from me"));
  nodes.a.die();
  client.publish({.topic = "t", .payload = "meanwhile", .qos = 1});
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("connected")->get("session_present") == "true");
  client.publish({.topic = "t", .payload = "after", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "before\nmeanwhile\nafter\n");
  BOOST_TEST(events.count("warning") == 0U);
}

// As RabbitMQ without mirrored queues, whose session has a home node.
BOOST_AUTO_TEST_CASE(a_session_that_was_refused_while_its_node_was_down_is_told) {
  for (const bool refused : {true, false}) {
    ScriptedServer home, node({.session_present = true, .answer_subscribe = false});
    Process reader(sub({"-s", home.uri(), "-s", node.uri(), "-t", "t", "-q", "1", "-c", "-i", "me",
                        "-V", "311", "--cluster"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    home.refuse();
    BOOST_REQUIRE_MESSAGE(node.wait_for(What::subscribe), what_it_said(reader));
    if (refused) {
      node.close_all();
    } else {
      node.reset_all();
    }
    REQUIRE_EVENT(reader, events, "failed");
    home.change([](Script& script) { script.session_present = true; });
    node.change([](Script& script) { script.answer_subscribe = true; });
    home.accept();
    REQUIRE_EVENT(reader, events, "gap");
    BOOST_TEST(events.last("connected")->get("session_present") == "true");
    BOOST_TEST(events.last("gap")->get("may_be_missing") == (refused ? "true" : "false"));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
}

BOOST_AUTO_TEST_CASE(failback_in_a_cluster_is_no_loss_and_publishes_no_will) {
  TwoAddresses nodes;
  nodes.a.die();
  Recorder wills(nodes.server.port(), "will");
  Process reader(sub(nodes.with(Arguments{"-t", "t", "-q", "1", "-c", "-i", "me", "--cluster",
                                          "--will-topic", "will", "--will-payload", "gone"} +
                                kSoonBack)));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("subscribed")->get("server") == "b");
  nodes.a.rise();
  REQUIRE_EVENT(reader, events, "failback");
  BOOST_TEST(events.last("connected")->get("session_present") == "true");
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(events.count("failover") == 0U);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  // It comes behind a will that was published.
  Client(nodes.server.port(), {.client_id = "last"}).publish({.topic = "will", .payload = "end"});
  BOOST_REQUIRE(wills.wait_for(1));
  BOOST_TEST(wills.payloads() == std::vector<std::string>{"end"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(failback_to_a_node_that_nobody_named_is_no_loss_either) {
  TwoAddresses nodes;
  nodes.a.die();
  Process reader(sub(nodes.with(Arguments{"-t", "t", "-q", "1", "-c", "-i", "me"} + kSoonBack)));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  for (int i = 0; i < 3; ++i) {
    nodes.a.rise();
    REQUIRE_EVENT(reader, events, "failback");
    BOOST_TEST(events.last("connected")->get("session_present") == "true");
    BOOST_TEST(events.count("lost") == static_cast<std::size_t>(i));
    nodes.a.die();
    REQUIRE_EVENT(reader, events, "failover");
  }
}

BOOST_AUTO_TEST_CASE(hot_standby_in_a_cluster_has_an_id_for_each_node) {
  TwoAddresses nodes;
  Process reader(sub(nodes.with({"-t", "t", "-i", "me", "--standby", "hot", "--cluster"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "subscribed");
  Client client(nodes.server.port(), {.client_id = "sender", .version = 5});
  for (int i = 1; i <= 50; ++i) {
    if (i == 20) nodes.a.die();
    client.publish({.topic = "t", .payload = numbered_line(static_cast<std::uint32_t>(i))});
  }
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  BOOST_TEST(complete(numbers(reader)));
  BOOST_TEST(numbers(reader).size() == 50U);
  BOOST_TEST(events.count("failover") == 0U);
  BOOST_TEST((ids_of(events) == "me-a me-b " || ids_of(events) == "me-b me-a "), ids_of(events));
}

BOOST_AUTO_TEST_CASE(hot_standby_in_a_cluster_that_nobody_named_comes_to_rest) {
  TwoAddresses nodes;
  Process reader(sub(nodes.with({"-t", "t", "-i", "me", "--standby", "hot"})));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "warning");
  BOOST_TEST(events.last("warning")->get("reason").find("--cluster") != std::string::npos);
  // Once the second one has an id of its own, both are subscribed.
  BOOST_REQUIRE(nodes.server.wait_for_subscriber("me-[ab]"));
  const auto lost = events.count("lost");
  Client client(nodes.server.port(), {.client_id = "sender", .version = 5});
  for (std::uint32_t i = 1; i <= 50; ++i)
    client.publish({.topic = "t", .payload = numbered_line(i)});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  BOOST_TEST(complete(numbers(reader)));
  BOOST_TEST(events.count("lost") == lost);
}

BOOST_AUTO_TEST_CASE(acks_count_a_cluster_once) {
  TwoAddresses nodes;
  Mosquitto other;
  Process alone(pub(nodes.with({"-t", "t", "-q", "1", "-m", "x", "--acks", "2", "--cluster"})));
  CHECK_STATUS(alone, 64);
  other.freeze();
  Process publisher(
      pub({"-s", nodes.a.uri() + "?cluster=C", "-s", nodes.b.uri() + "?cluster=C", "-s",
           other.uri(), "-t", "t", "-q", "1", "-m", "x", "--acks", "2", "-k", "60"}));
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  BOOST_REQUIRE(nodes.server.wait_for_log("Sending PUBACK to"));
  BOOST_TEST(nodes.a.connections() + nodes.b.connections() == 1);
  BOOST_TEST(publisher.running());
  other.thaw();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(nodes.a.connections() + nodes.b.connections() == 1);
}

BOOST_AUTO_TEST_CASE(servers_that_are_no_cluster_are_told_after_the_first_switch) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri() + "?serverId=a", "-s", b.uri() + "?serverId=b", "-t", "t", "-q",
                      "1", "-c", "-i", "me", "--cluster"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  REQUIRE_EVENT(reader, events, "warning");
  BOOST_TEST(events.last("warning")->get("reason").find("a and b are named as nodes of one") !=
             std::string::npos);
}
