// SPDX-License-Identifier: Apache-2.0
// mqfail-sub while servers die, freeze and come back. Both servers get the same numbered stream, so
// the output shows what was lost, duplicated or out of order.
#include "end_to_end/tools.hpp"

using namespace rig;

BOOST_AUTO_TEST_CASE(printing_goes_on_after_the_first_server_is_killed) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 2ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  a.kill9();
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE_MESSAGE(reader.wait_for_lines(Stream::out, before + 100, 10s),
                        reader.bytes(Stream::err));
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(rises(numbers(reader), events.count("failover") + events.count("failback")));
  BOOST_TEST(events.count("lost") == 1U);
  BOOST_TEST(events.count("failover") == 1U);
  BOOST_TEST(events.count("connected") == 2U);
  // S8: the failover event says how long nothing could arrive.
  const auto gap = events.last("gap");
  BOOST_REQUIRE_MESSAGE(gap.has_value(), "the switch is not reported as a gap");
  BOOST_TEST(gap->number("dur_ms") >= 0);
  const auto connected = events.last("connected");
  BOOST_TEST(connected->number("epoch") == 2);
  BOOST_TEST(events.all().back().name() == "exit");
  BOOST_TEST(events.all().back().number("printed") ==
             static_cast<long>(reader.line_count(Stream::out)));
}

BOOST_AUTO_TEST_CASE(the_hole_in_the_numbers_is_no_longer_than_the_reported_gap) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 1ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 200, 10s));
  a.kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 50, 10s));
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  const auto printed = numbers(reader);
  std::uint32_t first = 0, second = 0;
  for (std::size_t i = 1; i < printed.size(); ++i) {
    if (printed[i] == printed[i - 1] + 1) continue;
    if (printed[i] == printed[i - 1]) continue;  // under way to both at the switch
    BOOST_TEST(first == 0U, "a second hole after " << printed[i - 1]);
    first = printed[i - 1];
    second = printed[i];
  }
  if (first != 0) {
    const double hole = seconds_between(stream.when(first), stream.when(second));
    BOOST_TEST(hole * 1000 <= static_cast<double>(events.last("gap")->number("dur_ms")) + 60);
  }
}

BOOST_AUTO_TEST_CASE(ten_alternations_show_exactly_as_many_losses_as_kills) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 5ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 10, 10s));
  for (int i = 0; i < 10; ++i) {
    Mosquitto& live = i % 2 == 0 ? a : b;
    live.kill9();
    REQUIRE_EVENT(reader, events, "subscribed", 30s);
    const std::size_t before = reader.line_count(Stream::out);
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 20, 10s));
    live.restart();
  }
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.count("lost") == 10U);
  BOOST_TEST(events.count("failover") + events.count("failback") == 10U);
  BOOST_TEST(events.count("connected") == 11U);
  BOOST_TEST(rises(numbers(reader), events.count("failover") + events.count("failback")));
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_found_by_keepalive_within_four_seconds) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-k", "2"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 5ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  a.freeze();
  const Moment frozen = Clock::now();
  const auto connected = events.wait("subscribed", 8s);
  BOOST_REQUIRE_MESSAGE(connected.has_value(), reader.bytes(Stream::err));
  BOOST_TEST(seconds_between(frozen, connected->at) < 4.0);
  BOOST_TEST(seconds_between(frozen, connected->at) > 1.0);
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 50, 5s));
  BOOST_TEST_MESSAGE(events.last("lost")->get("reason"));
}

BOOST_AUTO_TEST_CASE(a_frozen_server_that_wakes_up_changes_nothing) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-k", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 5ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 20, 10s));
  a.freeze();
  REQUIRE_EVENT(reader, events, "subscribed");
  a.thaw();
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 200, 10s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.count("lost") == 1U);
  BOOST_TEST(rises(numbers(reader), events.count("failover") + events.count("failback")));
}

