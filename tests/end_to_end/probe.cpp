// SPDX-License-Identifier: Apache-2.0
// mqfail-probe: the exit status is the verdict, and standard output always has a verdict.
#include "end_to_end/probed.hpp"

using namespace rig;

void has_four_verdicts(const char* format) {
  Mosquitto a, b;
  {
    const Probed ok = probe({"-s", a.uri(), "-s", b.uri(), "--format", format});
    BOOST_TEST(ok.status == 0, ok.out << ok.err);
    const Probed degraded = probe({"-s", dead_uri(), "-s", b.uri(), "--format", format});
    BOOST_TEST(degraded.status == 1, degraded.out << degraded.err);
    const Probed none = probe({"-s", dead_uri(), "-s", dead_uri(), "--format", format});
    BOOST_TEST(none.status == 2, none.out << none.err);
    const Probed unknown = probe({"-s", a.uri(), "--format", format, "--no-such-option"});
    BOOST_TEST(unknown.status == 3, unknown.out << unknown.err);
    for (const Probed* probed : {&ok, &degraded, &none, &unknown})
      BOOST_TEST(!probed->out.empty(), format);
  }
}

BOOST_AUTO_TEST_CASE(the_four_verdicts_as_text) {
  has_four_verdicts("text");
}
BOOST_AUTO_TEST_CASE(the_four_verdicts_as_json) {
  has_four_verdicts("json");
}
BOOST_AUTO_TEST_CASE(the_four_verdicts_for_nagios) {
  has_four_verdicts("nagios");
}
BOOST_AUTO_TEST_CASE(the_four_verdicts_for_prometheus) {
  has_four_verdicts("prometheus");
}

BOOST_AUTO_TEST_CASE(the_four_verdicts_as_a_page) {
  has_four_verdicts("html");
}

BOOST_AUTO_TEST_CASE(a_secondary_that_is_down_does_not_spoil_an_ok) {
  Mosquitto a;
  const Probed probed = probe({"-s", a.uri(), "-s", dead_uri()});
  BOOST_TEST(probed.status == 0, probed.out);
}

BOOST_AUTO_TEST_CASE(ok_if_any_turns_degraded_into_ok) {
  Mosquitto b;
  BOOST_TEST(probe({"-s", dead_uri(), "-s", b.uri(), "--ok-if-any"}).status == 0);
  BOOST_TEST(probe({"-s", dead_uri(), "--ok-if-any"}).status == 2);
}

BOOST_AUTO_TEST_CASE(fewer_than_min_up_is_degraded) {
  Mosquitto a;
  BOOST_TEST(probe({"-s", a.uri(), "-s", dead_uri(), "--min-up", "2"}).status == 1);
}

BOOST_AUTO_TEST_CASE(a_missing_document_is_unknown) {
  const Probed probed = probe({"--servers", "/nonexistent.json"});
  BOOST_TEST(probed.status == 3);
  BOOST_TEST(!probed.out.empty());
}

