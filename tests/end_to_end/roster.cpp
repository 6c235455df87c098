// SPDX-License-Identifier: Apache-2.0
// The list of servers as a document: mqfail-config stores it, a command uses it by name, and it
// changes while the command runs.
#include <sys/stat.h>

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
}  // namespace

BOOST_AUTO_TEST_CASE(a_stored_component_is_used_by_name) {
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

BOOST_AUTO_TEST_CASE(a_changed_document_is_taken_without_touching_the_live_connection) {
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

BOOST_AUTO_TEST_CASE(a_broken_document_changes_nothing_and_is_reported) {
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
  BOOST_TEST(reader.wait_for_lines(Stream::err, before + 1, 5s), "nothing was reported");
  BOOST_TEST(events.count("lost") == 0U);
  a.reset_all();
  BOOST_TEST(a.wait_for(What::subscribe, 2), "the old list is gone");
}

namespace {
struct Home {
  Scratch scratch;
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (scratch / "config").string()},
                                                 {"XDG_STATE_HOME", (scratch / "state").string()}};
  void config(const Arguments& arguments, const std::string& in = {}) {
    write_file(scratch / "in", in);
    Process process({.argv = command("mqfail-config", arguments),
                     .environment = environment,
                     .stdin_file = (scratch / "in").string()});
    CHECK_STATUS(process, 0);
  }
};
}  // namespace

BOOST_FIXTURE_TEST_CASE(
    a_running_subscriber_takes_what_is_stored_meanwhile_without_losing_its_server, Home) {
  ScriptedServer a;
  Mosquitto b;
  config({"set", "--component", "MQTT1"}, document({a.port()}));
  Process reader({.argv = sub({"--component", "MQTT1", "-t", "t"}), .environment = environment});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  config({"set", "--component", "MQTT1"}, document({a.port(), b.port()}));
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  BOOST_TEST(events.last("list-updated")->get("added").find("s" + std::to_string(b.port())) !=
             std::string::npos);
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(a.count(What::connect) == 1U);
  a.refuse();
  BOOST_TEST(b.wait_for_subscriber(".*"), reader.bytes(Stream::err));
}

BOOST_FIXTURE_TEST_CASE(a_list_that_is_removed_is_reported_and_its_successor_is_taken, Home) {
  ScriptedServer a;
  ScriptedServer b;
  config({"set", "--component", "MQTT1"}, document({a.port()}));
  Process reader({.argv = sub({"--component", "MQTT1", "-t", "t"}), .environment = environment});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  config({"remove", "-y", "--component", "MQTT1"});
  REQUIRE_EVENT(reader, events, "warning", 5s);
  BOOST_TEST(reader.bytes(Stream::err).find("the servers stay as they are") != std::string::npos);
  config({"set", "--component", "MQTT1"}, document({a.port(), b.port()}));
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(a.count(What::connect) == 1U);
}

BOOST_AUTO_TEST_CASE(a_running_publisher_takes_a_file_that_is_written_in_place_or_behind_a_link) {
  ScriptedServer a;
  ScriptedServer b;
  ScriptedServer c;
  Scratch scratch;
  write_file(scratch / "first", document({a.port()}));
  write_file(scratch / "second", document({a.port(), b.port()}));
  std::filesystem::create_symlink("first", scratch / "current");
  Process writer({.argv = pub({"--servers", (scratch / "current").string(), "-t", "t", "-l"}),
                  .stdin_pipe = true});
  Events events(writer);
  REQUIRE_EVENT(writer, events, "connected");
  std::filesystem::create_symlink("second", scratch / "next");
  std::filesystem::rename(scratch / "next", scratch / "current");
  REQUIRE_EVENT(writer, events, "list-updated", 5s);
  write_file(scratch / "second", document({a.port(), b.port(), c.port()}));
  REQUIRE_EVENT(writer, events, "list-updated", 5s);
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(a.count(What::connect) == 1U);
}

