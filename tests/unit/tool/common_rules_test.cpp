// SPDX-License-Identifier: Apache-2.0
// What the shared options need of each other.
#include "command_lines.hpp"
#include "tool/draft.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(what_needs_mqtt5_is_an_error_with_an_older_version) {
  BOOST_TEST(sub_refuses({"-t", "a", "-x", "5", "-V", "311"}) ==
             "-x needs MQTT 5, which -V rules out");
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "311", "-D", "connect", "receive-maximum", "5"}) ==
             "-D needs MQTT 5, which -V rules out");
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "31", "--retain-handling", "1"}) ==
             "--retain-handling needs MQTT 5, which -V rules out");
}

BOOST_AUTO_TEST_CASE(sessions_that_outlive_us_need_a_client_id) {
  BOOST_TEST(sub_refuses({"-t", "a", "-c"}) == "-c keeps a session, which belongs to a client id");
  BOOST_TEST(sub_refuses({"-t", "a", "-c", "-I", "x"}) ==
             "-c keeps a session, which belongs to a client id");
  BOOST_TEST(sub_refuses({"-t", "a", "-x", "-1"}) ==
             "-x asks for a session that never ends, which belongs to a client id");
  const SubOptions kept = sub({"-t", "a", "-c", "-i", "me"});
  BOOST_TEST(!kept.common.connect.clean_session);
  BOOST_TEST(kept.common.connect.properties.session_expiry.value() == 0xffffffffU);
  BOOST_TEST(sub({"-t", "a", "-x", "60"}).common.connect.properties.session_expiry.value() == 60U);
  BOOST_TEST(sub({"-t", "a", "-I", "pre-"}).common.connect.client_id == "pre-77");
  BOOST_TEST(sub_refuses({"-t", "a", "-i", "x", "-I", "y"}) == "-i and -I exclude each other");
}

BOOST_AUTO_TEST_CASE(a_will_has_a_topic) {
  const SubOptions options =
      sub({"-t", "a", "--will-topic", "w", "--will-payload", "gone", "--will-qos", "1",
           "--will-retain", "-D", "WILL", "will-delay-interval", "5"});
  const Will& will = options.common.connect.will.value();
  BOOST_TEST(will.topic == "w");
  BOOST_TEST(will.payload == "gone");
  BOOST_TEST(will.qos == 1);
  BOOST_TEST(will.retain);
  BOOST_TEST(will.delay.value() == 5U);
  BOOST_TEST(sub_refuses({"-t", "a", "--will-payload", "x"}) == "--will-payload without a will");
  BOOST_TEST(sub_refuses({"-t", "a", "--will-topic", "w/+"}) ==
             "--will-topic 'w/+' contains a wildcard");
}

BOOST_AUTO_TEST_CASE(a_pre_shared_key_wants_its_identity_and_stands_alone) {
  const auto refused = [](Words more) {
    Words words = {"-t", "a", "--psk", "00c0ffee"};
    words.insert(words.end(), more.begin(), more.end());
    return sub_refuses(words);
  };
  BOOST_TEST(refused({}) == "--psk without --psk-identity");
  BOOST_TEST(sub_refuses({"-t", "a", "--psk-identity", "i"}) == "--psk-identity without --psk");
  BOOST_TEST(refused({"--psk-identity", "i", "--cafile", "c"}) ==
             "--psk and --cafile exclude each other");
  BOOST_TEST(refused({"--psk-identity", "i", "--tls-version", "tlsv1.3"}) ==
             "--psk needs TLS 1.2, which --tls-version rules out");
  for (const char* bad : {"00c0ffe", "00c0fxee", ""}) {
    // Without showing what may be a key with a slip in it.
    BOOST_TEST(sub_refuses({"-t", "a", "--psk", bad}) == "--psk takes a key in hexadecimal digits");
  }
  const ServerDefaults defaults =
      sub({"-t", "a", "--psk", "00C0ffee", "--psk-identity", "i"}).common.naming.defaults;
  BOOST_TEST(defaults.tls.psk.value().reveal() == "00C0ffee");
  BOOST_TEST(defaults.tls.psk_identity == "i");
  BOOST_TEST(defaults.tls_wanted);
}

BOOST_AUTO_TEST_CASE(a_client_id_fits_the_version) {
  BOOST_TEST(sub_refuses({"-t", "a", "-V", "31", "-i", std::string(24, 'x')}) ==
             "the client id is longer than the 23 bytes that -V 31 allows");
  BOOST_TEST(sub({"-t", "a", "-V", "31"}).common.connect.client_id.size() == 23U);
  BOOST_TEST(sub_refuses({"-t", "a", "-i", "\xff"}) == "the client id is not UTF-8 or too long");
}