BOOST_AUTO_TEST_CASE(all_servers_may_be_down_for_five_seconds) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 5ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 20, 10s));
  b.kill9();
  a.kill9();
  REQUIRE_EVENT(reader, events, "backoff");
  BOOST_TEST(!reader.wait_exit(5s).has_value(), "an outage is no reason to end");
  b.restart();
  const auto subscribed = events.wait("subscribed", 35s);
  BOOST_REQUIRE_MESSAGE(subscribed.has_value(), reader.bytes(Stream::err));
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 20, 10s));
  BOOST_TEST(rises(numbers(reader), events.count("failover") + events.count("failback")));
  // No storm: 5 s of delays that double from 100 ms are only a few passes.
  BOOST_TEST(events.count("backoff") <= 30U);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(sigusr1_tries_at_once_instead_of_waiting) {
  Mosquitto a;
  Process reader(sub({"-s", a.uri(), "-t", "t", "--initial-reconnect-delay", "20s",
                      "--reconnect-jitter", "none"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.restart();
  REQUIRE_EVENT(reader, events, "backoff");
  const Moment then = Clock::now();
  reader.signal(SIGUSR1);
  REQUIRE_EVENT(reader, events, "subscribed", 5s);
  BOOST_TEST(seconds_between(then, Clock::now()) < 2.0);
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_right_after_connack_does_not_reset_the_back_off) {
  ScriptedServer trap({.close_after_connack = true});
  Process reader(sub({"-s", trap.uri(), "-t", "t", "--startup-max-reconnect-attempts", "-1"}));
  BOOST_TEST(!reader.wait_exit(4s).has_value());
  BOOST_TEST(trap.tcp_connections() >= 2U);
  BOOST_TEST(trap.tcp_connections() <= 40U);
}

BOOST_AUTO_TEST_CASE(a_subscription_that_is_refused_moves_on) {
  ScriptedServer a({.suback = [](const std::string&, int) { return 0x87; }});
  Mosquitto b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-t", "u", "-C", "1"}));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  Client(b.port()).publish({.topic = "u", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(Events(reader).last("failed")->get("phase") == "subscribe");
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_version_5_gets_one_try_with_3_1_1) {
  ScriptedServer server({.close_v5 = true});
  Process reader(sub({"-s", server.uri(), "-t", "t", "-C", "1"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  server.publish({.topic = "t", .payload = "x"});
  CHECK_STATUS(reader, 0);
  const auto connects = server.log(What::connect);
  BOOST_REQUIRE(connects.size() == 2U);
  BOOST_TEST(connects[0].connect.version == 5);
  BOOST_TEST(connects[1].connect.version == 4);
}

BOOST_AUTO_TEST_CASE(a_server_behind_a_proxy_that_once_closed_is_asked_with_version_5_again) {
  ScriptedServer server({.close_v5 = true});
  Process reader(sub({"-s", server.uri(), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  // The step to MQTT 3.1.1 is reported, and not as a failure.
  BOOST_TEST(events.count("failed") == 0U);
  BOOST_TEST(events.last("trying")->get("level") == "info");
  BOOST_TEST(events.last("trying")->get("reason").find("3.1.1") != std::string::npos);
  server.change([](Script& script) { script.close_v5 = false; });
  server.reset_all();
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto connects = server.log(What::connect);
  BOOST_REQUIRE(connects.size() == 3U);
  BOOST_TEST(connects[1].connect.version == 4);
  BOOST_TEST(connects[2].connect.version == 5);
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_the_filters_is_not_asked_for_its_version_each_time) {
  ScriptedServer server({.close_v5 = true, .suback = [](const std::string&, int) { return 0x80; }});
  Process reader(sub({"-s", server.uri(), "-t", "t", "--startup-max-reconnect-attempts", "4"}));
  CHECK_STATUS(reader, 69);
  std::size_t with_5 = 0;
  for (const Seen& seen : server.log(What::connect)) with_5 += seen.connect.version == 5 ? 1 : 0;
  BOOST_TEST(with_5 == 1U);
}

BOOST_AUTO_TEST_CASE(what_needs_version_5_is_not_led_astray_by_a_close) {
  ScriptedServer server({.close_v5 = true});
  Process publisher(pub({"-s", server.uri(), "-t", "t", "-m", "x", "-q", "1", "--sequence"}));
  BOOST_REQUIRE(server.wait_for(What::connect, 2));
  server.change([](Script& script) { script.close_v5 = false; });
  CHECK_STATUS(publisher, 0);
  for (const Seen& seen : server.log(What::connect)) BOOST_TEST(seen.connect.version == 5);
}

BOOST_AUTO_TEST_CASE(twins_at_a_mosquitto_back_off_and_are_told) {
  Mosquitto server;
  for (const std::string version : {"5", "311"}) {
    const Arguments twin{"-s",    server.uri(),         "-t",  "t", "-i", "same", "-V",
                         version, "--reconnect-jitter", "none"};
    Process one(sub(twin)), other(sub(twin));
    Events of_one(one), of_other(other);
    // The delays are 100, 200, 400 and 800 ms. The client that has its third loss first reports the
    // twin.
    const auto told = [&](Events& events) {
      return events
          .wait(
              "lost", [](const Said& said) { return !said.get("twin").empty(); }, 15s)
          .has_value();
    };
    BOOST_TEST(told(of_one));
    BOOST_TEST(told(of_other));
    const auto early = of_one.all();
    std::size_t losses = 0;
    for (const Said& said : early) {
      if (said.name() == "lost" && ++losses < 3) BOOST_TEST(said.get("twin").empty());
    }
    BOOST_TEST(of_one.count("connected") < 8U, one.bytes(Stream::err));
  }
}

BOOST_AUTO_TEST_CASE(an_outage_counts_from_the_last_sign_of_life) {
  Mosquitto a, c;
  ScriptedServer b({.session_present = true});
  Process keeper(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-k", "1", "-q", "1", "-i", "me", "-c"}));
  Process reader(sub({"-s", a.uri(), "-s", c.uri(), "-t", "t", "-k", "1", "-q", "1"}));
  Events of_keeper(keeper), of_reader(reader);
  REQUIRE_EVENT(keeper, of_keeper, "subscribed");
  REQUIRE_EVENT(reader, of_reader, "subscribed");
  a.freeze();
  for (Process* const process : {&keeper, &reader}) {
    Events& events = process == &keeper ? of_keeper : of_reader;
    REQUIRE_EVENT(*process, events, "gap");
    // The loss came after 1.5 s of silence; counted from the moment of noticing it would be under 1
    // ms.
    BOOST_TEST(events.last("gap")->number("dur_ms") >= 1400);
    BOOST_TEST(events.last("failover")->number("dur_ms") >= 1400);
    BOOST_TEST(events.last("connected")->number("outage_ms") >= 1400);
    process->signal(SIGTERM);
    CHECK_STATUS(*process, 0);
  }
  // The scripted server has kept the session.
  BOOST_TEST(of_keeper.last("gap")->get("may_be_missing") == "false");
  BOOST_TEST(of_keeper.last("exit")->number("gaps") == -1);
  BOOST_TEST(of_reader.last("exit")->number("gaps") == 1);
}

BOOST_AUTO_TEST_CASE(a_switch_to_a_server_without_our_session_is_a_gap_at_any_quality_of_service) {
  for (const std::string qos : {"0", "1", "2"}) {
    Mosquitto a, b;
    Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", qos}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    a.kill9();
    REQUIRE_EVENT(reader, events, "gap");
    BOOST_TEST(events.last("gap")->get("may_be_missing") == "true");
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(events.last("exit")->number("gaps") == 1);
  }
}

// Starts the command with a hosts file of its own.
Arguments with_hosts(const std::string& file, const Arguments& argv) {
  Arguments all{"unshare", "-rm", "sh", "-c", R"(mount --bind "$0" /etc/hosts && exec "$@")", file};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

boost::unit_test::precondition may_mount() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    return run({"unshare", "-rm", "true"}).exit.status == 0;
  });
}

BOOST_AUTO_TEST_CASE(a_frozen_first_address_does_not_hold_the_name, *may_mount()) {
  // The kernel accepts connections for it, as for a stopped process, and nothing answers.
  const Fd frozen = listen_on(0);
  const std::string port = std::to_string(port_of(frozen));
  Mosquitto good({.lines = {"listener " + port + " 127.0.0.2"}});
  Scratch scratch;
  const std::string hosts = (scratch / "hosts").string();
  write_file(hosts, "127.0.0.1 two.test\n127.0.0.2 two.test\n");
  const Arguments common{"-s", "mqtt://two.test:" + port, "-t", "t", "--connect-timeout", "2s"};
  Arguments reading = common, writing = common;
  reading.insert(reading.end(), {"-C", "1"});
  writing.insert(writing.end(), {"-m", "x", "-q", "1", "-r"});
  Process publisher(with_hosts(hosts, pub(writing)));
  CHECK_STATUS(publisher, 0);
  Process reader(with_hosts(hosts, sub(reading)));
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "x\n");
  Events events(reader);
  BOOST_TEST(events.count("failed") == 0U);  // the second address is tried in the same attempt
  BOOST_TEST(events.last("connected")->get("addr") == "127.0.0.2:" + port);
  // A probe has an attempt of its own kind.
  Process probe(
      with_hosts(hosts, command("mqfail-probe", {"-s", "mqtt://two.test:" + port,
                                                 "--connect-timeout", "2s", "--format", "json"})));
  CHECK_STATUS(probe, 0);
  BOOST_TEST(probe.bytes(Stream::out).find(R"("addr":"127.0.0.2:)" + port) != std::string::npos,
             probe.bytes(Stream::out));
}

// One attempt is all there is, and the frozen address gets only its share of the time.
BOOST_AUTO_TEST_CASE(once_is_enough_for_a_name_whose_first_address_is_frozen, *may_mount()) {
  const Certificates certificates;
  const Fd frozen = listen_on(0);
  const std::string port = std::to_string(port_of(frozen));
  Scratch scratch;
  const std::string hosts = (scratch / "hosts").string();
  write_file(hosts, "127.0.0.1 localhost\n127.0.0.2 localhost\n");
  for (const bool tls : {false, true}) {
    Mosquitto good(tls ? MosquittoSettings{.lines = {"listener " + port + " 127.0.0.2",
                                                     "certfile " + certificates.certificate(),
                                                     "keyfile " + certificates.key()}}
                       : MosquittoSettings{.lines = {"listener " + port + " 127.0.0.2"}});
    const std::string uri =
        tls ? "mqtts://localhost:" + port + "?cafile=" + certificates.authority()
            : "mqtt://localhost:" + port;
    Process publisher(with_hosts(hosts, pub({"-s", uri, "-t", "t", "-m", "x", "-q", "1", "--once",
                                             "--connect-timeout", "2s"})));
    CHECK_STATUS(publisher, 0);
    Events events(publisher);
    BOOST_TEST(events.count("failed") == 0U);
    BOOST_TEST(events.last("connected")->get("addr") == "127.0.0.2:" + port);
  }
}

// As in an election of a cluster: each server answers, but later than connectTimeout.
BOOST_AUTO_TEST_CASE(servers_that_all_answer_late_get_more_time_at_each_pass) {
  ScriptedServer a({.connack_delay = 1500ms}), b({.connack_delay = 1500ms});
  const Arguments servers{"-s",
                          a.uri(),
                          "-s",
                          b.uri(),
                          "-t",
                          "t",
                          "--connect-timeout",
                          "1s",
                          "--reconnect-jitter",
                          "none",
                          "--startup-timeout",
                          "30s"};
  Arguments reading = servers, writing = servers;
  reading.push_back("-E");
  writing.insert(writing.end(), {"-m", "x", "-q", "1"});
  Process reader(sub(reading)), writer(pub(writing));
  for (Process* const process : {&reader, &writer}) {
    CHECK_STATUS(*process, 0);
    Events events(*process);
    BOOST_TEST(events.count("failed") == 2U, what_it_said(*process));
    BOOST_TEST(events.last("failed")->get("reason") == "timed out");
    BOOST_TEST(events.last("failed")->get("phase") == "connack");
    BOOST_TEST(events.last("connected")->number("dur_ms") >= 1500);
  }
}

// The addresses of a name share the longer time, too.
BOOST_AUTO_TEST_CASE(a_late_answer_of_one_of_several_addresses_is_waited_for_as_well,
                     *may_mount()) {
  ScriptedServer late({.connack_delay = 1500ms});
  const std::string port = std::to_string(late.port());
  Mosquitto frozen({.lines = {"listener " + port + " 127.0.0.2"}});
  frozen.freeze();
  Scratch scratch;
  const std::string hosts = (scratch / "hosts").string();
  write_file(hosts, "127.0.0.1 two.test\n127.0.0.2 two.test\n");
  Process reader(
      with_hosts(hosts, sub({"-s", "mqtt://two.test:" + port, "-t", "t", "-E", "--connect-timeout",
                             "1s", "--reconnect-jitter", "none", "--startup-timeout", "30s"})));
  CHECK_STATUS(reader, 0);
  Events events(reader);
  BOOST_TEST(events.count("failed") == 2U, what_it_said(reader));  // 500 ms and 1 s an address
  BOOST_TEST(events.last("connected")->get("addr") == "127.0.0.1:" + port);
}

BOOST_AUTO_TEST_CASE(the_spoken_version_is_remembered_for_that_server) {
  ScriptedServer server({.close_v5 = true});
  Process reader(sub({"-s", server.uri(), "-t", "t", "--stable", "0ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  server.reset_all();
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto connects = server.log(What::connect);
  BOOST_TEST(connects.size() == 3U);
  BOOST_TEST(connects.back().connect.version == 4);
}

BOOST_AUTO_TEST_CASE(a_persistent_session_keeps_what_came_while_the_reader_was_dead) {
  Mosquitto a;
  const Arguments arguments = sub({"-s", a.uri(), "-t", "t", "-q", "1", "-c", "-i", "keeper"});
  {
    Process reader(arguments);
    BOOST_REQUIRE(a.wait_for_subscriber("keeper"));
    Client(a.port()).publish({.topic = "t", .payload = "one", .qos = 1});
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 5s));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
  Client(a.port()).publish({.topic = "t", .payload = "two", .qos = 1});
  Arguments again = arguments;
  again.insert(again.end(), {"-C", "1"});
  Process reader(again);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "two\n");
}

BOOST_AUTO_TEST_CASE(with_sequences_each_message_is_printed_once_and_holes_are_counted) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t", "-q", "1", "--sequence-gaps", "-C", "4"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  const std::string identity = "0123456789abcdef0123456789abcdef";
  for (const int number : {1, 2, 2, 5, 1, 6}) {
    Publish publish{.topic = "t", .payload = std::to_string(number), .qos = 1};
    publish.properties = {{property::user, 0, identity, "mqfail-id"},
                          {property::user, 0, std::to_string(number), "mqfail-seq"}};
    server.publish(publish);
  }
  CHECK_STATUS(reader, 75);  // 3 and 4 are still missing at the end
  BOOST_TEST(reader.bytes(Stream::out) == "1\n2\n5\n6\n");
  BOOST_TEST(Events(reader).count("gap") >= 1U);
}
