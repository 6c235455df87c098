// SPDX-License-Identifier: Apache-2.0
// Descriptors that are closed, or are not what an option says. A number that the caller gives never
// means a file or socket of mqfail. If a descriptor blocks, nothing waits for it.
#include <sys/ioctl.h>

#include "end_to_end/tools.hpp"
#include "rig/full_pipe.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

// `argv` as a shell starts it with these redirections. Nothing else is inherited from the test.
Arguments with(const std::string& redirections, const Arguments& argv) {
  Arguments all{"/bin/sh", "-c", "exec \"$@\" 3<&- 4<&- 5<&- 9<&- " + redirections, "sh"};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

std::string shown(const Arguments& argv) {
  std::string all;
  for (const std::string& word : argv) all += word + " ";
  return all;
}

std::string target(pid_t pid, int fd) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd),
                                       ignored)
      .string();
}

// A subscriber with two servers continues through messages, a failover and its end.
void reads_on(const Arguments& argv, ScriptedServer& a, ScriptedServer& b) {
  Process reader(argv);
  BOOST_REQUIRE_MESSAGE(a.wait_for(What::subscribe), shown(argv));
  a.publish({.topic = "t", .payload = "first"});
  BOOST_TEST(reader.wait_for_line(Stream::out, "first", 10s).has_value(), shown(argv));
  a.refuse();
  BOOST_REQUIRE_MESSAGE(b.wait_for(What::subscribe), shown(argv));
  b.publish({.topic = "t", .payload = "second"});
  BOOST_TEST(reader.wait_for_line(Stream::out, "second", 10s).has_value(), shown(argv));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_closed_standard_input_is_no_input_in_every_command) {
  ScriptedServer server;
  for (const Arguments& reads : {
           pub({"-s", server.uri(), "-t", "t", "-l"}),
           pub({"-s", server.uri(), "-t", "t", "-l", "-0"}),
           pub({"-s", server.uri(), "-t", "t", "-s"}),
           pub({"-s", server.uri(), "-t", "t", "-f", "-"}),
           pub({"--servers", "-", "-t", "t", "-m", "x"}),
           sub({"--servers", "-", "-t", "t"}),
           command("mqfail-config", {"set"}),
           command("mqfail-config", {"check"}),
       }) {
    const Finished run = rig::run(with("<&-", reads));
    BOOST_TEST(run.exit.status == 66, shown(reads) << run.exit.status << ": " << run.err);
    BOOST_TEST(!run.err.empty(), shown(reads));
  }
  const Finished probe = rig::run(with("<&-", command("mqfail-probe", {"--servers", "-"})));
  BOOST_TEST(probe.exit.status == 3, probe.err);
  BOOST_TEST(server.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_to_a_closed_standard_output_is_an_error) {
  ScriptedServer server;
  for (const Arguments& writes : {
           sub({"-s", server.uri(), "-t", "t", "-C", "1"}),
           sub({"-s", server.uri(), "-t", "t", "--standby", "hot"}),
           command("mqfail-config", {"schema"}),
           command("mqfail-sub", {"--help"}),
       }) {
    const Finished run = rig::run(with(">&-", writes));
    BOOST_TEST(run.exit.status == 74, shown(writes) << run.exit.status << ": " << run.err);
    BOOST_TEST(!run.err.empty(), shown(writes));
  }
  BOOST_TEST(server.tcp_connections() == 0U);
  const Finished probe = rig::run(with(">&-", command("mqfail-probe", {"-s", server.uri()})));
  BOOST_TEST(probe.exit.status == 3);
  BOOST_TEST(probe.err.find("standard output") != std::string::npos, probe.err);
}

BOOST_AUTO_TEST_CASE(nothing_of_ours_gets_the_number_of_a_closed_descriptor) {
  ScriptedServer server({.at_publish = 1, .then = Then::stop_acking});
  Scratch scratch;
  write_file(scratch / "key", "");
  const std::string undelivered = (scratch / "undelivered").string();
  for (const Arguments& more : {Arguments{"--undelivered", undelivered},
                                Arguments{"--spool", (scratch / "spool").string()}}) {
    Arguments argv =
        pub({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x", "--drain-timeout", "100ms"});
    argv.insert(argv.end(), more.begin(), more.end());
    const std::size_t before = server.count(What::publish);
    Process publisher(with("<&- >&- 2>&-", argv));
    BOOST_REQUIRE(server.wait_for(What::publish, before + 1));
    for (const int fd : {0, 1, 2}) BOOST_TEST(target(publisher.pid(), fd) == "/dev/null");
    publisher.signal(SIGTERM);
    CHECK_STATUS(publisher, 75);
  }
  BOOST_TEST(read_file(undelivered).substr(0, 1) == "x");
  BOOST_TEST(read_file(undelivered).size() <= 2U, read_file(undelivered));
  Process reader(with("<&- 2>&-", sub({"-s", server.uri(), "-t", "t"})));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (const int fd : {0, 2}) BOOST_TEST(target(reader.pid(), fd) == "/dev/null");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_not_open_for_it_is_a_usage_error_before_anything_else) {
  ScriptedServer server;
  const Arguments reader = command("mqfail-sub", {"-s", server.uri(), "-t", "t"});
  const Arguments writer = command("mqfail-pub", {"-s", server.uri(), "-t", "t", "-m", "x"});
  const Arguments probe = command("mqfail-probe", {"-s", server.uri()});
  const Arguments config = command("mqfail-config", {"get"});
  struct Case {
    std::string flag, fd, redirections;
  };
  const std::vector<Case> cases{
      {"--events-fd", "3", ""},
      {"--events-fd", "5", ""},
      {"--events-fd", "9", ""},
      {"--events-fd", "4", "4</dev/null"},
      {"--events-fd", "1", ">&-"},
      {"--pw-fd", "3", ""},
      {"--pw-fd", "5", ""},
      {"--pw-fd", "4", "4>/dev/null"},
      {"--pw-fd", "0", "<&-"},
      {"--key-fd", "3", ""},
      {"--key-fd", "4", "4>/dev/null"},
      {"--key-fd", "0", "<&-"},
  };
  for (const auto& [flag, fd, redirections] : cases) {
    for (Arguments argv : {reader, writer, probe, config}) {
      if (argv == config && flag != "--key-fd") continue;
      if (argv == probe && flag == "--events-fd") continue;  // it has none
      const int expected = argv == probe ? 3 : 64;
      argv.insert(argv.end(), {flag, fd});
      const Finished run = rig::run(with(redirections, argv));
      BOOST_TEST(run.exit.status == expected,
                 shown(argv) << redirections << ": " << run.exit.status << ": " << run.err);
      BOOST_TEST(run.err.find(flag + " " + fd) != std::string::npos, run.err);
    }
  }
  BOOST_TEST(server.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(waiting_for_a_payload_can_be_interrupted) {
  Scratch scratch;
  const std::string path = (scratch / "pipe").string();
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const Fd pipe(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Process publisher(with("<" + path, pub({"-s", dead_uri(), "-t", "t", "-s"})));
    BOOST_REQUIRE(write_all(pipe.get(), "x"));
    for (int waiting = 1; waiting > 0 && publisher.running();) {  // until it was read
      BOOST_REQUIRE(::ioctl(pipe.get(), FIONREAD, &waiting) == 0);
      std::this_thread::sleep_for(1ms);
    }
    publisher.signal(number);
    CHECK_STATUS(publisher, 128 + number);
  }
}

BOOST_AUTO_TEST_CASE(a_full_pipe_for_events_delays_neither_messages_nor_failover_nor_the_end) {
  Scratch scratch;
  int number = 0;
  for (const auto& [options, redirection] :
       std::vector<std::pair<Arguments, std::string>>{{{"-d"}, "2>"},
                                                      {{"--events", "json"}, "2>"},
                                                      {{"--events-fd", "3", "--quiet"}, "3>"},
                                                      {{"--trace", "FULL", "--quiet"}, ""}}) {
    const FullPipe full((scratch / ("full" + std::to_string(++number))).string());
    ScriptedServer a;
    ScriptedServer b;
    Arguments argv = command("mqfail-sub", {"-s", a.uri(), "-s", b.uri(), "-t", "t"});
    argv.insert(argv.end(), options.begin(), options.end());
    std::replace(argv.begin(), argv.end(), std::string("FULL"), full.path());
    reads_on(with(redirection.empty() ? "" : redirection + full.path(), argv), a, b);
    BOOST_TEST(full.untouched());
  }
}

BOOST_AUTO_TEST_CASE(a_publisher_delivers_everything_although_its_stderr_is_full) {
  Scratch scratch;
  const FullPipe full((scratch / "full").string());
  ScriptedServer a({.at_publish = 20, .then = Then::refuse});
  ScriptedServer b;
  Process publisher(
      {.argv = with("2>" + full.path(), command("mqfail-pub", {"-d", "-s", a.uri(), "-s", b.uri(),
                                                               "-t", "t", "-q", "1", "-l"})),
       .stdin_pipe = true});
  publisher.feed(numbered_lines(1, 100));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(a).size() + acknowledged(b).size() >= 100U);
  BOOST_TEST(full.untouched());
}

BOOST_AUTO_TEST_CASE(events_go_on_with_the_number_of_those_that_were_dropped) {
  Scratch scratch;
  FullPipe full((scratch / "full").string());
  ScriptedServer server;
  Process reader(with("2>" + full.path(),
                      command("mqfail-sub", {"--events", "json", "-s", server.uri(), "-t", "t",
                                             "-F", "%J", "--connect-timeout", "5s"})));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  // Each of these warnings has about 300 bytes; 1 MiB of them is kept.
  const std::size_t sent = 8000;
  for (std::size_t i = 0; i < sent; ++i) server.publish({.topic = "t", .payload = "no json"});
  server.publish({.topic = "t", .payload = "\"the last\""});
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "the last", 20s).has_value());
  std::string told = full.read();  // the first that waits is written now
  std::thread end([&] { reader.signal(SIGTERM); });
  while (told.find("\"exit\"") == std::string::npos && reader.running()) {
    told += full.read();
    std::this_thread::sleep_for(1ms);
  }
  end.join();
  CHECK_STATUS(reader, 0);
  told += full.read();
  std::size_t warnings = 0;
  long dropped = 0, sequence = 0;
  std::string name;
  for (std::size_t from = 0, to = 0; (to = told.find('\n', from)) != std::string::npos;
       from = to + 1) {
    const auto said = parse_event(told.substr(from, to - from));
    BOOST_REQUIRE_MESSAGE(said.has_value(), told.substr(from, to - from));
    BOOST_TEST(said->number("seq") > sequence);
    sequence = said->number("seq");
    name = said->name();
    if (said->get("reason").find("is not valid JSON") != std::string::npos) ++warnings;
    if (said->get("reason").find(" dropped") != std::string::npos) dropped += said->number("count");
  }
  BOOST_TEST(told.ends_with("\n"));
  BOOST_TEST(name == "exit");
  BOOST_TEST(dropped > 0);
  BOOST_TEST(warnings + static_cast<std::size_t>(dropped) == sent);
}

BOOST_AUTO_TEST_CASE(a_terminal_that_was_stopped_delays_nothing) {
  Terminal terminal;
  terminal.type("\x13");  // ^S
  ScriptedServer a;
  ScriptedServer b;
  reads_on(with("2>" + terminal.path(),
                command("mqfail-sub", {"-d", "-s", a.uri(), "-s", b.uri(), "-t", "t"})),
           a, b);
}
