// SPDX-License-Identifier: Apache-2.0
// The list of servers as a document: stored by mqfail-config, used by name, changed while running.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {
std::string document(const std::vector<std::uint16_t>& ports) {
  std::string text = "[\n";
  for (const std::uint16_t port : ports)
    text += "  {\"serverId\": \"s" + std::to_string(port) +
            "\", \"hostNameOrIpAddress\": \"127.0.0.1\", \"port\": " + std::to_string(port) +
            ", \"tls\": \"none\"}" + (port == ports.back() ? "\n" : ",\n");
  return text + "]\n";
}
auto watched_lists() {
  return offered("mqfail-sub", {"--update-uris-supported"});
}
auto stored_lists() {
  return offered("mqfail-sub", {"--servers", "/nonexistent.json"});
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_stored_component_is_used_by_name, *stored_lists()) {
  Mosquitto a, b;
  Scratch home;
  const std::map<std::string, std::string> environment{
      {"XDG_CONFIG_HOME", (home / "config").string()},
      {"XDG_STATE_HOME", (home / "state").string()},
      {"HOME", home.path().string()}};
  Process set({.argv = command("mqfail-config", {"set", "--component", "MQTT1"}),
               .environment = environment,
               .stdin_pipe = true});
  set.feed(document({a.port(), b.port()}));
  CHECK_STATUS(set, 0);
  Process reader({.argv = sub({"--component", "MQTT1", "-t", "t"}), .environment = environment});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.kill9();
  const auto subscribed = events.wait("subscribed");
  BOOST_REQUIRE(subscribed.has_value());
  BOOST_TEST(events.last("connected")->get("server") == "s" + std::to_string(b.port()));
}

BOOST_AUTO_TEST_CASE(a_changed_document_is_taken_without_touching_the_live_connection,
                     *watched_lists()) {
  ScriptedServer a;
  Mosquitto b;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document({a.port()}));
  Process reader(sub({"--servers", file, "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  write_file(scratch / "next", document({a.port(), b.port()}));
  std::filesystem::rename(scratch / "next", file);
  reader.signal(SIGHUP);
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(a.count(What::connect) == 1U);
  a.refuse();
  BOOST_TEST(b.wait_for_subscriber(".*"), reader.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(a_broken_document_changes_nothing_and_is_reported, *watched_lists()) {
  ScriptedServer a;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document({a.port()}));
  Process reader(sub({"--servers", file, "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const std::size_t before = reader.line_count(Stream::err);
  write_file(scratch / "next", "[{\"hostNameOrIpAddress\": ");
  std::filesystem::rename(scratch / "next", file);
  reader.signal(SIGHUP);
  BOOST_TEST(reader.wait_for_lines(Stream::err, before + 1, 5s), "nothing was reported");
  BOOST_TEST(events.count("lost") == 0U);
  a.reset_all();
  BOOST_TEST(a.wait_for(What::subscribe, 2), "the old list is gone");
}