BOOST_AUTO_TEST_CASE(json_is_json) {
  Mosquitto a;
  const Probed probed = probe({"-s", a.uri(), "-s", dead_uri(), "--format", "json"});
  // The whole output is one JSON value, pretty or not. The test's parser needs it on one line.
  std::string line = probed.out;
  std::replace(line.begin(), line.end(), '\n', ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  const auto begin = line.find_first_not_of(' ');
  BOOST_REQUIRE(begin != std::string::npos);
  BOOST_TEST(is_json(line.substr(begin)), probed.out);
  BOOST_TEST(line.find(std::to_string(a.port())) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nagios_is_one_status_line_with_performance_data) {
  Mosquitto a;
  const Probed probed = probe({"-s", a.uri(), "--format", "nagios"});
  const std::string first = probed.out.substr(0, probed.out.find('\n'));
  BOOST_TEST(std::regex_search(first, std::regex("^[A-Z]+ OK|^OK")), first);
  BOOST_TEST(std::regex_search(probed.out, std::regex("\\|.*=[0-9.]+(s|ms|us)?(;|$| )")),
             probed.out);
  BOOST_TEST(first.size() < 1024U);
}

void treats_words_as_data(const std::string& format) {
  ScriptedServer server(
      {.connack_v5 = 0x88,
       .connack_properties = {{property::reason_string, 0, "a|b=1\nOK \x1b[32m", {}}}});
  const Probed probed = probe({"-s", server.uri(), "--format", format});
  BOOST_TEST(probed.status == 2);
  BOOST_TEST(probed.out.find('\x1b') == std::string::npos, format);
  BOOST_TEST(probed.out.find("\nOK ") == std::string::npos, format);
  if (format == "text") BOOST_TEST(probed.out.find("a|b=1") != std::string::npos, probed.out);
  if (format == "nagios") BOOST_TEST(probed.out.find("a|b") == std::string::npos, probed.out);
}
BOOST_AUTO_TEST_CASE(hostile_words_of_a_server_stay_data) {
  treats_words_as_data("text");
  treats_words_as_data("json");
}
BOOST_AUTO_TEST_CASE(hostile_words_stay_data_for_monitors) {
  treats_words_as_data("nagios");
  treats_words_as_data("prometheus");
}

BOOST_AUTO_TEST_CASE(a_round_trip_is_probed_with_a_topic) {
  Mosquitto a;
  const Probed probed = probe({"-s", a.uri(), "--topic", "probe/t"});
  BOOST_TEST(probed.status == 0, probed.out);
}

BOOST_AUTO_TEST_CASE(a_server_that_accepts_and_says_nothing_is_down_within_the_timeout) {
  ScriptedServer silent({.connack = false});
  const Probed probed = probe({"-s", silent.uri(), "-t", "1"});
  BOOST_TEST(probed.status == 2);
  BOOST_TEST(probed.seconds < at_most(2.0));
}

BOOST_AUTO_TEST_CASE(real_clients_are_not_disturbed) {
  ScriptedServer server;
  BOOST_TEST(probe({"-s", server.uri()}).status == 0);
  const auto connects = server.log(What::connect);
  BOOST_REQUIRE(!connects.empty());
  BOOST_TEST(connects[0].connect.clean);
  BOOST_TEST(!connects[0].connect.has_will);
  BOOST_TEST(probe({"-s", server.uri()}).status == 0);
  BOOST_TEST(server.log(What::connect).back().connect.client_id != connects[0].connect.client_id);
}

BOOST_AUTO_TEST_CASE(many_servers_cost_the_time_of_the_slowest) {
  ScriptedServer silent({.connack = false});
  Arguments arguments{"-t", "2"};
  for (int i = 0; i < 100; ++i)
    arguments.insert(arguments.end(), {"-s", silent.uri() + "?serverId=s" + std::to_string(i)});
  const Probed probed = probe(arguments);
  BOOST_TEST(probed.status == 2);
  BOOST_TEST(probed.seconds < at_most(3.5));
}

BOOST_AUTO_TEST_CASE(a_plan_is_printed_without_connecting_and_repeats_with_its_seed) {
  ScriptedServer a, b;
  const Arguments arguments{"-s", "failover:(" + a.uri() + "," + b.uri() + ")?randomize=true",
                            "--plan", "--seed", "7"};
  const Probed first = probe(arguments), second = probe(arguments);
  BOOST_TEST(first.status == 0, first.out << first.err);
  BOOST_TEST(first.out == second.out);
  BOOST_TEST(!first.out.empty());
  BOOST_TEST(a.tcp_connections() + b.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_as_a_whole) {
  Mosquitto a;
  Scratch scratch;
  const std::string file = (scratch / "mqfail.prom").string();
  write_file(file, "old");
  BOOST_TEST(probe({"-s", a.uri(), "--format", "prometheus", "-o", file}).status == 0);
  const std::string text = read_file(file);
  BOOST_TEST(text.find("# TYPE ") != std::string::npos, text);
  BOOST_TEST(text.back() == '\n');
  const auto permissions = std::filesystem::status(file).permissions();
  BOOST_TEST((permissions == static_cast<std::filesystem::perms>(0644)));
}

BOOST_AUTO_TEST_CASE(connect_timeout_bounds_one_attempt_and_a_phase_is_named_once) {
  ScriptedServer silent({.connack = false});
  Mosquitto good;
  const Probed probed = probe({"-s", silent.uri() + "?serverId=a", "-s", good.uri(), "-t", "15",
                               "--connect-timeout", "200ms"});
  BOOST_TEST(probed.status == 1, probed.out);
  BOOST_TEST(probed.seconds < 10.0);
  BOOST_TEST(probed.out.find(": timed out (connack) total") != std::string::npos, probed.out);
  BOOST_TEST(probed.out.find("\nWARNING - 1/2 up, the preferred a does not answer (connack)\n") !=
                 std::string::npos,
             probed.out);
  // The option of the single server wins.
  const Probed own = probe({"-s", silent.uri() + "?serverId=a&connectTimeout=200", "-t", "15",
                            "--connect-timeout", "14s"});
  BOOST_TEST(own.seconds < 10.0);
}

BOOST_AUTO_TEST_CASE(no_address_ever_waits_for_a_name) {
  ScriptedServer silent({.connack = false});
  Arguments arguments{"-t", "0.000001"};
  for (int i = 0; i < 100; ++i)
    arguments.insert(arguments.end(), {"-s", silent.uri() + "?serverId=s" + std::to_string(i)});
  const Probed probed = probe(arguments);
  BOOST_TEST(probed.status == 2);
  BOOST_TEST(probed.out.find("(dns)") == std::string::npos, probed.out);
}

BOOST_AUTO_TEST_CASE(the_verdict_says_what_is_wrong) {
  Mosquitto locked({.user = "joe", .password = "right"});
  Mosquitto good;
  const std::string a = locked.uri() + "?serverId=a";
  const auto says = [](const Probed& probed, const std::string& text) {
    BOOST_TEST(probed.out.find(text) != std::string::npos, probed.out);
  };
  says(probe({"-s", a}), "CRITICAL - 0/1 up, the preferred a refuses the credentials: ");
  says(probe({"-s", dead_uri() + "?serverId=b", "-s", a}),
       "CRITICAL - 0/2 up, the preferred b refuses the connection; a refuses the credentials: ");
  says(probe({"-s", good.uri() + "?serverId=c", "-s", a}),
       "OK - 1/2 up, the preferred c answers; a refuses the credentials: ");
  says(probe({"-s", a, "--format", "json"}),
       R"("summary":"0/1 up, the preferred a refuses the credentials: )");
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_answered_in_the_format_that_it_asks_for) {
  for (const Arguments& wrong :
       {Arguments{"-t", "0", "--format", "json"}, Arguments{"--format", "json", "-t", "0"},
        Arguments{"--no-such-option", "--format=json"}, Arguments{"--format", "json", "-H"},
        Arguments{"--format", "json", "-s", "mqtt://a:1:2"},
        Arguments{"--servers", "/nonexistent", "--format", "json"}}) {
    const Probed probed = probe(wrong);
    BOOST_TEST(probed.status == 3);
    BOOST_TEST(is_json(probed.out.substr(0, probed.out.find('\n'))),
               wrong[0] << ": " << probed.out);
    BOOST_TEST(probed.out.find("UNKNOWN") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_probe_can_be_interrupted) {
  ScriptedServer silent({.connack = false});
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const std::size_t before = silent.count(What::connect);
    Process process(
        command("mqfail-probe", {"-s", silent.uri(), "-t", "15", "--connect-timeout", "15s"}));
    BOOST_REQUIRE(silent.wait_for(What::connect, before + 1));
    process.signal(number);
    CHECK_STATUS(process, 128 + number);
  }
}

BOOST_AUTO_TEST_CASE(h_alone_shows_the_help) {
  for (const Arguments& asked : {command("mqfail-probe", {"-h"}), command("mqfail-config", {"-h"}),
                                 command("mqfail-config", {"set", "-h"})}) {
    const Finished help = run(asked);
    BOOST_TEST(help.exit.status == 0, help.err);
    BOOST_TEST(help.out.find("--help ") != std::string::npos, help.out);
  }
  const Probed host = probe({"-h", "127.0.0.1", "-p", std::to_string(free_port())});
  BOOST_TEST(host.status == 2, host.out);
  BOOST_TEST(probe({"-H"}).err.find("for help write --help") != std::string::npos);
}