// A message fails when every server of the list has refused it. The list is the present one.
BOOST_AUTO_TEST_CASE(a_message_is_refused_by_every_server_of_the_list_as_it_is_now) {
  const auto refuses = [](const rig::Publish&) { return 0x97; };
  for (const bool grows : {false, true}) {
    ScriptedServer a({.ack_delay = grows ? 1500ms : 0ms, .puback = refuses}), b;
    if (!grows) b.refuse();
    const Scratch scratch;
    const std::string file = (scratch / "servers.json").string();
    const auto list = [&](const std::vector<std::uint16_t>& ports) {
      write_file(scratch / "next", document(ports));
      std::filesystem::rename(scratch / "next", file);
    };
    const std::vector<std::uint16_t> one{a.port()}, two{a.port(), b.port()};
    list(grows ? one : two);
    Process writer(pub({"--servers", file, "-t", "t", "-q", "1", "-m", "x", "--drain-timeout",
                        "20s", "--max-reconnect-delay", "50ms"}));
    Events events(writer);
    BOOST_REQUIRE(a.wait_for(What::publish, grows ? 1 : 2));
    list(grows ? two : one);
    REQUIRE_EVENT(writer, events, "list-updated");
    CHECK_STATUS(writer, grows ? 0 : 75);
    BOOST_TEST(acknowledged(b).size() == (grows ? 1U : 0U));
    const auto all = events.all();
    BOOST_TEST(std::count_if(all.begin(), all.end(), [](const Said& said) {
                 return said.name() == "failed" && said.get("phase") == "publish";
               }) == (grows ? 0 : 1));
  }
}

