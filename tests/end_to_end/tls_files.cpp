// SPDX-License-Identifier: Apache-2.0
// User errors with TLS are reported with a remedy: a local file that cannot be used, before the
// first connection; a port that speaks another protocol; an address that the certificate has as a
// name.
#include "end_to_end/in_own_network.hpp"
#include "end_to_end/tools.hpp"
#include "rig/authority.hpp"

using namespace rig;

namespace {

struct World {
  Authority authority;
  Issued good = authority.issue(), other = authority.issue();
  Scratch folder;
  World() {
    write_file(folder / "junk", "junk\n");
    write_file(folder / "none of ours.json",
               R"({"hostNameOrIpAddress": "127.0.0.1", "port": 1, "tls": "TLS"})");
  }
  std::string file(const char* name) const { return (folder / name).string(); }
};
World& world() {
  static World made;
  return made;
}

Arguments with(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string tls_uri(std::uint16_t port, const std::string& query = {}) {
  return "mqtts://127.0.0.1:" + std::to_string(port) + query;
}

// The reason and text of the last server that failed.
std::string failure(const Arguments& arguments) {
  Process reader(sub(with({"-t", "t", "--once", "-V", "311"}, arguments)));
  CHECK_STATUS(reader, 69);
  const auto failed = Events(reader).last("failed");
  BOOST_REQUIRE_MESSAGE(failed.has_value(), what_it_said(reader));
  return failed->get("phase") + ": " + failed->get("reason") + ": " + failed->get("text");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_wrong_local_file_ends_each_command_before_it_connects_to_any_server) {
  const World& w = world();
  ScriptedServer plain;  // the first server, and it has nothing to do with TLS
  const std::string junk = w.file("junk"), none = w.file("none");
  struct Row {
    Arguments arguments;
    int status;
    std::string words;
  };
  const std::vector<Row> rows{
      {{"-s", tls_uri(1), "--cafile", junk}, 78, "cafile " + junk + " holds no certificate"},
      {{"-s", tls_uri(1), "--cafile", none}, 66, "cafile " + none + " cannot be read: No such"},
      {{"-s", tls_uri(1), "--cafile", w.folder.path().string()}, 66, "cannot be read: Is a dir"},
      {{"-s", tls_uri(1), "--capath", none}, 66, "capath " + none + " cannot be read: No such"},
      {{"-s", tls_uri(1), "--cert", w.good.certificate, "--key", w.other.key},
       78,
       "key " + w.other.key + " does not belong to the certificate in " + w.good.certificate},
      {{"-s", tls_uri(1), "--ciphers", "nonsense"}, 78, "OpenSSL knows no cipher in 'nonsense'"},
      {{"-s", tls_uri(1, "?cafile=" + junk)}, 78, "cafile " + junk + " holds no certificate"},
      {{"-s", "failover:(" + tls_uri(1, "?cert=" + junk + "&key=" + junk) + ")"},
       78,
       "cert " + junk + " holds no certificate"},
      {{"--servers", w.file("none of ours.json"), "--cafile", junk},
       78,
       "cafile " + junk + " holds no certificate"},
      {{"-s", tls_uri(1), "--tls-version", "1.2"}, 64, "--tls-version takes tlsv1.3"},
  };
  for (const Row& row : rows) {
    const Arguments arguments = with({"-s", uri(plain.port())}, row.arguments);
    const Finished read = run(command("mqfail-sub", with(arguments, {"-t", "t"})));
    BOOST_TEST(read.exit.status == row.status, row.words << ": " << read.err);
    BOOST_TEST(read.err.find(row.words) != std::string::npos, read.err);
    const Finished sent = run(command("mqfail-pub", with(arguments, {"-t", "t", "-m", "x"})));
    BOOST_TEST(sent.exit.status == row.status, row.words << ": " << sent.err);
    BOOST_TEST(sent.err.find(row.words) != std::string::npos, sent.err);
    const Finished probed = run(command("mqfail-probe", arguments));
    BOOST_TEST(probed.exit.status == 3, row.words << ": " << probed.out);
    BOOST_TEST(probed.out.find(row.words) != std::string::npos, probed.out);
  }
  BOOST_TEST(plain.count(What::connect) == 0U);
}

BOOST_AUTO_TEST_CASE(
    a_file_that_goes_bad_while_running_fails_its_server_in_the_words_of_the_start) {
  const World& w = world();
  const MosquittoSettings settings{.certificate = w.good.certificate, .key = w.good.key};
  Mosquitto server(settings);
  const std::string trust = w.file("trust");
  write_file(trust, read_file(w.authority.file()));
  Process reader(sub({"-s", tls_uri(server.port()), "-t", "t", "--cafile", trust,
                      "--initial-reconnect-delay", "10ms", "--max-reconnect-delay", "10ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  write_file(trust, "junk\n");
  server.kill9();
  server.restart();
  const auto failed =
      events.wait("failed", [](const Said& said) { return said.get("phase") == "tls"; });
  BOOST_REQUIRE_MESSAGE(failed.has_value(), what_it_said(reader));
  BOOST_TEST(failed->get("text") == "cafile " + trust + " holds no certificate");
  write_file(trust, read_file(w.authority.file()));
  REQUIRE_EVENT(reader, events, "subscribed");
}

BOOST_AUTO_TEST_CASE(a_changed_document_that_needs_a_bad_file_is_taken_and_ends_nothing) {
  const World& w = world();
  Mosquitto plain, secure({.certificate = w.good.certificate, .key = w.good.key});
  const std::string list = w.file("list.json"), trust = w.file("trust of the list");
  const auto entry = [](std::uint16_t port, const std::string& tls) {
    return "{\"hostNameOrIpAddress\": \"127.0.0.1\", \"port\": " + std::to_string(port) +
           ", \"tls\": \"" + tls + "\", \"serverId\": \"" + tls + "\"}";
  };
  write_file(trust, read_file(w.authority.file()));
  write_file(list, "[" + entry(plain.port(), "None") + "]");
  Process reader(sub({"--servers", list, "-t", "t", "--cafile", trust, "--initial-reconnect-delay",
                      "10ms", "--max-reconnect-delay", "10ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  write_file(trust, "junk\n");
  write_file(w.file("next.json"),
             "[" + entry(plain.port(), "None") + "," + entry(secure.port(), "TLS") + "]");
  std::filesystem::rename(w.file("next.json"), list);
  REQUIRE_EVENT(reader, events, "list-updated");
  plain.kill9();
  const auto failed =
      events.wait("failed", [](const Said& said) { return said.get("phase") == "tls"; });
  BOOST_REQUIRE_MESSAGE(failed.has_value(), what_it_said(reader));
  BOOST_TEST(failed->get("text") == "cafile " + trust + " holds no certificate");
  plain.restart();
  REQUIRE_EVENT(reader, events, "subscribed");
}

BOOST_AUTO_TEST_CASE(a_port_that_speaks_something_else_is_told, *in_own_network()) {
  const World& w = world();
  // mosquitto needs a listener for plain MQTT besides one for WebSocket.
  const auto web_lines = [] {
    return std::vector<std::string>{"protocol websockets",
                                    "listener " + std::to_string(free_port()) + " 127.0.0.1"};
  };
  Mosquitto plain, secure({.certificate = w.good.certificate, .key = w.good.key}),
      web({.lines = web_lines()}),
      secure_web({.lines = web_lines(), .certificate = w.good.certificate, .key = w.good.key});
  const Arguments trust{"--cafile", w.authority.file()};
  struct Row {
    std::string scheme;
    std::uint16_t port;
    std::string words;
  };
  const std::vector<Row> rows{
      {"mqtt", secure.port(), "the port may want TLS (mqtts://)"},
      {"mqtt", secure_web.port(), "the port may want TLS (mqtts://)"},
      {"mqtt", web.port(), "the server answers in HTTP; for MQTT over WebSocket write ws://"},
      {"mqtts", plain.port(), "does this port speak TLS?"},
      {"mqtts", web.port(), "the server does not answer in TLS; is it the port of plain text?"},
      {"mqtts", secure_web.port(),
       "the server answers in HTTP; for MQTT over WebSocket write wss://"},
      {"ws", plain.port(), "the port may want TLS (wss://), or it is not for WebSocket"},
      {"ws", secure.port(), "the port may want TLS (wss://), or it is not for WebSocket"},
      {"ws", secure_web.port(), "the port may want TLS (wss://), or it is not for WebSocket"},
      {"wss", secure.port(), "the port may not be for WebSocket"},
      {"wss", plain.port(), "does this port speak TLS?"},
      {"wss", web.port(), "the server does not answer in TLS; is it the port of plain text?"},
  };
  for (const Row& row : rows) {
    Arguments server{"-s", row.scheme + "://127.0.0.1:" + std::to_string(row.port)};
    if (row.scheme == "mqtts" || row.scheme == "wss") server = with(server, trust);
    const std::string told = failure(server);
    BOOST_TEST(told.find(row.words) != std::string::npos, row.scheme << ": " << told);
    const Finished probed = run(command("mqfail-probe", server));
    BOOST_TEST(probed.exit.status == 2);
    BOOST_TEST(probed.out.find(row.words.substr(0, 16)) != std::string::npos, probed.out);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_answers_plain_text_with_a_tls_alert_wants_tls) {
  ScriptedServer server({.garbage = std::string("\x15\x03\x03\x00\x02\x02\x0a", 7)});
  const std::string told = failure({"-s", uri(server.port())});
  BOOST_TEST(told.find("the server answers in TLS: write mqtts://") != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(an_address_that_a_certificate_has_as_a_name_is_told_as_that) {
  Authority& authority = world().authority;
  // In subjectAltName, and in the common name alone.
  for (const Issued& issued :
       {authority.issue({.name = "x", .alternatives = "DNS:127.0.0.1,DNS:localhost"}),
        authority.issue({.name = "127.0.0.1", .alternatives = ""})}) {
    Mosquitto server({.certificate = issued.certificate, .key = issued.key});
    const std::string told = failure({"-s", tls_uri(server.port()), "--cafile", authority.file()});
    BOOST_TEST(told ==
               "tls: TLS failed: host name mismatch: the certificate has 127.0.0.1 as a name; an "
               "address must stand there as one: subjectAltName = IP:127.0.0.1");
  }
}
