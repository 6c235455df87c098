// SPDX-License-Identifier: Apache-2.0
// Which source of options wins, and what becomes of passwords in argv.
#include "command_lines.hpp"
#include "tool/draft.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(help_and_version_win_and_are_printed) {
  for (const char* flag : {"--help", "--version"}) {
    Argv argv({flag, "-q", "7"});
    const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
    BOOST_REQUIRE(parsed);
    BOOST_TEST(std::holds_alternative<Printout>(*parsed));
  }
  Argv argv({"--version"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_TEST(std::get<Printout>(*parsed).text == "mqfail-sub (mqfail) " MQFAIL_VERSION "\n");
}

BOOST_AUTO_TEST_CASE(passwords_are_overwritten_in_argv) {
  Argv argv({"-t", "a", "-P", "secret", "--pw=secret", "-vPsecret", "-s", "tcp://u:secret@b", "-L",
             "mqtt://u:se@cret@b/t", "-s", "failover:(tcp://u:secret@a,ssl://v:secret@b)?x=y", "-P",
             "other", "-s", "u:secret@a,tcp://b", "--update-uris-url", "https://u:secret@b/x"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(parsed);
  BOOST_TEST(argv[3] == "******");
  BOOST_TEST(argv[4] == "--pw=******");
  BOOST_TEST(argv[5] == "-vP******");
  BOOST_TEST(argv[7] == "tcp://u:******@b");
  BOOST_TEST(argv[9] == "mqtt://u:*******@b/t");
  BOOST_TEST(argv[11] == "failover:(tcp://u:******@a,ssl://v:******@b)?x=y");
  BOOST_TEST(argv[13] == "*****");
  BOOST_TEST(argv[15] == "u:******@a,tcp://b");
  BOOST_TEST(argv[17] == "https://u:******@b/x");
}

BOOST_AUTO_TEST_CASE(the_command_line_wins_over_options_files) {
  const ConfigHome home;
  home.write("mqfail/pub", "-h file\n-p 1884\n-q 1\n-m file\n-i file\n-t file\n");
  const PubOptions options =
      pub({"-s", "tcp://line", "-q", "2", "-l", "-I", "line", "-t", "line"}, home.environment());
  BOOST_TEST(namings(options.common) == "s:tcp://line ");
  BOOST_TEST(options.common.naming.ports == std::vector<int>{1884});
  BOOST_TEST(options.qos == 2);
  BOOST_TEST((options.source == PubSource::stdin_line));
  BOOST_TEST(options.topic.value() == "line");
  BOOST_TEST(pub({"--no-config", "-t", "a", "-n"}, home.environment()).qos == 0);
}

BOOST_AUTO_TEST_CASE(the_environment_wins_over_the_servers_of_options_files) {
  const ConfigHome home;
  home.write("mqfail/sub", "-h file\n-p 1884\n-q 1\n");
  Environment environment = home.environment();
  environment.servers = "tcp://a";
  const SubOptions options = sub({"-t", "a"}, environment);
  BOOST_TEST(namings(options.common) == "");
  BOOST_TEST(options.common.naming.ports.empty());
  BOOST_TEST(options.qos == 1);
  BOOST_TEST(namings(sub({"-t", "a", "-h", "b"}, environment).common) == "h:b ");
}

BOOST_AUTO_TEST_CASE(surroundings_reach_the_naming_request) {
  Environment environment = kNowhere;
  environment.servers = "tcp://a,tcp://b";
  environment.home = "/nonexistent-home";
  const SubOptions options = sub({"-t", "a"}, environment);
  BOOST_TEST(options.common.naming.environment.value() == "tcp://a,tcp://b");
  BOOST_TEST(options.common.naming.config_home == "/nonexistent-home/.config");
}

BOOST_AUTO_TEST_CASE(passwords_behind_a_mistake_are_overwritten_as_well) {
  Argv argv({"-t", "a", "stray", "-P", "secret", "-s", "tcp://u:secret@b"});
  BOOST_TEST(!parse_sub(argv.count(), argv.data(), kNowhere));
  BOOST_TEST(argv[4] == "******");
  BOOST_TEST(argv[6] == "tcp://u:******@b");
}

BOOST_AUTO_TEST_CASE(one_port_of_a_file_holds_for_other_hosts_and_several_do_not) {
  const ConfigHome home;
  home.write("mqfail/sub", "-h a\n-h b\n-p 1\n-p 2\n-t t\n");
  BOOST_TEST(sub({}, home.environment()).common.naming.ports == (std::vector<int>{1, 2}));
  BOOST_TEST(sub({"-h", "c"}, home.environment()).common.naming.ports.empty());
  BOOST_TEST(namings(sub({"-h", "c"}, home.environment()).common) == "h:c ");
  home.write("mqfail/sub", "-h a\n-p 1\n-t t\n");
  BOOST_TEST(sub({"-h", "c"}, home.environment()).common.naming.ports == std::vector<int>{1});
}
