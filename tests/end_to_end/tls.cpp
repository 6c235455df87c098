// SPDX-License-Identifier: Apache-2.0
// TLS with a real server and a certificate authority of this test. A server that cannot be verified
// is not used; the event has the cause, and plain text is never used instead.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {
const Certificates& certificates() {
  static const Certificates made;
  return made;
}
std::string tls_uri(const std::string& host, std::uint16_t port) {
  return "mqtts://" + host + ":" + std::to_string(port);
}

#ifdef MQFAIL_LATE
bool has_library(const Process& process, const char* name) {
  return read_file("/proc/" + std::to_string(process.pid()) + "/maps").find(name) !=
         std::string::npos;
}
#endif
}  // namespace

#ifdef MQFAIL_LATE
BOOST_AUTO_TEST_CASE(openssl_is_loaded_by_the_first_tls_server_and_not_before) {
  Mosquitto plain;
  Mosquitto secure({.certificate = certificates().certificate(), .key = certificates().key()});
  Process reader(sub({"-s", uri(plain.port()), "-s", tls_uri("localhost", secure.port()), "-t", "t",
                      "--cafile", certificates().authority()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(!has_library(reader, "libcrypto"));
  plain.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(has_library(reader, "libcrypto"));
  BOOST_TEST(!has_library(reader, "libm.so"));  // nor by a delay that was drawn meanwhile
}
#endif

BOOST_AUTO_TEST_CASE(a_server_of_our_authority_is_accepted_by_name_and_by_address) {
  Mosquitto server({.certificate = certificates().certificate(), .key = certificates().key()});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    Process reader(
        sub({"-s", tls_uri(host, server.port()), "-t", "t", "--cafile", certificates().authority(),
             "-C", "1", "-i", std::string("reader-") + host}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    BOOST_TEST(events.last("connected")->get("tls").find("TLSv1.") == 0U);
    Process publisher(pub({"-s", tls_uri(host, server.port()), "-t", "t", "--cafile",
                           certificates().authority(), "-m", "over tls", "-q", "1"}));
    CHECK_STATUS(publisher, 0);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(reader.bytes(Stream::out) == "over tls\n");
  }
}

// With Nagle's algorithm, mosquitto holds the CONNACK back until TCP has acknowledged the session
// tickets. That takes 40 ms unless the client asks TCP to acknowledge at once.
BOOST_AUTO_TEST_CASE(the_session_tickets_of_tls_1_3_do_not_hold_up_the_connack) {
  Mosquitto server({.certificate = certificates().certificate(), .key = certificates().key()});
  const auto fastest = [&](const char* version) {
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
      Process reader(sub({"-s", tls_uri("localhost", server.port()), "-t", "t", "--cafile",
                          certificates().authority(), "--tls-version", version, "-E"}));
      CHECK_STATUS(reader, 0);
      least = std::min(least, std::stod(Events(reader).last("connected")->get("dur_ms")));
    }
    return least;
  };
  BOOST_TEST(fastest("tlsv1.3") < fastest("tlsv1.2") + 30);
}

BOOST_AUTO_TEST_CASE(a_strangers_authority_is_refused_with_the_cause) {
  Mosquitto server({.certificate = certificates().certificate(), .key = certificates().key()});
  Process reader(sub({"-s", tls_uri("localhost", server.port()), "-t", "t", "--cafile",
                      certificates().stranger(), "--once"}));
  CHECK_STATUS(reader, 69);
  const auto failed = Events(reader).last("failed");
  BOOST_REQUIRE(failed.has_value());
  BOOST_TEST(failed->get("phase") == "tls");
  BOOST_TEST((failed->get("reason") + failed->get("text")).find("certificate") != std::string::npos,
             reader.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused) {
  Mosquitto server(
      {.certificate = certificates().other_certificate(), .key = certificates().other_key()});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    Process reader(sub({"-s", tls_uri(host, server.port()), "-t", "t", "--cafile",
                        certificates().authority(), "--once"}));
    CHECK_STATUS(reader, 69);
    BOOST_TEST(Events(reader).last("failed")->get("phase") == "tls");
  }
}

BOOST_AUTO_TEST_CASE(insecure_accepts_another_name_and_says_so) {
  Mosquitto server(
      {.certificate = certificates().other_certificate(), .key = certificates().other_key()});
  Process reader(sub({"-s", tls_uri("localhost", server.port()), "-t", "t", "--cafile",
                      certificates().authority(), "--insecure"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.count("insecure") >= 1U);
}

BOOST_AUTO_TEST_CASE(a_refused_certificate_never_falls_to_plain_text) {
  // A plain server on the same port would answer at once; the scripted one reads what comes.
  ScriptedServer plain;
  Process reader(sub({"-s", tls_uri("localhost", plain.port()), "-t", "t", "--cafile",
                      certificates().authority(), "-u", "joe", "-P", "secret", "--connect-timeout",
                      "1s", "--once"}));
  CHECK_STATUS(reader, 69);
  BOOST_TEST(plain.count(What::connect) == 0U);
}

BOOST_AUTO_TEST_CASE(a_bad_certificate_moves_on_to_the_next_server) {
  Mosquitto bad(
      {.certificate = certificates().other_certificate(), .key = certificates().other_key()});
  Mosquitto good({.certificate = certificates().certificate(), .key = certificates().key()});
  Process publisher(
      pub({"-s", tls_uri("localhost", bad.port()), "-s", tls_uri("localhost", good.port()), "-t",
           "t", "--cafile", certificates().authority(), "-m", "x", "-q", "1"}));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(Events(publisher).count("failed") == 1U);
}

BOOST_AUTO_TEST_CASE(printing_goes_on_over_tls_after_a_kill) {
  const MosquittoSettings settings{.certificate = certificates().certificate(),
                                   .key = certificates().key()};
  Mosquitto a(settings), b(settings);
  Process reader(sub({"-s", tls_uri("localhost", a.port()), "-s", tls_uri("localhost", b.port()),
                      "-t", "t", "--cafile", certificates().authority(), "-C", "1"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.kill9();
  REQUIRE_EVENT(reader, events, "subscribed");
  Process publisher(pub({"-s", tls_uri("localhost", b.port()), "-t", "t", "--cafile",
                         certificates().authority(), "-m", "x", "-q", "1"}));
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(many_messages_over_tls_are_exact) {
  Mosquitto server({.lines = {"max_queued_messages 0", "max_inflight_messages 0"},
                    .certificate = certificates().certificate(),
                    .key = certificates().key()});
  Process reader(sub({"-s", tls_uri("localhost", server.port()), "-t", "t", "-q", "1", "--cafile",
                      certificates().authority(), "-C", "20000"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  Process publisher({.argv = pub({"-s", tls_uri("localhost", server.port()), "-t", "t", "--cafile",
                                  certificates().authority(), "-l", "-q", "1"}),
                     .stdin_pipe = true});
  publisher.feed(numbered_lines(1, 20000, 100));
  CHECK_STATUS(publisher, 0);
  CHECK_STATUS(reader, 0);
  BOOST_TEST((reader.bytes(Stream::out) == numbered_lines(1, 20000, 100)));
}

// OpenSSL holds what the kernel has given, and Paho asks it before it waits.
BOOST_AUTO_TEST_CASE(messages_that_wait_are_bounded_with_tls_too) {
  Mosquitto server({.certificate = certificates().certificate(), .key = certificates().key()});
  const Arguments there{"-s", tls_uri("localhost", server.port()), "--cafile",
                        certificates().authority()};
  const auto with = [&](const Arguments& more) {
    Arguments all = there;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  constexpr int kMessages = 150;
  Process writer(
      {.argv = pub(with({"-r", "-q", "1", "-l", "--topic-separator", "="})), .stdin_pipe = true});
  const std::string payload(1'000'000, 'x');
  for (int i = 0; i < kMessages; ++i) writer.write(std::to_string(i) + "=" + payload + "\n");
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
  Process reader(sub(with({"-t", "#", "-q", "0", "-F", "%t"})));
  BOOST_TEST(reader.wait_for_lines(Stream::out, kMessages, 30s * kSlower));
  BOOST_TEST(memory_within(reader.peak_kib(), 48L * 1024), reader.peak_kib());
}
