// SPDX-License-Identifier: Apache-2.0
// How mqfail-sub ends: every exit status of the contract, and what must be true at the end.
#include <filesystem>
#include <set>
#include <sstream>

#include "end_to_end/tools.hpp"

using namespace rig;

BOOST_AUTO_TEST_CASE(a_wrong_password_on_all_servers_is_77) {
  Mosquitto a({.user = "joe", .password = "right"}), b({.user = "joe", .password = "right"});
  for (const char* version : {"5", "311"}) {
    Process reader(
        sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-u", "joe", "-P", "wrong", "-V", version}));
    CHECK_STATUS(reader, 77);
    BOOST_TEST(reader.bytes(Stream::out).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_password_on_one_server_is_no_reason_to_end) {
  Mosquitto a({.user = "joe", .password = "right"}), b;
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-u", "joe", "-P", "wrong", "-C", "1"}));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  Client(b.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_server_that_starts_a_moment_later_is_waited_for_and_a_dead_list_is_69) {
  Process dead(sub({"-s", dead_uri(), "-s", dead_uri(), "-t", "t"}));

  Mosquitto late;
  late.kill9();
  Process reader(sub({"-s", late.uri(), "-t", "t", "-C", "1"}));
  Process publisher(pub({"-s", late.uri(), "-t", "t", "-m", "x", "-q", "1", "-r"}));
  Events of_reader(reader), of_publisher(publisher);
  for (int pass = 0; pass < 4; ++pass) {
    REQUIRE_EVENT(reader, of_reader, "failed");
    REQUIRE_EVENT(publisher, of_publisher, "failed");
  }
  late.restart();
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "x\n");

  const auto exit = dead.wait_exit(20s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 69);
  BOOST_TEST(seconds_between(dead.started(), exit->at) > 9.0);
  BOOST_TEST(seconds_between(dead.started(), exit->at) < 14.0);
  BOOST_TEST(Events(dead).last("gave-up")->get("bound") == "startupTimeout");
}

BOOST_AUTO_TEST_CASE(a_bound_that_is_given_takes_the_place_of_the_default_one_and_is_named) {
  struct Row {
    Arguments bound;
    std::string name;
    double seconds;
  };
  for (const Row& row :
       {Row{{"--give-up-after", "700ms"}, "giveUpAfter", 0.7},
        Row{{"--startup-timeout", "600ms"}, "startupTimeout", 0.6},
        Row{{"--max-reconnect-attempts", "2"}, "maxReconnectAttempts", 0},
        Row{{"--startup-max-reconnect-attempts", "2"}, "startupMaxReconnectAttempts", 0},
        Row{{"--once"}, "once", 0}}) {
    Arguments arguments{"-s", dead_uri(), "-t", "t"};
    arguments.insert(arguments.end(), row.bound.begin(), row.bound.end());
    Process reader(sub(arguments));
    CHECK_STATUS(reader, 69);
    const auto end = Events(reader).last("gave-up");
    BOOST_TEST(end->get("bound") == row.name);
    BOOST_TEST(std::stod(end->get("elapsed_ms")) >= row.seconds * 1000);
  }
}

BOOST_AUTO_TEST_CASE(once_is_one_pass) {
  Process reader(sub({"-s", dead_uri(), "-s", dead_uri(), "-t", "t", "--once"}));
  CHECK_STATUS(reader, 69);
  BOOST_TEST(Events(reader).count("failed") == 2U);
}

BOOST_AUTO_TEST_CASE(a_count_of_messages_ends_with_0) {
  Mosquitto a;
  Process reader(sub({"-s", a.uri(), "-t", "t", "-C", "3"}));
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  Client client(a.port());
  for (const char* payload : {"1", "2", "3", "4"})
    client.publish({.topic = "t", .payload = payload, .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "1\n2\n3\n");
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_ends_with_0) {
  Mosquitto a;
  Process reader({.argv = sub({"-s", a.uri(), "-t", "t"}), .stdout_closed_after_first_line = true});
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  StreamPublisher stream({a.port()}, {.every = 5ms});
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_74_and_the_message_is_not_acknowledged) {
  for (const int qos : {1, 2}) {
    ScriptedServer server;
    Process reader(
        {.argv = sub({"-s", server.uri(), "-t", "t", "-V", "5", "-q", std::to_string(qos)}),
         .stdout_file = "/dev/full"});
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    server.publish({.topic = "t", .payload = "precious", .qos = qos});
    CHECK_STATUS(reader, 74);
    BOOST_TEST(server.wait_for(What::closed));
    BOOST_TEST(server.count(What::ack) == 0U, "acknowledged though it was not written");
  }
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_leaves_only_after_the_write) {
  ScriptedServer server;
  Process reader(
      {.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-k", "1"}), .stdout_unread = true});
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  constexpr std::size_t size = 1000;
  for (std::uint32_t i = 1; i <= 300; ++i)
    server.publish({.topic = "t", .payload = numbered_line(i, size), .qos = 1});
  // S7: the keepalive goes on while stdout blocks; three pings are three seconds.
  BOOST_TEST(server.wait_for(What::ping, 3, 8s));
  const std::size_t acked = server.count(What::ack);
  BOOST_TEST(acked * (size + 1) <= 65536U, acked << " acknowledged, and a pipe holds 65536 bytes");
  BOOST_TEST(Events(reader).count("stalled") == 1U);
  BOOST_TEST(server.count(What::connect) == 1U);
}

BOOST_AUTO_TEST_CASE(with_sync_an_acknowledgement_leaves_only_once_it_is_on_the_disk) {
  for (const bool broken : {false, true}) {
    Scratch scratch;
    const std::string trace = (scratch / "trace").string();
    const std::string file = (scratch / "out").string();
    ScriptedServer server;
    Arguments argv{find_program("strace"),        "-f", "-qq", "-o", trace, "-e",
                   "trace=write,fdatasync,sendto"};
    // The first fdatasync only checks whether the file can be synced at all.
    if (broken) argv.insert(argv.end(), {"-e", "inject=fdatasync:error=EIO:when=2+"});
    const Arguments reader_argv =
        sub({"-s", server.uri(), "-t", "t", "-q", "1", "--sync", "-C", "30"});
    argv.insert(argv.end(), reader_argv.begin(), reader_argv.end());
    Process reader({.argv = argv,
                    .environment = {{"LSAN_OPTIONS", "detect_leaks=0"}},  // not under strace
                    .stdout_file = file});
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    for (std::uint32_t i = 1; i <= 30; ++i) {
      server.publish({.topic = "t", .payload = numbered_line(i), .qos = 1});
      if (!broken) BOOST_REQUIRE(server.wait_for(What::ack, i));
    }
    CHECK_STATUS(reader, broken ? 74 : 0);
    BOOST_TEST(server.wait_for(What::closed));
    BOOST_TEST(server.count(What::ack) == (broken ? 0U : 30U));
    BOOST_TEST(read_file(file).substr(0, 10) == numbered_line(1).substr(0, 10));
    bool written = true;
    std::size_t syncs = 0;
    std::istringstream lines(read_file(trace));
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" write(1,") != std::string::npos) written = false;
      if (line.find(" fdatasync(1") != std::string::npos) {
        written = true;
        ++syncs;
      }
      if (line.find(" sendto(") != std::string::npos && line.find("\"@\\2") != std::string::npos)
        BOOST_TEST(written, "acknowledged before it was on the disk");
    }
    BOOST_TEST(syncs >= 2U);
  }
}

BOOST_AUTO_TEST_CASE(
    with_sync_a_new_file_has_its_name_on_the_disk_before_an_acknowledgement_leaves) {
  for (const bool broken : {false, true}) {
    Scratch scratch;
    const std::string trace = (scratch / "trace").string();
    const std::string directory = (scratch / "out").string();
    ScriptedServer server;
    Arguments argv{find_program("strace"),           "-f", "-qq", "-o", trace, "-e",
                   "trace=mkdir,openat,fsync,sendto"};
    if (broken) {
      std::filesystem::create_directory(directory);
      argv.insert(argv.end(), {"-e", "inject=fsync:error=EIO"});
    }
    const Arguments reader_argv =
        sub({"-s", server.uri(), "-t", "#", "-q", "1", "--sync", "--output", directory, "-C", "3"});
    argv.insert(argv.end(), reader_argv.begin(), reader_argv.end());
    Process reader({.argv = argv, .environment = {{"LSAN_OPTIONS", "detect_leaks=0"}}});
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    const std::vector<std::string> topics{"a", "b", "a"};
    for (std::uint32_t i = 0; i < topics.size(); ++i) {
      server.publish({.topic = topics[i], .payload = numbered_line(i), .qos = 1});
      if (!broken) BOOST_REQUIRE(server.wait_for(What::ack, i + 1));
    }
    CHECK_STATUS(reader, broken ? 74 : 0);
    BOOST_TEST(server.wait_for(What::closed));
    BOOST_TEST(server.count(What::ack) == (broken ? 0U : 3U));
    if (broken) BOOST_TEST(reader.bytes(Stream::err).find(directory) != std::string::npos);
    std::size_t names = 0, syncs = 0;  // the directory itself is a name, too
    std::istringstream lines(read_file(trace));
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" mkdir(\"" + directory) != std::string::npos ||
          line.find("O_APPEND") != std::string::npos)
        ++names;
      if (line.find(" fsync(") != std::string::npos) ++syncs;
      if (line.find(" sendto(") != std::string::npos && line.find("\"@\\2") != std::string::npos)
        BOOST_TEST(syncs == names, "acknowledged before its file was on the disk");
    }
    if (!broken) BOOST_TEST(names == 3U);
  }
}