// As kubelet mounts a ConfigMap: list.json -> ..data/list.json, ..data -> a folder.
BOOST_AUTO_TEST_CASE(a_file_behind_links_into_other_folders_is_watched_where_it_is) {
  ScriptedServer a;
  ScriptedServer b;
  ScriptedServer c;
  Scratch scratch;
  for (const std::string folder : {"mount", "first", "second", "elsewhere"})
    std::filesystem::create_directory(scratch / folder);
  write_file(scratch / "first/list.json", document({a.port()}));
  write_file(scratch / "second/list.json", document({a.port(), b.port()}));
  std::filesystem::create_symlink("../first", scratch / "mount/..data");
  std::filesystem::create_symlink("..data/list.json", scratch / "mount/list.json");
  std::filesystem::create_symlink(scratch / "mount/list.json", scratch / "elsewhere/link");
  Process reader(sub({"--servers", (scratch / "elsewhere/link").string(), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  std::filesystem::create_symlink("../second", scratch / "mount/next");
  std::filesystem::rename(scratch / "mount/next", scratch / "mount/..data");
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  write_file(scratch / "second/list.json", document({a.port(), b.port(), c.port()}));  // in place
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  BOOST_TEST(events.last("list-updated")->get("added").find("s" + std::to_string(c.port())) !=
             std::string::npos);
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(a_data_source_gives_the_client_id_and_version_unless_options_do) {
  Mosquitto server;
  Scratch scratch;
  const std::string file = (scratch / "adapter.json").string();
  write_file(
      file,
      R"({"MQTT1": {"DataSource": {"hostNameOrIpAddress": "127.0.0.1", "tls": "None", "port": )" +
          std::to_string(server.port()) +
          R"(, "clientId": "of-the-document", "mqttVersion": "3.1.1"}}})");
  const auto connected_as = [&](const Arguments& more, const std::string& line) {
    Arguments arguments{"--servers", file, "-t", "t", "-m", "x", "-q", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Process process(pub(arguments));
    CHECK_STATUS(process, 0);
    BOOST_TEST(server.log().find(line) != std::string::npos, server.log());
  };
  connected_as({}, " as of-the-document (p2,");
  connected_as({"-i", "mine"}, " as mine (p2,");
  connected_as({"-V", "5"}, " as of-the-document (p5,");
  connected_as({"--sequence", "-i", "numbered"}, " as numbered (p5,");
}

BOOST_FIXTURE_TEST_CASE(a_component_keeps_the_client_of_its_data_source_until_another_one_comes,
                        Home) {
  Mosquitto server;
  const std::string source =
      R"({"DataSource": {"hostNameOrIpAddress": "127.0.0.1", "tls": "None", "port": )" +
      std::to_string(server.port());
  const auto connects_as = [&](const std::string& line) {
    const std::size_t before = server.log().size();
    Process process({.argv = pub({"--component", "MQTT1", "-t", "t", "-m", "x", "-q", "1"}),
                     .environment = environment});
    CHECK_STATUS(process, 0);
    const std::string log = server.log().substr(before);
    BOOST_TEST(log.find(line) != std::string::npos, log);
  };
  config({"set", "--component", "MQTT1"},
         source + R"(, "userName": "u", "password": "p", "clientId": "of-the-store",
                       "mqttVersion": "3.1.1"}})");
  connects_as(" as of-the-store (p2,");
  // A list without a DataSource does not change the client, and neither does a changed server.
  config({"set", "--component", "MQTT1"}, document({server.port()}));
  config({"edit", "--component", "MQTT1", "--server-id", "s" + std::to_string(server.port()),
          "userName=u"});
  config({"rekey"});
  connects_as(" as of-the-store (p2,");
  config({"set", "--component", "MQTT1"}, source + R"(, "mqttVersion": "3.1.1"}})");
  connects_as(" as mqfail-");
  config({"set", "--component", "MQTT1"}, source + "}}");
  connects_as("(p5,");
}

BOOST_AUTO_TEST_CASE(a_document_that_becomes_a_fifo_or_a_folder_is_told_and_holds_nothing_up) {
  ScriptedServer a;
  ScriptedServer b;
  Scratch scratch;
  const std::filesystem::path file = scratch / "list";
  const std::filesystem::path other = scratch / "other";
  write_file(file, document({a.port()}));
  const Arguments arguments{"--servers", file.string(), "-t", "t"};
  Process reader(sub(arguments));
  Process writer({.argv = pub({"--servers", file.string(), "-t", "t", "-l"}), .stdin_pipe = true});
  Events read(reader);
  Events written(writer);
  REQUIRE_EVENT(reader, read, "subscribed");
  REQUIRE_EVENT(writer, written, "connected");
  const auto is_told = [&] {
    for (Events* events : {&read, &written}) {
      const auto warning = events->wait("warning", 5s);
      BOOST_REQUIRE(warning.has_value());
      BOOST_TEST(warning->get("reason").find("the servers stay as they are") != std::string::npos);
      BOOST_TEST(warning->get("reason").find("not a regular file now") != std::string::npos,
                 warning->get("reason"));
    }
  };
  BOOST_REQUIRE(mkfifo(other.c_str(), 0600) == 0);
  std::filesystem::rename(other, file);
  is_told();
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  is_told();
  // The commands are alive: they use the next list, and end when a signal asks for it.
  std::filesystem::remove(file);
  write_file(other, document({a.port(), b.port()}));
  std::filesystem::rename(other, file);
  REQUIRE_EVENT(reader, read, "list-updated", 5s);
  REQUIRE_EVENT(writer, written, "list-updated", 5s);
  for (Process* process : {&reader, &writer}) {
    process->signal(SIGTERM);
    CHECK_STATUS(*process, 0);
  }
}

BOOST_AUTO_TEST_CASE(what_can_be_read_only_once_is_read_once_and_the_rest_again) {
  ScriptedServer a;
  ScriptedServer b;
  ScriptedServer c;
  Scratch scratch;
  const std::filesystem::path watched = scratch / "watched";
  write_file(watched, document({a.port()}));
  write_file(scratch / "in", document({b.port()}));
  write_file(scratch / "password", "hunter2\n");
  // Standard input, and FIFOs as a shell makes them for <(...).
  const std::string line = bin("mqfail-sub") + " -t t --events json --servers " + watched.string() +
                           " --servers - -s \"mqtt://joe@127.0.0.1:1?password-file=$1\"";
  const std::string fifo = (scratch / "fifo").string();
  BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  Process feeder(Command{
      .argv = {"sh", "-c", "cat \"$1\" >\"$2\"", "sh", (scratch / "password").string(), fifo}});
  Process reader(
      {.argv = {"sh", "-c", "exec " + line, "sh", fifo}, .stdin_file = (scratch / "in").string()});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  CHECK_STATUS(feeder, 0);
  BOOST_TEST(events.last("start")->get("servers").find("s" + std::to_string(b.port())) !=
             std::string::npos);
  write_file(scratch / "next", document({a.port(), c.port()}));
  std::filesystem::rename(scratch / "next", watched);
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  BOOST_TEST(events.last("list-updated")->get("added").find("s" + std::to_string(c.port())) !=
             std::string::npos);
  BOOST_TEST(events.last("list-updated")->get("removed") == "[]");
  BOOST_TEST(events.count("warning") == 0U, reader.bytes(Stream::err));
}

BOOST_FIXTURE_TEST_CASE(a_component_of_a_whole_adapter_file_is_chosen_by_name, Home) {
  ScriptedServer a;
  ScriptedServer b;
  const auto component = [](const ScriptedServer& server) {
    return "{\"RedundantServers\": " + document({server.port()}) + "}";
  };
  const std::string file = (scratch / "adapter.json").string();
  write_file(file, "{\"MQTT1\": " + component(a) + ", \"MQTT2\": " + component(b) + "}");
  for (const Arguments& arguments : {Arguments{"--servers", file, "--component", "mqtt2"},
                                     {"--component", "MQTT2", "--servers", file}}) {
    Arguments all = arguments;
    all.insert(all.end(), {"-t", "t", "-E"});
    Process reader({.argv = sub(all), .environment = environment});
    CHECK_STATUS(reader, 0);
    Events events(reader);
    BOOST_TEST(events.last("connected")->get("server") == "s" + std::to_string(b.port()));
    Process probe({.argv = command("mqfail-probe", arguments), .environment = environment});
    CHECK_STATUS(probe, 0);
    BOOST_TEST(probe.bytes(Stream::out).find(std::to_string(a.port())) == std::string::npos);
  }
  const auto formatted =
      run(Command{.argv = command("mqfail-config", {"fmt", "-f", file, "--component", "MQTT1"}),
                  .environment = environment});
  BOOST_TEST(formatted.exit.status == 0, formatted.err);
  BOOST_TEST(formatted.out.find(std::to_string(a.port())) != std::string::npos);
  BOOST_TEST(formatted.out.find(std::to_string(b.port())) == std::string::npos);
  for (const Arguments& argv :
       {sub({"--servers", file, "--component", "OTHER", "-t", "t"}),
        command("mqfail-config", {"fmt", "-f", file, "--component", "OTHER"}),
        command("mqfail-config", {"check", "-f", file, "--component", "OTHER"}),
        command("mqfail-config", {"convert", "--to", "uri", "-f", file, "--component", "OTHER"})}) {
    const auto refused = run(Command{.argv = argv, .environment = environment});
    BOOST_TEST(refused.exit.status == 65, refused.err);
    BOOST_TEST(refused.err.find("there is no OTHER; there are MQTT1, MQTT2") != std::string::npos,
               refused.err);
  }
  const auto unnamed =
      run(Command{.argv = sub({"--servers", file, "-t", "t"}), .environment = environment});
  BOOST_TEST(unnamed.err.find("name one with --component") != std::string::npos, unnamed.err);
}
