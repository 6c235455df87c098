// SPDX-License-Identifier: Apache-2.0
// How words become options: letters, long names, values, and what is refused in which words.
#include "tool/command_line.hpp"

#include "command_lines.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(letters_may_be_glued_to_values_and_to_each_other) {
  const SubOptions options = sub({"-ta", "-q1", "-vN", "-hfoo", "-p1884", "-vdW5"});
  BOOST_TEST((options.topics == Words{"a"}));
  BOOST_TEST(options.qos == 1);
  BOOST_TEST(!options.end_of_line);
  BOOST_TEST(options.common.debug);
  BOOST_TEST((options.common.time_limit.value() == 5s));
}

BOOST_AUTO_TEST_CASE(a_value_may_look_like_an_option) {
  BOOST_TEST(pub({"-t", "a", "-m", "-hello"}).message == "-hello");
  BOOST_TEST(pub({"-t", "a", "-m", "--help"}).message == "--help");
  BOOST_TEST(pub({"-t", "a", "-m", "--"}).message == "--");
  BOOST_TEST(pub({"-t", "a", "-m", "--quiet=1"}).message == "--quiet=1");
  BOOST_TEST(pub({"-t", "a", "-m", "-s"}).message == "-s");
  BOOST_TEST(pub({"-t", "a", "--message=x=y"}).message == "x=y");
  BOOST_TEST(pub({"-t", "a", "-m", ""}).message.empty());
  BOOST_TEST(pub({"-t", "a", "--message=", "-r"}).retain);
  BOOST_TEST(pub({"-t", "a", "-m", "[1,2]"}).message == "[1,2]");
  BOOST_TEST(pub({"-t", "a", "-m", "{}"}).message == "{}");
}

BOOST_AUTO_TEST_CASE(every_word_belongs_to_an_option) {
  BOOST_TEST(sub_refuses({"-t", "a", "b"}) == "'b' belongs to no option");
  BOOST_TEST(sub_refuses({"-t", "a", "--", "-v"}) == "'-v' belongs to no option");
  BOOST_TEST(!sub({"-t", "a", "--"}).verbose);
  BOOST_TEST(sub_refuses({"-t", "a", "-"}) == "'-' belongs to no option");
}

BOOST_AUTO_TEST_CASE(an_option_without_its_value_says_what_it_needs) {
  BOOST_TEST(sub_refuses({"-t"}) == "-t needs a value");
  BOOST_TEST(sub_refuses({"-h"}) == "-h needs a host");
  BOOST_TEST(sub_refuses({"-t", "a", "--max-reconnect-delay"}) ==
             "--max-reconnect-delay needs a value");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect"}) == "-D needs a value");
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named_with_the_nearest_known_one) {
  Argv argv({"--topci", "a"});
  const auto parsed = parse_sub(argv.count(), argv.data(), kNowhere);
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.error().message == "unknown option --topci");
  BOOST_TEST(parsed.error().hint == "did you mean --topic?");
  BOOST_TEST(sub_refuses({"-t", "a", "-Z"}) == "unknown option -Z");
  BOOST_TEST(sub_refuses({"-t", "a", "-vZ"}) == "unknown option -Z");
}

BOOST_AUTO_TEST_CASE(a_switch_takes_no_value) {
  BOOST_TEST(sub_refuses({"-t", "a", "--quiet=true"}) == "--quiet takes no value");
  BOOST_TEST(sub_refuses({"-t", "a", "--randomize=false"}) == "--randomize takes no value");
}

BOOST_AUTO_TEST_CASE(a_lone_s_of_pub_is_standard_input_and_with_a_uri_it_is_a_server) {
  BOOST_TEST((pub({"-t", "a", "-s"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-s", "-t", "a"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-t", "a", "-rs"}).source == PubSource::stdin_file));
  BOOST_TEST((pub({"-t", "a", "--stdin-file"}).source == PubSource::stdin_file));
  const PubOptions both = pub({"-s", "tcp://x", "-t", "a", "-s", "-s", "failover:(tcp://y)"});
  BOOST_TEST(namings(both.common) == "s:tcp://x s:failover:(tcp://y) ");
  BOOST_TEST((both.source == PubSource::stdin_file));
  BOOST_TEST(namings(pub({"-stcp://x", "-t", "a", "-n"}).common) == "s:tcp://x ");
  BOOST_TEST(namings(pub({"--server", "x", "-t", "a", "-n"}).common) == "s:x ");
  BOOST_TEST(pub_refuses({"-t", "a", "-s", "foo"}) == "-s 'foo' is not a server URI");
  BOOST_TEST(pub_refuses({"-t", "a", "-s", "true"}) == "-s 'true' is not a server URI");
}

BOOST_AUTO_TEST_CASE(of_several_mistakes_the_first_one_is_told) {
  BOOST_TEST(sub_refuses({"-t", "a", "stray", "--quiet=1", "-Z", "-q"}) ==
             "'stray' belongs to no option");
  BOOST_TEST(sub_refuses({"-t", "a", "--quiet=1", "stray"}) == "--quiet takes no value");
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_stray_word_holds_no_password) {
  BOOST_TEST(sub_refuses({"-t", "a", "--", "--pw=secret"}) == "'--pw' belongs to no option");
  BOOST_TEST(sub_refuses({"-t", "a", "--", "-Psecret"}) == "'-P' belongs to no option");
  BOOST_TEST(sub_refuses({"-t", "a", "--pww=secret"}) == "unknown option --pww");
  BOOST_TEST(sub_refuses({"-t", "a", "tcp://u:secret@h"}).find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_operands_a_word_of_no_option_is_kept_in_its_order) {
  const Words words = {"get", "--component", "x", "--foo", "-y", "-q", "--", "-f"};
  Words operands;
  const auto given = read_command_line(config_rows(), words, "", nullptr, &operands);
  BOOST_REQUIRE(given);
  BOOST_TEST((operands == Words{"get", "--foo", "-q", "-f"}));
  BOOST_REQUIRE(given->size() == 2U);
  BOOST_TEST(given->at(0).value() == "x");
  BOOST_TEST(given->at(1).flag() == "-y");
}
