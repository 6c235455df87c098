// SPDX-License-Identifier: Apache-2.0
// The values of options: numbers, words and their limits.
#include "tool/setters.hpp"

#include "command_lines.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(numbers_are_checked_with_their_limits) {
  BOOST_TEST(sub_refuses({"-t", "a", "-q", "3"}) == "-q takes 0, 1 or 2, not '3'");
  BOOST_TEST(sub_refuses({"-t", "a", "-q", "1x"}) == "-q takes 0, 1 or 2, not '1x'");
  BOOST_TEST(sub_refuses({"-t", "a", "-C", "0"}) == "-C takes a number from 1, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-k", "0"}) == "-k takes a number from 1 to 65535, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-p", "65536"}) ==
             "-p takes a number from 1 to 65535, not '65536'");
  for (const char* bad : {"0", "-1", "5s", "", "nan", "1e400"}) {
    BOOST_TEST(sub_refuses({"-t", "a", "-W", bad}) ==
               "-W takes seconds, as 5 or 0.5, not '" + std::string(bad) + "'");
  }
  BOOST_TEST((sub({"-t", "a", "-k", "1"}).common.connect.keepalive == 1s));
}

BOOST_AUTO_TEST_CASE(protocol_versions_have_many_spellings) {
  for (const char* five : {"5", "mqttv5", "5.0"}) {
    BOOST_TEST((sub({"-t", "a", "-V", five}).common.protocol == Protocol::mqtt5));
  }
  for (const char* three : {"311", "mqttv311", "3.1.1"}) {
    BOOST_TEST((sub({"-t", "a", "-V", three}).common.protocol == Protocol::mqtt311));
  }
  BOOST_TEST((sub({"-t", "a", "-V", "31"}).common.protocol == Protocol::mqtt31));
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "6"}) == "-V takes 5, 311 or 31, not '6'");
}

BOOST_AUTO_TEST_CASE(an_empty_client_id_is_an_error) {
  // A script's variable that is not set would be a session that nobody finds again.
  BOOST_TEST(sub_refuses({"-t", "a", "-i", ""}) == "-i takes a client id, not ''");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-i", ""}) == "-i takes a client id, not ''");
}

BOOST_AUTO_TEST_CASE(what_mosquitto_has_and_we_have_not_is_refused_by_name) {
  for (const Words& words : std::vector<Words>{{"-A", "::1"},
                                               {"--unix", "/s"},
                                               {"-S"},
                                               {"--proxy", "socks5h://x"},
                                               {"--tls-engine", "e"},
                                               {"--tls-engine-kpass-sha1", "00"},
                                               {"--keyform", "pem"},
                                               {"--random-filter", "5"}}) {
    Words all = {"-t", "a"};
    all.insert(all.end(), words.begin(), words.end());
    BOOST_TEST(sub_refuses(all) == words[0] + " is not supported");
  }
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--acks", "2"}) == "--acks needs acknowledgements");
  BOOST_TEST(pub_refuses({"-t", "a", "-l", "--spool", "d"}) == "--spool needs acknowledgements");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_none_of_those_of_the_row_is_told_all_of_them) {
  BOOST_TEST(sub_refuses({"-t", "a", "--tls-version", "tlsv1"}) ==
             "--tls-version takes tlsv1.3, tlsv1.2 or tlsv1.1, not 'tlsv1'");
  BOOST_TEST(probe_refuses({"--format", "xml"}) ==
             "--format takes text, nagios, json, prometheus or html, not 'xml'");
}

BOOST_AUTO_TEST_CASE(a_password_that_is_given_in_the_place_of_a_number_is_not_shown) {
  BOOST_TEST(sub_refuses({"-t", "a", "-p", "hunter2"}) == "-p takes a number from 1 to 65535");
  BOOST_TEST(sub_refuses({"-t", "a", "--pw-fd", "hunter2"}) ==
             "--pw-fd takes a number from 0 to 2147483647");
}
