// SPDX-License-Identifier: Apache-2.0
// SIGHUP reads the documents again, or ends a run whose terminal has gone.
#include "end_to_end/tools.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

// Starts `argv` with `terminal` as its controlling terminal and standard input. The shell runs
// `first`; it leads the session until the command replaces it.
Arguments on(const Terminal& terminal, const std::string& first, const Arguments& argv) {
  Arguments all{find_program("setsid"),
                "--ctty",
                "/bin/sh",
                "-c",
                "exec <" + terminal.path() + "; " + first + "exec \"$@\"",
                "sh"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

std::string document(std::uint16_t port) {
  return R"([{"serverId":"a","hostNameOrIpAddress":"127.0.0.1","tls":"None","port":)" +
         std::to_string(port) + "}]";
}

struct Reader : Process {
  explicit Reader(const Arguments& argv, const std::string& terminal = "/dev/null")
      : Process({.argv = argv, .stdin_file = terminal}), events(*this) {}
  Events events;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_hangup_without_a_document_ends_the_run_in_good_order) {
  ScriptedServer server({.ack_delay = 300ms});
  Reader reader(sub({"-s", server.uri(), "-t", "t"}));
  REQUIRE_EVENT(reader, reader.events, "subscribed");
  reader.signal(SIGHUP);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(server.wait_for(What::disconnect));
  Process publisher(
      {.argv = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l"}), .stdin_pipe = true});
  publisher.write("a line\n");
  BOOST_REQUIRE(server.wait_for(What::publish));
  publisher.signal(SIGHUP);
  publisher.signal(SIGHUP);  // a terminal and its shell say it once each
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(server).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_hangup_with_a_document_and_no_terminal_reads_it_again) {
  ScriptedServer a;
  ScriptedServer b;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document(a.port()));
  Reader reader(sub({"--servers", file, "-t", "t"}));
  REQUIRE_EVENT(reader, reader.events, "subscribed");
  reader.signal(SIGHUP);
  write_file(file, document(b.port()));
  reader.signal(SIGHUP);
  REQUIRE_EVENT(reader, reader.events, "list-updated");
  BOOST_TEST(b.wait_for(What::subscribe));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_hangup_with_a_document_that_is_not_read_again_changes_nothing) {
  ScriptedServer a;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document(a.port()));
  Reader reader(sub({"--servers", file, "--no-update-uris-supported", "-t", "t"}));
  REQUIRE_EVENT(reader, reader.events, "subscribed");
  reader.signal(SIGHUP);
  a.publish({.topic = "t", .payload = "goes on"});
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_TEST(!reader.wait_exit(200ms).has_value());
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_run_does_not_outlive_its_terminal) {
  ScriptedServer server;
  Scratch scratch;
  const std::string file = (scratch / "servers.json").string();
  write_file(file, document(server.port()));
  for (const Arguments& naming : {Arguments{"-s", server.uri()}, Arguments{"--servers", file}}) {
    Terminal terminal;
    Arguments arguments = naming;
    arguments.insert(arguments.end(), {"-t", "t"});
    Reader reader(on(terminal, "", sub(arguments)), terminal.path());
    REQUIRE_EVENT(reader, reader.events, "subscribed");
    terminal.hang_up();
    CHECK_STATUS(reader, 0);
  }
}

BOOST_AUTO_TEST_CASE(a_run_under_nohup_outlives_its_terminal) {
  ScriptedServer server;
  Terminal terminal;
  Reader reader(on(terminal, "trap '' HUP; ", sub({"-s", server.uri(), "-t", "t"})),
                terminal.path());
  REQUIRE_EVENT(reader, reader.events, "subscribed");
  terminal.hang_up();
  reader.signal(SIGHUP);
  server.publish({.topic = "t", .payload = "still here"});
  BOOST_TEST(reader.wait_for_line(Stream::out, "still here", 10s).has_value());
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(the_endpoint_ends_at_a_hangup) {
  Process serving(command("mqfail-config", {"serve", "--listen", "127.0.0.1:0"}));
  BOOST_REQUIRE(serving.wait_for_line(Stream::err, "listening", 10s).has_value());
  serving.signal(SIGHUP);
  CHECK_STATUS(serving, 0);
}
