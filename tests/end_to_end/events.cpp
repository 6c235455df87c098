// SPDX-License-Identifier: Apache-2.0
// What appears on standard error, also when servers send text that is meant for it. Secrets never
// appear.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {
const std::string hostile =
    "x\n{\"event\":\"connected\",\"v\":1}\r\n\x1b[31mred\x07\x7f" + std::string(1000, 'A');

Property reason(const std::string& text) {
  return {property::reason_string, 0, text, {}};
}
}  // namespace

BOOST_AUTO_TEST_CASE(every_line_is_one_json_object_under_a_hostile_refusal) {
  ScriptedServer server({.connack_v5 = 0x88, .connack_properties = {reason(hostile)}});
  Process reader(
      sub({"-s", server.uri(), "-t", "t", "-V", "5", "--startup-max-reconnect-attempts", "3"}));
  CHECK_STATUS(reader, 69);
  Events events(reader);
  BOOST_TEST(events.bad_lines().empty(), reader.bytes(Stream::err));
  BOOST_TEST(events.count("connected") == 0U);
  BOOST_TEST(events.count("failed") == 3U);
  BOOST_TEST(events.all().back().name() == "exit");
  for (const Line& line : reader.lines(Stream::err)) BOOST_TEST(line.text.size() < 2000U);
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_is_quoted) {
  const std::vector<Arguments> commands{sub({"-t", "t"}), pub({"-t", "t", "-m", "x", "-q", "1"})};
  for (Arguments argv : commands) {
    ScriptedServer server({.connack_v5 = 0x88, .connack_properties = {reason("back at noon")}});
    argv.insert(argv.end(), {"-s", server.uri(), "--once"});
    Process process(argv);
    CHECK_STATUS(process, 69);
    Events events(process);
    const auto failed = events.last("failed");
    BOOST_REQUIRE(failed.has_value());
    BOOST_TEST(failed->get("text") == "back at noon");
    BOOST_TEST(failed->number("code") == 0x88);
  }
  // After other properties, longer than the length that is printed, and in the form for people.
  ScriptedServer server({.connack_v5 = 0x87,
                         .connack_properties = {{property::server_reference, 0, "elsewhere", {}},
                                                reason("ask " + std::string(1000, 'A'))}});
  Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "t", "--once"}));
  CHECK_STATUS(reader, 77);
  const std::string said = reader.bytes(Stream::err);
  BOOST_TEST(said.find("not authorized (0x87)") != std::string::npos, said);
  BOOST_TEST(said.find("\"ask AAAA") != std::string::npos, said);
  BOOST_TEST(said.find(std::string(257, 'A')) == std::string::npos, said);
  BOOST_TEST(said.find("elsewhere") == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(every_line_is_one_json_object_under_a_hostile_farewell) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  server.disconnect_all(0x8b, {reason(hostile)});
  REQUIRE_EVENT(reader, events, "lost");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.bad_lines().empty(), reader.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(a_farewell_in_one_breath_with_the_suback_is_noticed) {
  for (int i = 0; i < 20; ++i) {
    ScriptedServer server;
    Process reader(sub({"-s", server.uri(), "-t", "t"}));
    BOOST_REQUIRE(server.wait_for(What::subscribe));
    server.disconnect_all(0x8b, {reason(hostile)});
    // A failed attempt or a loss: in both cases the command must try again.
    BOOST_TEST(server.wait_for(What::connect, 2, 8s), reader.bytes(Stream::err));
  }
}

BOOST_AUTO_TEST_CASE(every_line_is_one_json_object_under_hostile_acknowledgements) {
  ScriptedServer server({.puback = [](const Publish&) { return 0x99; }, .puback_reason = hostile});
  Process publisher(pub({"-s", server.uri(), "-t", "t", "-m", "x", "-q", "1"}));
  CHECK_STATUS(publisher, 75);
  Events events(publisher);
  BOOST_TEST(events.bad_lines().empty(), publisher.bytes(Stream::err));
  BOOST_TEST(events.count("connected") == 1U);
}

BOOST_AUTO_TEST_CASE(people_see_no_escape_and_no_forged_line) {
  ScriptedServer server(
      {.connack_v5 = 0x88,
       .connack_properties = {reason("x\nmqfail-sub: 00:00:00 connected a\x1b[31m")}});
  Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "t", "-V", "5", "--once"}));
  CHECK_STATUS(reader, 69);
  BOOST_TEST(reader.bytes(Stream::err).find('\x1b') == std::string::npos);
  for (const Line& line : reader.lines(Stream::err)) {
    BOOST_TEST(
        std::regex_search(line.text, std::regex("^mqfail-sub: [0-9]{2}:[0-9]{2}:[0-9]{2} [a-z-]+")),
        line.text);
    BOOST_TEST(!std::regex_search(line.text, std::regex("^mqfail-sub: 00:00:00 connected")),
               line.text);
  }
}

