// SPDX-License-Identifier: Apache-2.0
// What the command line names becomes a roster: order, ports, common options, ids, and what is
// refused.
#include "config/naming/naming.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "unit/config/samples.hpp"

using namespace mqfail;
using test::Scratch;

namespace {

NamedRoster named(const NamingRequest& request, const FailoverFlags& flags = {}) {
  const auto roster = name_servers(request, flags);
  BOOST_TEST_REQUIRE(static_cast<bool>(roster), (roster ? "" : roster.error().message));
  return *roster;
}

Error refused(const NamingRequest& request, const FailoverFlags& flags = {}) {
  const auto roster = name_servers(request, flags);
  BOOST_TEST_REQUIRE(!roster);
  return roster.error();
}

std::string ids(const NamedRoster& roster) {
  std::string out;
  for (const Server& server : roster.servers) out += (out.empty() ? "" : " ") + server.id;
  return out;
}

NamingRequest request(std::vector<Naming> namings) {
  NamingRequest wanted;
  wanted.namings = std::move(namings);
  return wanted;
}

NamingRequest hosts(std::size_t count, std::vector<int> ports) {
  NamingRequest wanted;
  for (std::size_t i = 0; i < count; ++i)
    wanted.namings.emplace_back(NamedHost{std::string(1, static_cast<char>('a' + i))});
  wanted.ports = std::move(ports);
  return wanted;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void store(const Scratch& home, const std::string& id, const std::string& text) {
  std::filesystem::create_directories(home.path("mqfail/components/" + id));
  home.file("mqfail/components/" + id + "/RedundantServers.json", text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_roster_is_in_the_order_of_the_command_line) {
  const Scratch scratch;
  const std::string file = scratch.file(
      "list.json",
      R"([{"hostNameOrIpAddress":"c","tls":"None","port":1},{"hostNameOrIpAddress":"d","serverId":"D"}])");
  const auto roster = named(request(
      {NamedServer{"mqtt://a"}, NamedHost{"b"}, NamedFile{file}, NamedUrl{"mqtts://e/t/#"}}));
  BOOST_TEST(ids(roster) == "a:1883 b:1883 c:1 D e:8883");
  BOOST_TEST(roster.topics == std::vector<std::string>{"t/#"}, boost::test_tools::per_element());
  BOOST_TEST(roster.documents == std::vector<std::string>{file}, boost::test_tools::per_element());
  BOOST_TEST(!roster.settings.randomize);
}

BOOST_AUTO_TEST_CASE(a_port_is_given_never_or_once_or_as_often_as_a_host) {
  BOOST_TEST(ids(named(hosts(2, {}))) == "a:1883 b:1883");
  BOOST_TEST(ids(named(hosts(2, {7}))) == "a:7 b:7");
  BOOST_TEST(ids(named(hosts(3, {7, 8, 9}))) == "a:7 b:8 c:9");
  BOOST_TEST(ids(named(hosts(0, {7}))) == "localhost:7");
  for (const auto& [count, ports] : std::vector<std::pair<std::size_t, std::vector<int>>>{
           {3, {7, 8}}, {1, {7, 8}}, {0, {7, 8}}}) {
    const Error error = refused(hosts(count, ports));
    BOOST_TEST((error.kind == ErrorKind::usage));
    BOOST_TEST(holds(error.message, "-p is given 2 times for " + std::to_string(count) + " -h"),
               error.message);
  }
  BOOST_TEST(holds(refused(hosts(1, {0})).message, "not in 1..65535"));
  BOOST_TEST(holds(refused(hosts(1, {65536})).message, "not in 1..65535"));
  NamingRequest lonely = request({NamedServer{"mqtt://a"}});
  lonely.ports = {7};
  BOOST_TEST(holds(refused(lonely).message, "-p has no -h"));
}

BOOST_AUTO_TEST_CASE(a_port_alone_means_localhost_even_if_the_environment_names_servers) {
  NamingRequest wanted = hosts(0, {7});
  wanted.environment = "mqtt://a";
  BOOST_TEST(ids(named(wanted)) == "localhost:7");
}

BOOST_AUTO_TEST_CASE(none_named_is_the_environment_then_the_default_component_then_localhost) {
  const Scratch home;
  NamingRequest wanted;
  BOOST_TEST(ids(named(wanted)) == "localhost:1883");
  wanted.config_home = home.path();
  BOOST_TEST(ids(named(wanted)) == "localhost:1883");
  store(home, "default", R"([{"hostNameOrIpAddress":"stored"}])");
  BOOST_TEST(ids(named(wanted)) == "stored:8883");
  BOOST_TEST(named(wanted).documents.size() == 1U);
  wanted.environment = "";
  BOOST_TEST(ids(named(wanted)) == "stored:8883");
  wanted.environment = " mqtt://a , b:7 ";
  BOOST_TEST(ids(named(wanted)) == "a:1883 b:7");
  wanted.environment = "failover:(a,b)";
  BOOST_TEST(named(wanted).settings.randomize);
  wanted.environment = "mqtt://a,,b";
  BOOST_TEST(holds(refused(wanted).message, "MQFAIL_SERVERS: "));
}

BOOST_AUTO_TEST_CASE(a_component_is_read_from_the_store_and_must_be_there) {
  const Scratch home;
  store(home, "MQTT1", test::sample("full-as-documented.json"));
  NamingRequest wanted = request({NamedComponent{"MQTT1"}});
  wanted.config_home = home.path();
  const auto roster = named(wanted);
  BOOST_TEST(ids(roster) == "server1 server2");
  BOOST_TEST(roster.warnings.size() == 2U);
  BOOST_TEST(holds(roster.warnings[0], ":10:32: warning: "));
  wanted.namings = {NamedComponent{"MQTT2"}};
  BOOST_TEST((refused(wanted).kind == ErrorKind::no_input));
  wanted.namings = {NamedComponent{"a/b"}};
  BOOST_TEST((refused(wanted).kind == ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(a_uri_names_secrets_and_a_stored_one_goes_to_its_own_server_only) {
  const Scratch home;
  store(home, "M",
        R"([{"hostNameOrIpAddress":"h","userName":"u","password":"hunter2","serverId":"s"},
                       {"hostNameOrIpAddress":"h","userName":"u","password":"{{pw}}","serverId":"r"}])");
  std::filesystem::create_directories(home.path("state/mqfail/secrets"));
  chmod(home.file("state/mqfail/secrets/pw", "hunter3\n").c_str(), 0600);
  const auto wanted = [&](const std::string& uri) {
    NamingRequest all = request({NamedServer{uri}});
    all.config_home = home.path();
    all.key.state_home = home.path("state");
    return all;
  };
  const auto password = [&](const std::string& uri) {
    const Server server = named(wanted(uri)).servers.at(0);
    return server.username.value_or("-") + " " + server.password.value_or(Secret()).reveal();
  };
  BOOST_TEST(password("mqtts://H:8883?serverId=S&component=M") == "u hunter2");
  BOOST_TEST(password("failover:(mqtts://u@h?serverId=r&component=M)") == "u hunter3");
  BOOST_TEST(password("mqtt://me@x?password={{pw}}") == "me hunter3");
  for (const std::string elsewhere :
       {"mqtts://evil", "mqtts://h:1883", "mqtt://h:8883", "wss://h:8883"}) {
    const Error error = refused(wanted(elsewhere + "?serverId=s&component=M"));
    BOOST_TEST((error.kind == ErrorKind::configuration));
    BOOST_TEST(
        holds(error.message, "is stored as mqtts://h:8883; its secrets are not for another one"),
        error.message);
  }
  BOOST_TEST((refused(wanted("mqtts://h?serverId=x&component=M")).kind == ErrorKind::no_input));
  BOOST_TEST((refused(wanted("mqtts://h?serverId=s&component=N")).kind == ErrorKind::no_input));
  BOOST_TEST(
      holds(refused(wanted("mqtt://u@h?password={{none}}")).message, "{{none}} names a secret"));
}

BOOST_AUTO_TEST_CASE(a_data_source_is_the_first_server_and_says_who_the_client_is) {
  const Scratch scratch;
  const auto roster_of = [&](const std::string& source) {
    return request({NamedFile{scratch.file(
        "list.json", R"({"MQTT1": {"DataSource": {"hostNameOrIpAddress": "first", )" + source +
                         R"(}, "RedundantServers": [{"hostNameOrIpAddress": "second"}]}})")}});
  };
  const auto roster = named(roster_of(
      R"("ClientId": "adapter", "mqttVersion": "3.1.1", "primaryHostId": "scada", "timeZone": "UTC")"));
  BOOST_TEST(ids(roster) == "first:8883 second:8883");
  for (const Server& server : roster.servers) {
    BOOST_TEST(server.client_id.value_or("") == "adapter");
    BOOST_TEST((server.protocol == Protocol::mqtt311));
  }
  BOOST_TEST_REQUIRE(roster.warnings.size() == 3U);
  BOOST_TEST(holds(roster.warnings[0], "/MQTT1/DataSource/ClientId: the default of -i"));
  BOOST_TEST(holds(roster.warnings[1], "/MQTT1/DataSource/mqttVersion: the default of -V"));
  BOOST_TEST(holds(roster.warnings[2], "--primary-host makes a command wait"));
  const auto silent =
      named(roster_of(R"("clientId": null, "mqttVersion": "", "primaryHostId": null)"));
  BOOST_TEST(!silent.servers[0].client_id);
  BOOST_TEST(!silent.servers[0].protocol);
  BOOST_TEST(silent.warnings.empty());
  BOOST_TEST(holds(refused(roster_of(R"("mqttVersion": "5.0.1")")).message,
                   "is not one of 3.1.0, 3.1.1, 5.0.0; did you mean \"5.0.0\"?"));
  BOOST_TEST(
      holds(refused(roster_of(R"("clientId": 7)")).message, "must be a string, not a number"));
}

BOOST_AUTO_TEST_CASE(a_data_source_speaks_for_its_own_servers_unless_the_command_line_does) {
  const Scratch scratch;
  const auto file = [&](const std::string& name, const std::string& id) {
    return scratch.file(name, R"({"DataSource": {"hostNameOrIpAddress": ")" + name +
                                  R"(", "clientId": ")" + id + R"(", "mqttVersion": "3.1.1"}})");
  };
  auto wanted = request({NamedFile{file("a", "one")}, NamedFile{file("b", "two")},
                         NamedServer{"mqtt://c?clientId=three&protocol=5"}});
  const auto said = [](const NamedRoster& roster) {
    std::string all;
    for (const Server& server : roster.servers)
      all += server.client_id.value_or("-") + (server.protocol ? "p " : " ");
    return all;
  };
  BOOST_TEST(said(named(wanted)) == "onep twop threep ");
  wanted.client_id_given = wanted.protocol_given = true;
  BOOST_TEST(said(named(wanted)) == "- - threep ");
  wanted.protocol_given = false;
  wanted.needs_mqtt5 = true;
  BOOST_TEST(said(named(wanted)) == "- - threep ");
}

BOOST_AUTO_TEST_CASE(a_cluster_of_the_whole_list_does_not_rename_one_of_some_servers) {
  auto wanted = request({NamedServer{"mqtt://a"}, NamedServer{"mqtt://b?cluster=C"}});
  BOOST_TEST(named(wanted).servers[0].cluster.empty());
  wanted.defaults.cluster = true;
  const auto roster = named(wanted);
  BOOST_TEST(!roster.servers[0].cluster.empty());
  BOOST_TEST(roster.servers[1].cluster == "C");
}

BOOST_AUTO_TEST_CASE(errors_of_a_document_are_lines_that_begin_with_its_place) {
  const Scratch scratch;
  const std::string file = scratch.file("list.json", "[{\"prt\":1}]");
  const Error error = refused(request({NamedFile{file}}));
  BOOST_TEST((error.kind == ErrorKind::data));
  BOOST_TEST(holds(error.message, "\n" + file + ":1:3: error: /0/prt: unknown key"), error.message);
  BOOST_TEST((refused(request({NamedFile{scratch.path("none")}})).kind == ErrorKind::no_input));
  BOOST_TEST((refused(request({NamedFile{scratch.path()}})).kind == ErrorKind::no_input));
}

BOOST_AUTO_TEST_CASE(a_plain_password_in_a_document_is_used_with_a_warning) {
  const Scratch scratch;
  const auto roster = named(request({NamedFile{
      scratch.file("l", R"({"hostNameOrIpAddress":"a","userName":"u","password":"hunter2"})")}}));
  BOOST_TEST(roster.servers[0].password->reveal() == "hunter2");
  BOOST_TEST_REQUIRE(roster.warnings.size() == 1U);
  BOOST_TEST(holds(roster.warnings[0], "a secret in plain text"));
  BOOST_TEST(!holds(roster.warnings[0], "hunter2"));
}

BOOST_AUTO_TEST_CASE(unvalidated_certificates_are_taken_over_and_warned_of) {
  const Scratch scratch;
  const auto roster =
      named(request({NamedFile{scratch.file(
                         "l", R"({"hostNameOrIpAddress":"a","validateServerCertificate":false})")},
                     NamedServer{"mqtts://b?validate=false"}}));
  for (const Server& server : roster.servers) {
    BOOST_TEST(!server.tls.verify_chain);
    BOOST_TEST(!server.tls.verify_name);
  }
  BOOST_TEST_REQUIRE(roster.warnings.size() == 2U);
  for (const std::string& warning : roster.warnings)
    BOOST_TEST(holds(warning, "server certificate validation is disabled for"));
}

BOOST_AUTO_TEST_CASE(common_options_reach_each_server_that_does_not_say_otherwise) {
  const Scratch scratch;
  const std::string ca = scratch.file("ca", "x");
  NamingRequest wanted =
      request({NamedHost{"a"}, NamedServer{"mqtts://u@b?tls=TLS12&validate=true"},
               NamedServer{"mqtt://c"}, NamedServer{"d"}});
  wanted.defaults.username = "common";
  wanted.defaults.password = Secret("pw");
  wanted.defaults.tls_wanted = true;
  wanted.defaults.tls.cafile = ca;
  wanted.defaults.tls.version = TlsVersion::tls13;
  wanted.defaults.tls.verify_name = false;
  const auto roster = named(wanted);
  BOOST_TEST(ids(roster) == "a:8883 b:8883 c:1883 d:8883");
  const Server& a = roster.servers[0];
  BOOST_TEST((a.scheme == Scheme::tls));
  BOOST_TEST(a.username.value() == "common");
  BOOST_TEST(a.password->reveal() == "pw");
  BOOST_TEST(a.tls.cafile == ca);
  BOOST_TEST((a.tls.version == TlsVersion::tls13));
  BOOST_TEST(!a.tls.verify_name);
  const Server& b = roster.servers[1];
  BOOST_TEST(b.username.value() == "u");
  BOOST_TEST(!b.password);  // -P belongs to -u, not to u
  BOOST_TEST((b.tls.version == TlsVersion::tls12));
  BOOST_TEST(b.tls.verify_name);
  BOOST_TEST(b.tls.cafile == ca);
  BOOST_TEST((roster.servers[2].tls == TlsSettings{}));
  BOOST_TEST_REQUIRE(roster.warnings.size() == 1U);
  BOOST_TEST(holds(roster.warnings[0], "mqtt://c is plain text"));
}

BOOST_AUTO_TEST_CASE(a_documents_default_of_tls_12_stands_unless_a_version_is_asked_for) {
  const Scratch scratch;
  NamingRequest wanted = request({NamedFile{scratch.file("l", R"({"hostNameOrIpAddress":"a"})")}});
  BOOST_TEST((named(wanted).servers[0].tls.version == TlsVersion::tls12));
  wanted.defaults.tls.version = TlsVersion::tls13;
  BOOST_TEST((named(wanted).servers[0].tls.version == TlsVersion::tls13));
}

BOOST_AUTO_TEST_CASE(a_password_needs_a_user) {
  BOOST_TEST(holds(refused(request({NamedServer{"mqtt://:hunter2@a"}})).message,
                   "You cannot specify a Password without specifying a UserName."));
  NamingRequest wanted = request({NamedServer{"mqtt://:hunter2@a"}});
  wanted.defaults.username = "u";
  BOOST_TEST(named(wanted).servers[0].password->reveal() == "hunter2");
}

BOOST_AUTO_TEST_CASE(a_password_file_is_its_first_line_and_must_be_readable) {
  const Scratch scratch;
  const std::string file = scratch.file("pw", "s3cret \r\nsecond\n");
  BOOST_TEST(named(request({NamedServer{"mqtt://u@a?password-file=" + file}}))
                 .servers[0]
                 .password->reveal() == "s3cret ");
  BOOST_TEST(
      (refused(request({NamedServer{"mqtt://u@a?password-file=" + scratch.path("none")}})).kind ==
       ErrorKind::no_input));
  BOOST_TEST(
      (refused(request({NamedServer{"mqtt://u@a?password-file=" + scratch.file("empty", "\n")}}))
           .kind == ErrorKind::data));
}

BOOST_AUTO_TEST_CASE(a_certificate_and_its_key_come_in_pairs) {
  const Scratch scratch;
  const std::string pem = scratch.file("pem", "x");
  named(request({NamedServer{"mqtts://a?cert=" + pem + "&key=" + pem + "&cafile=" + pem}}));
  BOOST_TEST((refused(request({NamedServer{"mqtts://a?cert=" + pem}})).kind == ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(ids_are_unique_in_a_roster) {
  const auto roster =
      named(request({NamedHost{"a"}, NamedHost{"A"}, NamedServer{"b?serverId=x"},
                     NamedServer{"c?serverId=X"}, NamedServer{"d?serverId=a:1883"}}));
  BOOST_TEST(ids(roster) == "a:1883#2 A:1883#3 x X#2 a:1883");
  BOOST_TEST(roster.warnings.size() == 1U);
  BOOST_TEST(ids(named(request({NamedServer{"[::1]"}}))) == "[::1]:1883");
}

BOOST_AUTO_TEST_CASE(randomize_is_the_default_of_failover_uris_alone) {
  BOOST_TEST(named(request({NamedServer{"failover:(a,b)"}})).settings.randomize);
  BOOST_TEST(!named(request({NamedServer{"failover:(a,b)?randomize=false"}})).settings.randomize);
  BOOST_TEST(!named(request({NamedServer{"failover:(a,b)"}, NamedServer{"c"}})).settings.randomize);
  BOOST_TEST(!named(request({NamedServer{"a"}})).settings.randomize);
  BOOST_TEST(named(request({NamedServer{"a"}}), {{{"randomize", "true"}}}).settings.randomize);
}

BOOST_AUTO_TEST_CASE(a_flag_wins_over_the_uri) {
  const auto roster =
      named(request({NamedServer{"failover:(a)?maxReconnectDelay=100&timeout=7&staleTimeout=5"}}),
            {{{"maxReconnectDelay", "200"}, {"ackTimeout", "9"}}});
  BOOST_TEST((roster.settings.backoff.cap == std::chrono::milliseconds(200)));
  BOOST_TEST((roster.publish.timeout == std::chrono::milliseconds(7)));
  BOOST_TEST((roster.publish.ack_timeout == std::chrono::milliseconds(9)));
  BOOST_TEST((roster.subscribe.stale_timeout == std::chrono::milliseconds(5)));
  BOOST_TEST(
      (refused(request({NamedServer{"a"}}), {{{"redirect", "all"}}}).kind == ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(redirections_are_off_where_either_option_says_so) {
  const auto redirect = [](const std::string& options) {
    return named(request({NamedServer{"failover:(a)?" + options}})).settings.redirect;
  };
  BOOST_TEST((redirect("stable=1") == Redirect::known));
  BOOST_TEST((redirect("reconnectSupported=false&redirect=any") == Redirect::off));
  BOOST_TEST((redirect("reconnectSupported=true&redirect=any") == Redirect::any));
}

BOOST_AUTO_TEST_CASE(backup_and_its_pool_are_standbys) {
  const auto standbys = [](const std::string& options) {
    return named(request({NamedServer{"failover:(a,b)?" + options}})).settings.standbys;
  };
  BOOST_TEST(standbys("backup=true") == 1);
  BOOST_TEST(standbys("backup=true&backupPoolSize=2") == 2);
  BOOST_TEST(standbys("backupPoolSize=2") == 0);
}

BOOST_AUTO_TEST_CASE(priority_uris_are_servers_and_a_stranger_is_warned_of) {
  const auto roster = named(request(
      {NamedServer{"failover:(a,b)?priorityBackup=true&priorityURIs=tcp://b:1883,mqtts://c"}}));
  BOOST_REQUIRE(roster.settings.priority_servers.size() == 2U);
  BOOST_TEST(same_endpoint(roster.settings.priority_servers[0], roster.servers[1]));
  BOOST_REQUIRE(roster.warnings.size() == 1U);
  BOOST_TEST(roster.warnings[0] == "priorityURIs: mqtts://c:8883 is none of the servers");
  BOOST_TEST((refused(request({NamedServer{"a"}}), {{{"priorityURIs", "ftp://x"}}}).kind ==
              ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(what_is_to_be_discovered_stands_beside_the_servers) {
  const auto roster = named(request({NamedServer{"failover:(a,discovery:(dns://x))"},
                                     NamedServer{"discovery:(multicast://default)?stable=7"},
                                     NamedServer{"failover:(discovery:(dns://x))"}}));
  BOOST_TEST(roster.servers.size() == 1U);
  BOOST_TEST(
      (roster.discoveries == std::vector<Discovery>{{Discovery::Kind::dns, "x", {}},
                                                    {Discovery::Kind::multicast, "default", {}}}));
  BOOST_TEST((roster.settings.stable == std::chrono::milliseconds(7)));
  BOOST_TEST(!roster.settings.randomize);  // SRV records have an order
  auto wanted = request({});
  wanted.environment = "discovery:(dns://x)";
  BOOST_TEST(named(wanted).servers.empty());
}

BOOST_AUTO_TEST_CASE(several_failover_uris_add_up_unless_they_disagree) {
  const auto roster = named(request({NamedServer{"failover:(a)?stable=1"},
                                     NamedServer{"failover:(b)?connectTimeout=2&stable=1"}}));
  BOOST_TEST(ids(roster) == "a:1883 b:1883");
  BOOST_TEST((roster.settings.stable == std::chrono::milliseconds(1)));
  BOOST_TEST((roster.settings.connect_timeout == std::chrono::milliseconds(2)));
  BOOST_TEST(holds(
      refused(request({NamedServer{"failover:(a)?stable=1"}, NamedServer{"failover:(b)?stable=2"}}))
          .message,
      "disagree on stable"));
  BOOST_TEST(holds(refused(request({NamedServer{"failover:(a)?backOffMultiplier=2"},
                                    NamedServer{"failover:(b)?reconnectDelayExponent=3"}}))
                       .message,
                   "disagree"));
  // Within one URI the last one wins, as in ActiveMQ.
  BOOST_TEST((named(request({NamedServer{"failover:(a)?stable=1&stable=2"}})).settings.stable ==
              std::chrono::milliseconds(2)));
}

BOOST_AUTO_TEST_CASE(errors_name_their_flag) {
  BOOST_TEST(holds(refused(request({NamedServer{"mqtt://a:0"}})).message, "-s: "));
  BOOST_TEST(holds(refused(request({NamedHost{"a:1883"}})).message, "-h: "));
  BOOST_TEST(holds(refused(request({NamedHost{"mqtt://a"}})).hint, "-s"));
  BOOST_TEST(holds(refused(request({NamedUrl{"mqtt://a"}})).message, "-L: "));
}
