// SPDX-License-Identifier: Apache-2.0
// mqfail-probe: what -w, -c, --metric, --cert-warn, --min-up and --first make of the answers.
#include "end_to_end/probed.hpp"
#include "rig/authority.hpp"

using namespace rig;

// Two servers answer, so the metric is 2.
BOOST_AUTO_TEST_CASE(a_table_of_ranges) {
  Mosquitto a, b;
  struct Row {
    const char *warn, *crit;
    int status;
  };
  for (const Row& row :
       {Row{"2", "2", 0}, Row{"1", "2", 1}, Row{"1", "1", 2}, Row{"2:", "1:", 0},
        Row{"3:", "1:", 1}, Row{"3:", "3:", 2}, Row{"~:1", "~:5", 1}, Row{"@2", "@3:4", 1},
        Row{"@3:4", "@2:2", 2}, Row{"0:1.5", "0:10", 1}, Row{"@0:1", "@0:0", 0}}) {
    const Probed probed =
        probe({"-s", a.uri(), "-s", b.uri(), "--metric", "up", "-w", row.warn, "-c", row.crit});
    BOOST_TEST(probed.status == row.status, row.warn << " " << row.crit << " " << probed.out);
  }
}

BOOST_AUTO_TEST_CASE(a_slow_server_is_told_with_its_time_and_its_limit) {
  ScriptedServer slow({.connack_delay = 300ms});
  Mosquitto fast;
  const Arguments servers{"-s", fast.uri() + "?serverId=fast", "-s", slow.uri() + "?serverId=slow"};
  for (const char* const metric : {"total", "connect", "connack"}) {
    Arguments all = servers;
    all.insert(all.end(), {"--metric", metric, "-w", "0.25", "-c", "30", "--format", "nagios"});
    const Probed probed = probe(all);
    BOOST_TEST(probed.status == 1, metric << probed.out);
    BOOST_TEST(
        std::regex_search(probed.out, std::regex("^MQFAIL WARNING - .*; slow: .* 0[.]3[0-9]* "
                                                 "s, -w 0[.]25 [|] ")),
        probed.out);
    BOOST_TEST(has(probed, "s;0.25;30;0"), probed.out);
  }
  Arguments ping = servers;
  ping.insert(ping.end(), {"--metric", "ping", "-w", "0.25"});
  BOOST_TEST(probe(ping).status == 0);
}

BOOST_AUTO_TEST_CASE(a_metric_that_no_server_has_holds) {
  Mosquitto plain;
  BOOST_TEST(probe({"-s", plain.uri(), "--metric", "tls", "-c", "0"}).status == 0);
}

// RFC 5280, 4.1.2.5: 9999-12-31 for a certificate that has no end.
BOOST_AUTO_TEST_CASE(a_certificate_that_lasts_for_thousands_of_years_has_not_expired) {
  const Scratch folder;
  const std::string certificate = (folder / "c.pem").string(), key = (folder / "k.pem").string();
  const Finished made =
      run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
           "-nodes", "-days", "2912000", "-subj", "/CN=localhost", "-addext",
           "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate});
  BOOST_REQUIRE_MESSAGE(made.exit.status == 0, made.err);
  Mosquitto server({.certificate = certificate, .key = key});
  const Probed probed =
      probe({"-s", "mqtts://localhost:" + std::to_string(server.port()) + "?serverId=a", "--cafile",
             certificate, "--cert-warn", "30", "--cert-crit", "7"});
  BOOST_TEST(probed.status == 0, probed.out);
}

// It counts on the day that it ends, too, when nobody can connect any more.
BOOST_AUTO_TEST_CASE(a_certificate_that_has_expired_is_critical_although_another_server_answers) {
  Authority authority;
  const Issued good = authority.issue();
  const Issued expired = authority.issue({.from_days = -9, .to_days = -2});
  Mosquitto a({.certificate = good.certificate, .key = good.key});
  Mosquitto b({.certificate = expired.certificate, .key = expired.key});
  const auto uri = [](const Mosquitto& server) {
    return "mqtts://localhost:" + std::to_string(server.port());
  };
  const Arguments both{"-s", uri(a), "-s", uri(b), "--cafile", authority.file()};
  for (const Arguments& limit :
       {Arguments{"--cert-crit", "7"}, Arguments{"--metric", "cert-days", "-c", "7:"}}) {
    Arguments all = both;
    all.insert(all.end(), limit.begin(), limit.end());
    const Probed probed = probe(all);
    BOOST_TEST(probed.status == 2, probed.out);
  }
}

BOOST_AUTO_TEST_CASE(the_certificate_is_shown_and_must_last) {
  const Certificates made;
  Mosquitto server({.certificate = made.certificate(), .key = made.key()});
  const Arguments tls{"-s", "mqtts://localhost:" + std::to_string(server.port()) + "?serverId=a",
                      "--cafile", made.authority()};
  const auto with = [&](const Arguments& more) {
    Arguments all = tls;
    all.insert(all.end(), more.begin(), more.end());
    return probe(all);
  };
  const Probed json = with({"--format", "json"});
  BOOST_TEST(json.status == 0, json.out);
  for (const char* const part : {R"("tls":"TLSv1.3","not_after":"20)", R"("tls_cipher":"TLS_)",
                                 R"("cert_subject":"CN=)", R"("cert_issuer":"CN=)", R"("tls_ms":)"})
    BOOST_TEST(has(json, part), part << json.out);
  std::smatch days;
  BOOST_REQUIRE(std::regex_search(json.out, days, std::regex("\"cert_days\":([0-9]+)")));
  const int left = std::stoi(days[1]);
  BOOST_TEST(with({"--cert-warn", std::to_string(left)}).status == 0);
  BOOST_TEST(with({"--cert-warn", std::to_string(left + 1)}).status == 1);
  const Probed critical = with({"--cert-warn", "99999", "--cert-crit", std::to_string(left + 1)});
  BOOST_TEST(critical.status == 2);
  BOOST_TEST(has(critical, "; a: its certificate ends in " + std::to_string(left) + " day"),
             critical.out);
  BOOST_TEST(with({"--metric", "cert-days", "-c", std::to_string(left + 1) + ":"}).status == 2);
}

BOOST_AUTO_TEST_CASE(first_ends_with_the_first_server_that_answers) {
  ScriptedServer silent({.connack = false});
  Mosquitto good;
  const Moment begin = Clock::now();
  const Probed probed = probe(
      {"-s", silent.uri() + "?serverId=silent", "-s", good.uri() + "?serverId=good", "--first"});
  BOOST_TEST(probed.status == 0, probed.out);
  BOOST_TEST(seconds_between(begin, Clock::now()) < at_most(2.0));
  BOOST_TEST(has(probed, "OK - 1/2 up; good answers; 1 not waited for\n"), probed.out);
  const Probed none = probe({"-s", dead_uri(), "-s", dead_uri(), "--first"});
  BOOST_TEST(none.status == 2, none.out);
}

BOOST_AUTO_TEST_CASE(first_waits_for_a_server_that_needs_its_time) {
  ScriptedServer slow({.connack_delay = 300ms});
  BOOST_TEST(probe({"-s", dead_uri(), "-s", slow.uri(), "--first"}).status == 0);
}
