// SPDX-License-Identifier: Apache-2.0
// The list of servers changes while a command runs (failover.md section 5): files, addresses,
// topics, filter, removal, rebalancing.
#include <atomic>
#include <list>

#include "end_to_end/tools.hpp"
#include "rig/scripted_http.hpp"

using namespace rig;

namespace {

std::string id_of(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// Replaces the file, as an editor does it.
void replace_file(const Scratch& scratch, const std::string& file, const std::string& text) {
  write_file(scratch / "next", text);
  std::filesystem::rename(scratch / "next", file);
}

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_of_more_servers_is_read_at_the_start_and_when_it_changes) {
  ScriptedServer a;
  Mosquitto b, c;
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, uri(b.port()) + "\n");
  Process reader(sub({"-s", a.uri(), "--update-uris-url", file, "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("added") == "[\"" + id_of(b.port()) + "\"]");
  BOOST_TEST(events.last("list-updated")->get("source") == "updateURIsURL");
  replace_file(scratch, file, "failover:(" + uri(c.port()) + ")");
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("added") == "[\"" + id_of(c.port()) + "\"]");
  // What an update added stays, and nothing has touched the connection.
  BOOST_TEST(events.last("list-updated")->get("removed") == "[]");
  BOOST_TEST(a.count(What::connect) == 1U);
  // The last update comes first.
  a.refuse();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("failover")->get("to") == id_of(c.port()));
  c.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("failover")->get("to") == id_of(b.port()));
}

BOOST_AUTO_TEST_CASE(an_update_removes_what_an_update_added_only_if_it_may) {
  ScriptedServer a;
  Mosquitto b, c;
  for (const bool may : {false, true}) {
    Scratch scratch;
    const std::string file = (scratch / "more").string();
    write_file(file, uri(b.port()) + "," + uri(c.port()));
    Arguments arguments{"-s", a.uri(), "--update-uris-url", file, "-t", "t"};
    if (may) arguments.push_back("--update-cluster-clients-on-remove");
    Process reader(sub(arguments));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    REQUIRE_EVENT(reader, events, "list-updated");
    // The configured server is never lost.
    replace_file(scratch, file, uri(c.port()));
    REQUIRE_EVENT(reader, events, "list-updated",
                  [](const Said& said) { return said.get("added") == "[]"; });
    BOOST_TEST(events.last("list-updated")->get("removed") ==
               (may ? "[\"" + id_of(b.port()) + "\"]" : "[]"));
  }
}

