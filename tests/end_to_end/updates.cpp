// SPDX-License-Identifier: Apache-2.0
// The list of servers changes while a command runs (failover.md section 5): files, filter, removal,
// rebalancing.
#include "end_to_end/tools.hpp"

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