BOOST_AUTO_TEST_CASE(logfmt_is_one_line_an_event) {
  ScriptedServer server({.connack_v5 = 0x88, .connack_properties = {reason(hostile)}});
  Process reader(command(
      "mqfail-sub", {"-s", server.uri(), "-t", "t", "-V", "5", "--once", "--events", "logfmt"}));
  CHECK_STATUS(reader, 69);
  for (const Line& line : reader.lines(Stream::err))
    BOOST_TEST(std::regex_search(line.text, std::regex("(^| )event=[a-z-]+( |$)")), line.text);
  BOOST_TEST(reader.bytes(Stream::err).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(quiet_and_none_say_nothing) {
  for (const Arguments& how : {Arguments{"--events", "none"}, Arguments{"--quiet"}}) {
    Arguments arguments{"-s", dead_uri(), "-t", "t", "--once"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    Process reader(command("mqfail-sub", arguments));
    CHECK_STATUS(reader, 69);
    BOOST_TEST(reader.bytes(Stream::err).empty(), how[0] << ": " << reader.bytes(Stream::err));
  }
}

BOOST_AUTO_TEST_CASE(a_good_run_of_one_message_is_silent) {
  Mosquitto a;
  Mosquitto b;
  Scratch scratch;
  write_file(scratch / "file", "x");
  Process listener(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--standby", "hot"}));
  Events events(listener);
  for (int i = 0; i < 2; ++i) REQUIRE_EVENT(listener, events, "subscribed");
  const Arguments one{"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1"};
  for (const auto& [name, more] : std::vector<std::pair<std::string, Arguments>>{
           {"mqfail-pub", {"-m", "x", "-r"}},
           {"mqfail-pub", {"-m", "x", "-r", "--acks", "2"}},
           {"mqfail-pub", {"-f", (scratch / "file").string()}},
           {"mqfail-pub", {"-m", "x", "--repeat", "3"}},
           {"mqfail-sub", {"-C", "1"}},
           {"mqfail-sub", {"-C", "1", "--standby", "hot"}},
           {"mqfail-sub", {"-C", "1", "--standby", "warm"}},
           {"mqfail-sub", {"-E"}},
           {"mqfail-pub", {"-n", "-r"}}}) {
    Arguments arguments = one;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished good = run(command(name, arguments));
    BOOST_TEST(good.exit.status == 0);
    BOOST_TEST(good.err.empty(), name << " " << more[0] << ": " << good.err);
  }
  const Finished piped =
      run(Command{.argv = command("mqfail-pub", {"-s", a.uri(), "-t", "t", "-l"}),
                  .stdin_file = (scratch / "file").string()});
  BOOST_TEST(std::count(piped.err.begin(), piped.err.end(), '\n') == 1, piped.err);
  BOOST_TEST(piped.err.find(" connected ") != std::string::npos, piped.err);
  // A problem is reported, and so is its end.
  const Finished second =
      run(command("mqfail-pub", {"-s", dead_uri(), "-s", a.uri(), "-t", "t", "-m", "x"}));
  BOOST_TEST(second.exit.status == 0);
  BOOST_TEST(std::regex_match(second.err, std::regex(".* failed .*\n.* connected .*\n")),
             second.err);
  const Finished all = run(command("mqfail-pub", {"-s", a.uri(), "-t", "t", "-m", "x", "-d"}));
  for (const char* event : {"start", "trying", "connected", "exit"})
    BOOST_TEST(all.err.find(event) != std::string::npos, all.err);
}

BOOST_AUTO_TEST_CASE(quiet_hides_no_error_of_usage_or_configuration) {
  Scratch scratch;
  write_file(scratch / "wrong.json", "[{\"port\": \"x\"}]");
  const std::string wrong = (scratch / "wrong.json").string();
  const std::string none = (scratch / "none").string();
  struct Case {
    int status;
    Arguments arguments;
  };
  const std::vector<Case> both{
      {64, {"-s", "mqtt://a:1:2", "-t", "t"}},
      {64, {"-s", "failover:(a", "-t", "t"}},
      {64, {"-s", "mqtt://a?nonsense=1", "-t", "t"}},
      {64, {"-h", "a", "-p", "1", "-p", "2", "-t", "t"}},
      {64, {"-L", "mqtt://a/", "-t", "t/#/u"}},
      {64, {"-h", "a", "-t", "t", "--standby", "warm", "-c", "-i", "x"}},
      {65, {"--servers", wrong, "-t", "t"}},
      {66, {"--servers", none, "-t", "t"}},
      {66, {"--component", "none", "-t", "t"}},
      {73, {"-h", "a", "-t", "t", "--trace", none + "/trace"}},
  };
  std::vector<std::pair<std::string, Case>> cases;
  for (const Case& one : both) {
    cases.emplace_back("mqfail-sub", one);
    cases.emplace_back("mqfail-pub", one);
    cases.back().second.arguments.insert(cases.back().second.arguments.end(), {"-m", "x"});
  }
  cases.push_back({"mqfail-sub", {64, {"-h", "a", "-t", "t", "--sync"}}});
  cases.push_back(
      {"mqfail-pub", {64, {"-h", "a", "-t", "t", "-m", "x", "-q", "1", "--acks", "2"}}});
  cases.push_back({"mqfail-pub", {66, {"-h", "a", "-t", "t", "-f", none}}});
  cases.push_back(
      {"mqfail-pub",
       {73, {"-h", "a", "-t", "t", "-m", "x", "--undelivered", none + "/undelivered"}}});
  for (const auto& [name, one] : cases) {
    for (const Arguments& quiet : {Arguments{"--quiet"}, Arguments{"--events", "none"}}) {
      Arguments arguments = one.arguments;
      arguments.insert(arguments.end(), quiet.begin(), quiet.end());
      const Finished refused = run(command(name, arguments));
      std::string shown = name;
      for (const std::string& word : arguments) shown += " " + word;
      BOOST_TEST(refused.exit.status == one.status, shown << ": " << refused.exit.status);
      BOOST_TEST(!refused.err.empty(), shown);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_transcript_that_cannot_be_written_is_told_once) {
  Mosquitto server;
  const Finished done =
      run(pub({"-s", server.uri(), "-t", "t", "-m", "x", "--trace", "/dev/full"}));
  BOOST_TEST(done.exit.status == 0);
  const std::string warning = "--trace /dev/full: No space left on device: steps are missing";
  const std::size_t at = done.err.find(warning);
  BOOST_TEST(at != std::string::npos, done.err);
  BOOST_TEST(done.err.find(warning, at + 1) == std::string::npos, done.err);
}

BOOST_AUTO_TEST_CASE(the_fixed_keys_are_there_and_the_numbers_count_up) {
  Mosquitto server;
  Process reader(sub({"-s", server.uri(), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  long sequence = -1, clock = -1;
  std::set<std::string> runs;
  for (const Said& said : events.all()) {
    for (const char* key : {"v", "ts", "mono_ms", "tool", "run", "seq", "event", "level"})
      BOOST_TEST(!said.get(key).empty(), said.name() << " has no " << key);
    BOOST_TEST(said.get("tool") == "mqfail-sub");
    BOOST_TEST(said.number("seq") > sequence);
    BOOST_TEST(said.number("mono_ms") >= clock);
    BOOST_TEST(std::regex_match(said.get("ts"),
                                std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3,6}Z")),
               said.get("ts"));
    sequence = said.number("seq");
    clock = said.number("mono_ms");
    runs.insert(said.get("run"));
  }
  BOOST_TEST(runs.size() == 1U);
  std::vector<std::string> names;
  for (const Said& said : events.all()) names.push_back(said.name());
  BOOST_TEST(names ==
             (std::vector<std::string>{"start", "trying", "connected", "subscribed", "exit"}));
}

BOOST_AUTO_TEST_CASE(no_secret_is_seen_anywhere) {
  const std::string secret = "hunter2-Geheimnis";
  Mosquitto server({.user = "joe", .password = secret});
  Scratch scratch;
  write_file(scratch / "pw", secret + "\n");
  std::filesystem::permissions(
      scratch / "pw", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string port = std::to_string(server.port());
  const std::vector<Arguments> ways{
      {"-s", server.uri(), "-u", "joe", "-P", secret},
      {"-s", "mqtt://joe:" + secret + "@127.0.0.1:" + port},
      {"-s", "failover:(mqtt://joe:" + secret + "@127.0.0.1:" + port + ")"},
      {"-L", "mqtt://joe:" + secret + "@127.0.0.1:" + port + "/t"},
      {"-s", server.uri(), "-u", "joe", "--pw-file", (scratch / "pw").string()},
  };
  for (const Arguments& way : ways) {
    for (const char* format : {"json", "human", "logfmt"}) {
      Arguments arguments{"--events", format, "-d"};
      if (way[0] != "-L") arguments.insert(arguments.end(), {"-t", "t"});
      arguments.insert(arguments.end(), way.begin(), way.end());
      Process reader(command("mqfail-sub", arguments));
      BOOST_REQUIRE_MESSAGE(reader.wait_for_line(Stream::err, "connected", 10s).has_value(),
                            way[0] << " " << way[1] << ": " << reader.bytes(Stream::err));
      const std::string cmdline = read_file("/proc/" + std::to_string(reader.pid()) + "/cmdline");
      BOOST_TEST(cmdline.find("mqfail-sub") != std::string::npos);
      BOOST_TEST(cmdline.find(secret) == std::string::npos, way[0] << " shows the secret in ps");
      reader.signal(SIGTERM);
      CHECK_STATUS(reader, 0);
      BOOST_TEST(reader.bytes(Stream::err).find(secret) == std::string::npos,
                 reader.bytes(Stream::err));
      BOOST_TEST(reader.bytes(Stream::out).find(secret) == std::string::npos);
    }
  }
  // Also when it is refused.
  Process refused(
      sub({"-s", "mqtt://joe:wrong-" + secret + "@127.0.0.1:" + port, "-t", "t", "-d"}));
  CHECK_STATUS(refused, 77);
  BOOST_TEST(refused.bytes(Stream::err).find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_talks_nonsense_is_left_and_nobody_crashes) {
  const std::vector<std::string> nonsense{
      std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
      std::string("\x20\xff\xff\xff\xff\xff", 6),  // a length of five bytes
      std::string("\x20\x01\x00", 3),              // half a CONNACK
      std::string("\x20\x02\x00\x03", 4),          // one of MQTT 3, as a server that knows no other
      std::string("\x90\x03\x00\x01\x00", 5),      // SUBACK first
      std::string("\x20\x03\x00\x00\x7f", 5),      // properties longer than the packet
      std::string("\xf0\x00", 2),                  // AUTH out of nowhere
      std::string("\x00\x00", 2),
  };
  for (const std::string& bytes : nonsense) {
    ScriptedServer a({.garbage = bytes});
    Mosquitto b;
    // Memory that is not initialised must not be zero by chance.
    Process reader(
        {.argv = sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--connect-timeout", "1s"}),
         .environment = {{"MALLOC_PERTURB_", "90"}}});
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed", 10s);
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(events.bad_lines().empty());
  }
}

BOOST_AUTO_TEST_CASE(nonsense_on_a_live_connection_is_a_loss) {
  const std::vector<std::string> nonsense{
      std::string("\x30\x05\xff\xff"
                  "abc",
                  7),                               // topic longer than the packet
      std::string("\x36\x05\x00\x01t\x00\x01", 7),  // QoS 3
      std::string("\x90\x02\x00\x09", 4),           // SUBACK without codes
      std::string("\x40\x02\x12\x34", 4),           // PUBACK of an unknown id: may be ignored
      std::string("\x20\x03\x00\x00\x00", 5),       // a second CONNACK
  };
  for (const std::string& bytes : nonsense) {
    ScriptedServer a;
    Mosquitto b;
    Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t"}));
    BOOST_REQUIRE(a.wait_for(What::subscribe));
    a.send_raw(bytes);
    a.publish({.topic = "t", .payload = "after"});
    // Either the command left for the other server, or it stayed and prints the next messages.
    const bool went_on = b.wait_for_subscriber(".*", 3s) ||
                         reader.wait_for_line(Stream::out, "after", 1s).has_value();
    BOOST_TEST(went_on, reader.bytes(Stream::err));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_to_a_known_server_is_followed_and_to_a_stranger_not) {
  ScriptedServer stranger;
  Mosquitto b;
  for (const bool known : {true, false}) {
    const std::uint16_t target = known ? b.port() : stranger.port();
    ScriptedServer a(
        {.connack_v5 = 0x9c,
         .connack_properties = {
             {property::server_reference, 0, "127.0.0.1:" + std::to_string(target), {}}}});
    Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-u", "joe", "-P", "secret"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    const auto redirected = events.last("redirected");
    BOOST_TEST(redirected.has_value());
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
  }
  BOOST_TEST(stranger.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_redirect_while_connected_is_followed) {
  ScriptedServer a;
  Mosquitto b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.disconnect_all(0x9d,
                   {{property::server_reference, 0, "127.0.0.1:" + std::to_string(b.port()), {}}});
  BOOST_TEST(b.wait_for_subscriber(".*"));
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.count("redirected") == 1U);
}

BOOST_AUTO_TEST_CASE(somebody_with_our_client_id_stops_the_run) {
  ScriptedServer a;
  Mosquitto b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-i", "twin"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.disconnect_all(0x8e);
  CHECK_STATUS(reader, 69);
}