BOOST_AUTO_TEST_CASE(empty_and_broken_updates_change_nothing_and_are_told) {
  Mosquitto a, b;
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, uri(b.port()));
  Process reader(sub({"-s", uri(a.port()), "--update-uris-url", file, "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "list-updated");
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "the list is empty"},
      {"http://x\n", "unknown scheme 'http'"},
      {std::string(2 << 20, 'x'), "larger than 1048576 bytes"},
      {R"({"RedundantServers": [)", ""},
  };
  for (const auto& [text, part] : rows) {
    replace_file(scratch, file, text);
    const auto warning = events.wait("warning", [&](const Said& said) {
      return said.get("reason").find("the servers stay as they are") != std::string::npos &&
             said.get("reason").find(part) != std::string::npos;
    });
    BOOST_TEST(warning.has_value(), part + ": " + reader.bytes(Stream::err));
  }
  BOOST_TEST(events.count("list-updated") == 1U);
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(a_filter_keeps_servers_out) {
  ScriptedServer a;
  Mosquitto b, c;
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, uri(b.port()) + "," + uri(c.port()));
  Process reader(sub({"-s", a.uri(), "--update-uris-url", file, "--update-cluster-filter",
                      ".*:" + std::to_string(c.port()), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("added") == "[\"" + id_of(c.port()) + "\"]");
  BOOST_TEST(events.last("warning")->get("reason").find("updateClusterFilter does not admit " +
                                                        id_of(b.port())) != std::string::npos);
  Process glob(sub({"-s", a.uri(), "--update-cluster-filter", "*A*,*B*", "-t", "t"}));
  CHECK_STATUS(glob, 64);
  BOOST_TEST(glob.bytes(Stream::err).find("did you mean '.*A.*'?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_that_may_not_change_does_not) {
  Mosquitto a, b;
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, uri(b.port()));
  Process reader(sub({"-s", uri(a.port()), "--update-uris-url", file, "--no-update-uris-supported",
                      "-t", "t", "-E"}));
  CHECK_STATUS(reader, 0);
  BOOST_TEST(Events(reader).count("list-updated") == 0U);
}

BOOST_AUTO_TEST_CASE(an_update_may_not_lower_the_security_of_servers_with_tls) {
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, "mqtt://127.0.0.1:1");
  Process reader(sub({"-s", "mqtts://127.0.0.1:" + std::to_string(free_port()), "--update-uris-url",
                      file, "-t", "t", "--give-up-after", "20s"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("refused") == "[\"127.0.0.1:1\"]");
  BOOST_TEST(events.last("list-updated")->get("added") == "[]");
}

BOOST_AUTO_TEST_CASE(after_an_update_the_client_moves_to_the_server_that_comes_first) {
  Mosquitto a, b;
  for (const bool asked : {true, false}) {  // by the option, or by the update
    Scratch scratch;
    const std::string file = (scratch / "more").string();
    write_file(file, uri(a.port()));
    const Arguments option = asked ? Arguments{"--rebalance-update-uris"} : Arguments{};
    Process reader(sub(with(
        {"-s", uri(a.port()), "--update-uris-url", file, "--rebalance-spread", "100ms", "-t", "t"},
        option)));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    replace_file(scratch, file,
                 "failover:(" + uri(b.port()) + ")" + (asked ? "" : "?rebalanceUpdateURIs=true"));
    REQUIRE_EVENT(reader, events, "rebalanced");
    const auto rebalanced = *events.last("rebalanced");
    BOOST_TEST(rebalanced.get("from") == id_of(a.port()));
    BOOST_TEST(rebalanced.get("to") == id_of(b.port()));
    // Make before break: nothing was lost.
    BOOST_TEST(events.count("lost") == 0U);
    BOOST_TEST(events.count("gap") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_want_to_move_stays) {
  Mosquitto a, b;
  Scratch scratch;
  const std::string file = (scratch / "more").string();
  write_file(file, uri(a.port()));
  Process reader(sub({"-s", uri(a.port()), "--update-uris-url", file, "--rebalance-spread", "0ms",
                      "--no-rebalance-update-uris", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  replace_file(scratch, file, "failover:(" + uri(b.port()) + ")?rebalanceUpdateURIs=true");
  REQUIRE_EVENT(reader, events, "list-updated");
  // A message goes all the way through the connection that it still has.
  Client(a.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_TEST(events.count("rebalanced") == 0U);
}

BOOST_AUTO_TEST_CASE(a_web_server_is_asked_again_and_again) {
  ScriptedServer a;
  Mosquitto b, c;
  std::atomic<bool> changed{false};
  const ScriptedHttp web([&](const HttpVisit& visit) {
    const std::string tag = changed ? "\"2\"" : "\"1\"";
    if (visit.field("if-none-match") == tag) {
      visit.send("HTTP/1.1 304 Not Modified\r\n\r\n");
    } else {
      visit.send(
          http_answer("200 OK", uri(changed ? c.port() : b.port()), "ETag: " + tag + "\r\n"));
    }
  });
  Process reader(sub({"-s", a.uri(), "--update-uris-url", web.url("/list"),
                      "--update-uris-interval", "50ms", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("added") == "[\"" + id_of(b.port()) + "\"]");
  changed = true;
  REQUIRE_EVENT(reader, events, "list-updated");
  BOOST_TEST(events.last("list-updated")->get("added") == "[\"" + id_of(c.port()) + "\"]");
  a.refuse();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("failover")->get("to") == id_of(c.port()));
}

BOOST_AUTO_TEST_CASE(a_web_server_that_is_silent_or_talks_nonsense_delays_nothing) {
  Mosquitto a;
  std::atomic<int> visits{0};
  const ScriptedHttp web([&](const HttpVisit& visit) {
    if (++visits == 1) visit.send(http_answer("200 OK", "<html>not a list</html>"));
    if (visits > 1) visit.wait_for_the_end();
  });
  Process reader(sub({"-s", uri(a.port()), "--update-uris-url", web.url("/x"),
                      "--update-uris-interval", "10ms", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "warning");
  Client(a.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_TEST(events.count("list-updated") == 0U);
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(clients_follow_a_group_of_servers_that_grows_and_shrinks) {
  Mosquitto a, b, c, d;
  const Arguments servers{"-s", uri(a.port()), "-s", uri(b.port()), "-s", uri(c.port())};
  Process reader(sub(with(servers, {"--updates-topic", "fleet/servers", "-t", "t"})));
  Process writer(
      {.argv = pub(with(servers, {"--updates-topic", "fleet/servers", "-t", "t", "-l", "-q", "1"})),
       .stdin_pipe = true});
  Events of_reader(reader), of_writer(writer);
  REQUIRE_EVENT(reader, of_reader, "subscribed");
  writer.write(numbered_line(1) + "\n");
  REQUIRE_EVENT(writer, of_writer, "connected");
  // A fourth server joins; it is announced on all.
  const Finished announced = run(
      command("mqfail-pub", with(servers, {"-s", uri(d.port()), "--announce", "fleet/servers"})));
  BOOST_TEST(announced.exit.status == 0, announced.err);
  for (Events* const events : {&of_reader, &of_writer}) {
    const auto updated = events->wait("list-updated");
    BOOST_REQUIRE(updated.has_value());
    BOOST_TEST(updated->get("added") == "[\"" + id_of(d.port()) + "\"]");
    BOOST_TEST(updated->get("source") == "updatesTopic");
  }
  a.kill9();
  b.kill9();
  c.kill9();
  REQUIRE_EVENT(reader, of_reader, "failover",
                [&](const Said& said) { return said.get("to") == id_of(d.port()); });
  writer.write(numbered_line(2) + "\n");
  BOOST_TEST(reader.wait_for_line(Stream::out, ".*" + numbered_line(2) + ".*", 10s).has_value());
  BOOST_TEST(of_reader.last("connected")->get("server") == id_of(d.port()));
  // What the run watches is none of the user's messages.
  BOOST_TEST(reader.line_count(Stream::out) == 2U);
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

BOOST_AUTO_TEST_CASE(a_hostile_topic_changes_nothing) {
  Mosquitto a;
  Process reader(sub({"-s", uri(a.port()), "--updates-topic", "u", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  Client client(a.port());
  const std::vector<std::pair<std::string, std::string>> rows{
      {std::string("\x1b[31m\0\xff", 7), ""},
      {"mqtt://u:p@127.0.0.1", "may not name a user"},
      {"discovery:(dns://x)", "discovery"},
      {std::string((1 << 20) + 1, 'x'), "larger than 1 MiB"},
      {"[{\"hostNameOrIpAddress\": \"x\", \"password\": \"{{y}}\"}]", ""},
      {"failover:()", ""},
  };
  for (const auto& [payload, part] : rows) {
    client.publish({.topic = "u", .payload = payload, .qos = 1});
    const auto warning = events.wait("warning");
    BOOST_REQUIRE_MESSAGE(warning.has_value(), part);
    BOOST_TEST(warning->get("reason").starts_with("the servers stay as they are: "));
    BOOST_TEST(warning->get("reason").find(part) != std::string::npos, warning->get("reason"));
  }
  BOOST_TEST(reader.bytes(Stream::err).find('\x1b') == std::string::npos);
  BOOST_TEST(events.count("list-updated") == 0U);
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(the_list_of_the_server_in_use_counts) {
  Mosquitto a, b, x, y;
  Client(a.port()).publish({.topic = "u", .payload = uri(x.port()), .qos = 1, .retain = true});
  Client(b.port()).publish({.topic = "u", .payload = uri(y.port()), .qos = 1, .retain = true});
  Process reader(sub({"-s", uri(a.port()), "-s", uri(b.port()), "--updates-topic", "u",
                      "--update-cluster-clients-on-remove", "-t", "t"}));
  Events events(reader);
  const auto first = events.wait("list-updated");
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->get("added") == "[\"" + id_of(x.port()) + "\"]");
  x.kill9();
  a.kill9();
  const auto second = events.wait("list-updated");
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(second->get("added") == "[\"" + id_of(y.port()) + "\"]");
  BOOST_TEST(second->get("removed") == "[\"" + id_of(x.port()) + "\"]");
}

BOOST_AUTO_TEST_CASE(two_hundred_clients_that_are_told_at_once_move_one_by_one) {
  constexpr std::size_t kClients = 200;
  Mosquitto a, b;
  std::list<Process> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(
        sub({"-s", uri(a.port()), "--updates-topic", "u", "--rebalance-spread", "2s", "-t", "t"}));
  }
  for (Process& client : clients) {
    Events events(client);
    BOOST_REQUIRE(events.wait("subscribed", 60s).has_value());
  }
  Client(a.port()).publish(
      {.topic = "u",
       .payload = "failover:(" + uri(b.port()) + "," + uri(a.port()) + ")?rebalanceUpdateURIs=true",
       .qos = 1,
       .retain = true});
  std::vector<Moment> moments;
  for (Process& client : clients) {
    Events events(client);
    const auto moved = events.wait("rebalanced", 60s);
    BOOST_REQUIRE(moved.has_value());
    moments.push_back(moved->at);
    BOOST_TEST(events.count("lost") == 0U);
  }
  std::sort(moments.begin(), moments.end());
  // With an even spread the quartiles are 1 s apart.
  const double middle_half = seconds_between(moments[kClients / 4], moments[3 * kClients / 4]);
  BOOST_TEST((middle_half > 0.6), middle_half);
}
