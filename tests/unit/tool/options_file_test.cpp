// SPDX-License-Identifier: Apache-2.0
// Options files in mosquitto's syntax.
#include "command_lines.hpp"
#include "tool/command_line.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(options_files_hold_one_option_a_line_and_the_value_as_it_stands) {
  const ConfigHome home;
  home.write("mqfail/sub",
             "# a comment\n\n-t sensors/#\n-P pa;ss #w\"x' \n-h  two\r\n-v\n-D connect "
             "user-property k v w\n");
  const SubOptions options = sub({}, home.environment());
  BOOST_TEST((options.topics == Words{"sensors/#"}));
  BOOST_TEST(options.common.naming.defaults.password.value().reveal() == "pa;ss #w\"x' ");
  BOOST_TEST(namings(options.common) == "h: two ");
  BOOST_TEST(options.verbose);
  BOOST_TEST(options.common.connect.properties.user.at(0).second == "v w");
}

BOOST_AUTO_TEST_CASE(o_names_a_further_options_file_and_errors_name_its_line) {
  const ConfigHome home;
  const std::string path = home.write("more", "-q 1\n# x\n-q 3\n");
  BOOST_TEST(sub_refuses({"-t", "a", "-o", path}) == path + ":3: -q takes 0, 1 or 2, not '3'");
  const std::string word = home.write("word", "quiet\n");
  BOOST_TEST(sub_refuses({"-t", "a", "-o", word}) == word + ":1: this is not an option");
  Argv argv({"-t", "a", "-o", path + "x"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(!parsed);
  BOOST_TEST((parsed.error().kind == ErrorKind::no_input));
}

BOOST_AUTO_TEST_CASE(what_acts_on_the_command_line_cannot_stand_in_an_options_file) {
  const ConfigHome home;
  for (const std::string flag : {"--no-config", "--help", "--version", "-o x"}) {
    home.write("mqfail/sub", "-t a\n" + flag + "\n");
    Argv argv({});
    const std::string said = refusal(parse_sub(argv.count(), argv.data(), home.environment()));
    BOOST_TEST(said.ends_with("sub:2: " + flag.substr(0, flag.find(' ')) +
                              " cannot stand in an options file"),
               said);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_an_error_only_where_it_was_named) {
  const ConfigHome home;
  const std::string path = home.environment().xdg_config_home.value() + "/none";
  BOOST_TEST(read_options_file(sub_rows(), path, false).value().empty());
  const auto missing = read_options_file(sub_rows(), path, true);
  BOOST_REQUIRE(!missing);
  BOOST_TEST((missing.error().kind == ErrorKind::no_input));
  BOOST_TEST(!read_options_file(sub_rows(), home.environment().xdg_config_home.value(), false));
}