BOOST_AUTO_TEST_CASE(sync_into_a_pipe_is_refused) {
  ScriptedServer server;
  Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "t", "--sync"}));
  CHECK_STATUS(reader, 64);
  BOOST_TEST(server.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(killed_at_any_point_nothing_acknowledged_is_unwritten) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Dice dice(seed);
    Scratch scratch;
    const std::string file = (scratch / "out").string();
    ScriptedServer server;
    {
      Process reader(
          {.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1"}), .stdout_file = file});
      BOOST_REQUIRE(server.wait_for(What::subscribe));
      for (std::uint32_t i = 1; i <= 2000; ++i)
        server.publish({.topic = "t",
                        .payload = numbered_line(i),
                        .qos = 1,
                        .id = static_cast<std::uint16_t>(i)});
      BOOST_REQUIRE(server.wait_for(What::ack, dice.between(1, 1900)));
      reader.signal(SIGKILL);
      BOOST_REQUIRE(reader.wait_exit(5s).has_value());
    }
    BOOST_REQUIRE(server.wait_for(What::closed));
    std::set<std::uint32_t> written;
    const std::string text = read_file(file);
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
      written.insert(number_of(text.substr(at, end - at)).value_or(0));
    BOOST_TEST(written.count(0) == 0U);
    for (const Seen& seen : server.log(What::ack))
      BOOST_TEST(written.count(seen.ack.id) == 1U,
                 "seed " << seed << ": " << seen.ack.id << " acknowledged, not written");
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_64_with_a_suggestion) {
  ScriptedServer server;
  Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "t", "--keepaliv", "3"}));
  CHECK_STATUS(reader, 64);
  BOOST_TEST(server.tcp_connections() == 0U);
  BOOST_TEST(reader.bytes(Stream::out).empty());
  BOOST_TEST(!reader.bytes(Stream::err).empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_offered_is_64_and_one_line) {
  for (const Arguments& option :
       {Arguments{"-A", "127.0.0.1"}, Arguments{"--unix", "/x"}, Arguments{"-S"},
        Arguments{"--proxy", "socks5h://x"}, Arguments{"--tls-engine", "x"},
        Arguments{"--keyform", "pem"}, Arguments{"--random-filter", "10"}}) {
    Arguments arguments{"-t", "t"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    Process reader(command("mqfail-sub", arguments));
    CHECK_STATUS(reader, 64);
    BOOST_TEST(reader.line_count(Stream::err) == 1U,
               option[0] << ": " << reader.bytes(Stream::err));
    BOOST_TEST(reader.bytes(Stream::err).find(option[0]) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(usage_mistakes_are_64) {
  const std::vector<Arguments> mistakes{
      {},               // no topic
      {"-t", "a/#/b"},  // no filter
      {"-t", "t", "-q", "3"},
      {"-t", "t", "-s", "gopher://x"},
      {"-t", "t", "-s", "failover:a,b?timeout=3"},  // the bare form
      {"-t", "t", "-s", "failover:(tcp://a)?tmeout=3"},
      {"-t", "t", "--connect-timeout", "5"},  // a duration without a unit
      {"-t", "t", "-h", "a", "-h", "b", "-h", "c", "-p", "1", "-p", "2"},
      {"-t", "t", "-k", "0"},
      {"-t", "t", "--standby", "lukewarm"},
      {"-t", "t", "--priority-backup=true"},
      {"-t", "t", "stray"},
      {"-t", "t", "--standby", "warm", "-c", "-i", "x"},      // a session belongs to its client id
      {"-t", "t", "--standby", "warm", "--will-topic", "w"},  // and a will to its connection
  };
  for (const Arguments& mistake : mistakes) {
    Process reader(command("mqfail-sub", mistake));
    const int status = status_of(reader);
    std::string all;
    for (const std::string& argument : mistake) all += " " + argument;
    BOOST_TEST(status == 64, "mqfail-sub" << all << ": " << status);
    BOOST_TEST(!reader.bytes(Stream::err).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_bad_document_is_65_with_its_position) {
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, "[\n  {\"hostNameOrIpAddress\": \"a\", \"port\": 99999}\n]\n");
  Process reader(command("mqfail-sub", {"--servers", file, "-t", "t"}));
  CHECK_STATUS(reader, 65);
  BOOST_TEST(reader.wait_for_line(Stream::err, "servers\\.json:2:[0-9]+: error: ", 1s).has_value(),
             reader.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(a_missing_document_is_66) {
  Scratch scratch;
  Process reader(command("mqfail-sub", {"--servers", (scratch / "none.json").string(), "-t", "t"}));
  CHECK_STATUS(reader, 66);
}

BOOST_AUTO_TEST_CASE(help_and_version_are_0_and_on_stdout) {
  for (const char* option : {"--help", "--version"}) {
    Process reader(command("mqfail-sub", {option}));
    CHECK_STATUS(reader, 0);
    BOOST_TEST(reader.bytes(Stream::out).find("mqfail-sub") != std::string::npos);
    BOOST_TEST(reader.bytes(Stream::err).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_first_signal_is_an_orderly_end) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ScriptedServer server;
    Process reader(sub({"-s", server.uri(), "-t", "t"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    reader.signal(signal);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(server.wait_for(What::disconnect, 1, 2s), "no DISCONNECT before the end");
    BOOST_TEST(events.all().back().name() == "exit");
    BOOST_TEST(status_told(events) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_ends_a_back_off_at_once) {
  Process reader(sub({"-s", dead_uri(), "-t", "t", "--startup-max-reconnect-attempts", "-1",
                      "--initial-reconnect-delay", "20s", "--reconnect-jitter", "none"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "backoff");
  const Moment then = Clock::now();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(seconds_between(then, Clock::now()) < at_most(1.0));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_it_though_stdout_blocks) {
  ScriptedServer server;
  Process reader({.argv = sub({"-s", server.uri(), "-t", "t"}), .stdout_unread = true});
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (std::uint32_t i = 1; i <= 300; ++i)
    server.publish({.topic = "t", .payload = numbered_line(i, 1000)});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "stalled", 15s);
  reader.signal(SIGTERM);
  if (!reader.wait_exit(3s)) reader.signal(SIGTERM);
  BOOST_TEST(reader.wait_exit(3s).has_value());
}

BOOST_AUTO_TEST_CASE(a_signal_while_stdout_blocks_tells_what_is_not_printed) {
  for (const int qos : {0, 1}) {
    ScriptedServer server;
    Process reader({.argv = sub({"-s", server.uri(), "-t", "t", "-k", "1", "-q", "1"}),
                    .stdout_unread = true});
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    for (std::uint32_t i = 1; i <= 300; ++i)
      server.publish({.topic = "t", .payload = numbered_line(i, 1000), .qos = qos});
    Events events(reader);
    REQUIRE_EVENT(reader, events, "stalled", 15s);
    BOOST_REQUIRE(server.wait_for(What::ping, server.count(What::ping) + 2, 10s));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    const auto exit = events.last("exit");
    BOOST_TEST(exit->number("printed") < 100);
    const auto dropped = events.last("dropped");
    if (qos == 0) {
      BOOST_REQUIRE(dropped.has_value());
      BOOST_TEST(dropped->number("count") == 300 - exit->number("printed"));
      BOOST_TEST(exit->number("lost_max") == dropped->number("count"));
    } else {
      BOOST_TEST(!dropped.has_value());
      BOOST_TEST(static_cast<std::size_t>(exit->number("printed")) == server.count(What::ack));
    }
    reader.read_on();
  }
}

BOOST_AUTO_TEST_CASE(a_protocol_error_of_ours_stops_with_the_reason) {
  ScriptedServer server({.connack_v5 = 0x85, .connack_v3 = 2});
  Process reader(sub({"-s", server.uri(), "-s", dead_uri(), "-t", "t"}));
  CHECK_STATUS(reader, 69);
  BOOST_TEST(server.count(What::connect) == 1U);
  BOOST_TEST(Events(reader).last("failed")->number("code") == 0x85);
}

BOOST_AUTO_TEST_CASE(an_exit_once_subscribed_works_as_mosquittos) {
  Mosquitto a;
  Process reader(sub({"-s", a.uri(), "-t", "t", "-E"}));
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(each_server_is_asked_to_unsubscribe_before_the_connection_counts) {
  ScriptedServer a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-U", "u/#", "-U", "v"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed",
                [](const Said& said) { return said.number("unsubscribed") == 2; });
  const std::vector<Seen> seen = a.log();
  BOOST_REQUIRE(seen.size() == 3U);
  BOOST_TEST((seen[1].what == What::subscribe && seen[2].what == What::unsubscribe));
  BOOST_TEST(seen[2].subscribe.filters.size() == 2U);
  a.refuse();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(b.count(What::unsubscribe) == 1U);
}

// An answer without a reason code is malformed.
BOOST_AUTO_TEST_CASE(a_server_that_does_not_unsubscribe_us_is_passed_over) {
  for (const std::vector<int>& codes : {std::vector<int>{0x87}, std::vector<int>{}}) {
    ScriptedServer a({.unsuback = codes}), b;
    Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-U", "u", "-V", "5", "-E"}));
    CHECK_STATUS(reader, 0);
    Events events(reader);
    const auto failed = events.last("failed");
    BOOST_REQUIRE(failed.has_value());
    BOOST_TEST(failed->get("phase") == "subscribe");
    BOOST_TEST(failed->number("code") == (codes.empty() ? -1 : 0x87));
    BOOST_TEST(b.count(What::unsubscribe) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_retained_message_is_removed_only_once_it_is_written) {
  ScriptedServer server;
  Process reader({.argv = sub({"-s", server.uri(), "-t", "#", "--remove-retained", "-k", "1"}),
                  .stdout_unread = true});
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  constexpr std::size_t size = 1000;
  for (std::uint32_t i = 1; i <= 300; ++i)
    server.publish(
        {.topic = std::to_string(i), .payload = numbered_line(i, size), .qos = 1, .retain = true});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "stalled");
  BOOST_TEST(server.count(What::publish) * (size + 1) <= 65536U);
  reader.read_on();
  BOOST_TEST(server.wait_for(What::acknowledged, 300));
  std::set<std::string> topics;
  for (const Seen& seen : server.log(What::publish)) {
    BOOST_TEST((seen.publish.retain && seen.publish.payload.empty() && seen.publish.qos == 1));
    topics.insert(seen.publish.topic);
  }
  BOOST_TEST(topics.size() == 300U);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.last("exit")->number("removed") == 300);
}

BOOST_AUTO_TEST_CASE(removals_wait_for_a_reader_without_work_and_are_made_when_it_reads) {
  ScriptedServer server;
  Process reader(
      {.argv = sub({"-s", server.uri(), "-t", "#", "--remove-retained", "-k", "1", "-C", "3"}),
       .stdout_unread = true});
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (std::uint32_t i = 1; i <= 3; ++i)
    server.publish({.topic = std::to_string(i),
                    .payload = numbered_line(i, 30'000),
                    .qos = 1,
                    .retain = true});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "stalled");
  // Longer than a slow server holds up the end.
  BOOST_TEST(server.wait_for(What::ping, server.count(What::ping) + 4, 15s));
  reader.read_on();
  const auto exit = reader.wait_exit(10s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 0);
  BOOST_TEST(exit->cpu_seconds() < at_most(0.5));
  BOOST_TEST(events.last("exit")->number("removed") == 3);
  BOOST_TEST(events.last("exit")->number("not_removed") == 0);
}

BOOST_AUTO_TEST_CASE(every_server_forgets_its_own_retained_message_and_a_refusal_is_told) {
  ScriptedServer a, b({.puback = [](const Publish&) { return 0x87; }});
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--remove-retained", "-V", "5"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.publish({.topic = "t", .payload = "v", .retain = true});
  BOOST_REQUIRE(a.wait_for(What::acknowledged));
  a.publish({.topic = "t", .payload = ""});  // as a server passes our own message on
  a.refuse();
  REQUIRE_EVENT(reader, events, "subscribed");
  b.publish({.topic = "t", .payload = "v", .retain = true});
  REQUIRE_EVENT(reader, events, "warning",
                [](const Said& said) { return said.number("code") == 0x87; });
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "v\n");
  BOOST_TEST(events.last("exit")->number("removed") == 1);
  BOOST_TEST(events.last("exit")->number("not_removed") == 1);
  BOOST_TEST(events.last("exit")->number("unchanged") == 1);
}
