// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --watch: a table on a terminal, which is as before when it ends; lines elsewhere;
// and each round in the file of -o.
#include <sys/stat.h>

#include "end_to_end/probed.hpp"
#include "rig/full_pipe.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";

/// A watch on a terminal of its own.
struct Watched {
  explicit Watched(const Arguments& arguments) {
    terminal.resize(100, 20);
    process = std::make_unique<Process>(Command{.argv = command("mqfail-probe", arguments),
                                                .environment = {{"TERM", "xterm"}},
                                                .stdout_file = terminal.path()});
  }
  Terminal terminal;
  std::unique_ptr<Process> process;
};

// Stopped by SIGSTOP.
bool wait_until_stopped(pid_t pid) {
  const std::string status = "/proc/" + std::to_string(pid) + "/status";
  for (const Moment end = Clock::now() + 10s; Clock::now() < end;) {
    if (has(read_file(status), "State:\tT")) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

bool wait_for_file(const std::filesystem::path& file, const std::string& part) {
  for (const Moment end = Clock::now() + 10s; Clock::now() < end;) {
    if (std::filesystem::exists(file) && has(read_file(file), part)) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(on_a_terminal_a_table_follows_the_servers_and_leaves_no_trace) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Mosquitto a, b;
    Watched watched(
        {"-s", a.uri() + "?serverId=first", "-s", b.uri() + "?serverId=second", "--watch", "0.1"});
    Terminal& terminal = watched.terminal;
    BOOST_REQUIRE(terminal.shows("RECENT ROUNDS"));
    BOOST_TEST(terminal.written().starts_with(kEnter));
    BOOST_REQUIRE(terminal.shows("2/2 up, the preferred first answers"));
    b.kill9();
    BOOST_REQUIRE(terminal.shows("second refuses the connection"));
    BOOST_REQUIRE(terminal.shows("connection refused (tcp)"));
    const std::size_t before = terminal.written().size();
    b.restart();
    BOOST_REQUIRE(terminal.shows("2/2 up", 10s, before));
    watched.process->signal(number);
    CHECK_STATUS(*watched.process, 0);
    BOOST_REQUIRE(terminal.shows(kLeave));
    const std::string after = terminal.written().substr(terminal.written().rfind(kLeave));
    BOOST_TEST(has(after, "2/2 up"), after);
    BOOST_TEST(!has(after, "\x1b[?1049h"));
    BOOST_TEST(watched.process->bytes(Stream::err) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_watch_that_quits_gives_the_terminal_back) {
  Mosquitto a;
  Watched watched({"-s", a.uri(), "--watch", "0.1"});
  BOOST_REQUIRE(watched.terminal.shows("RECENT ROUNDS"));
  watched.process->signal(SIGQUIT);
  CHECK_STATUS(*watched.process, 128 + SIGQUIT);
  BOOST_TEST(watched.terminal.shows(kLeave));
}

BOOST_AUTO_TEST_CASE(the_table_has_the_width_of_the_terminal_also_when_that_changes) {
  Mosquitto a;
  Watched watched({"-s", a.uri() + "?serverId=a-server-with-a-rather-long-name", "--watch", "60",
                   "--color", "never"});
  Terminal& terminal = watched.terminal;
  BOOST_REQUIRE(terminal.shows("RECENT ROUNDS"));
  BOOST_REQUIRE(terminal.shows("\x1b[J"));
  const std::size_t before = terminal.written().size();
  terminal.resize(40, 10);
  watched.process->signal(SIGWINCH);  // the kernel sends it to those whose terminal it is
  BOOST_REQUIRE(terminal.shows("\x1b[J", 10s, before));
  std::string drawn = terminal.written().substr(before);
  drawn = std::regex_replace(drawn, std::regex("\x1b\\[[0-9]*[A-Za-z]"), "");
  for (std::size_t at = 0, end = 0; at < drawn.size(); at = end + 1) {
    end = std::min(drawn.find('\n', at), drawn.size());
    BOOST_TEST(end - at <= 42U, drawn);  // with "\r\r"
  }
  watched.process->signal(SIGTERM);
  CHECK_STATUS(*watched.process, 0);
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_stopped_gives_the_terminal_back_and_takes_it_again) {
  Mosquitto a;
  Watched watched({"-s", a.uri(), "--watch", "60"});
  Terminal& terminal = watched.terminal;
  BOOST_REQUIRE(terminal.shows("\x1b[J"));
  watched.process->signal(SIGTSTP);
  BOOST_REQUIRE(terminal.shows(kLeave));
  BOOST_REQUIRE(wait_until_stopped(watched.process->pid()));
  const std::size_t before = terminal.written().size();
  watched.process->signal(SIGCONT);
  BOOST_REQUIRE(terminal.shows(kEnter, 10s, before));
  BOOST_REQUIRE(terminal.shows("RECENT ROUNDS", 10s, before));
  watched.process->signal(SIGTERM);
  CHECK_STATUS(*watched.process, 0);
}

BOOST_AUTO_TEST_CASE(a_terminal_that_cannot_move_its_cursor_gets_lines) {
  Mosquitto a;
  Terminal terminal;
  Process process({.argv = command("mqfail-probe", {"-s", a.uri(), "--watch", "60"}),
                   .environment = {{"TERM", "dumb"}},
                   .stdout_file = terminal.path()});
  BOOST_REQUIRE(terminal.shows("\n"));
  BOOST_TEST(!has(terminal.written(), "\x1b"), terminal.written());
  BOOST_TEST(has(terminal.written(), " up    "), terminal.written());
  process.signal(SIGTERM);
  CHECK_STATUS(process, 0);
}

BOOST_AUTO_TEST_CASE(each_round_is_written_to_the_file_in_its_format) {
  Mosquitto a, b;
  Scratch scratch;
  const std::filesystem::path file = scratch / "page";
  for (const auto& [format, good, bad] :
       {std::tuple{"html", "2/2 up", "second refuses the connection"},
        {"prometheus", "mqfail_probe_servers_up 2\n", "mqfail_probe_servers_up 1\n"},
        {"nagios", "MQFAIL OK - 2/2 up", "MQFAIL OK - 1/2 up"},
        {"json", R"("up":2,)", R"("up":1,)"}}) {
    Process watch(command("mqfail-probe",
                          {"-s", a.uri() + "?serverId=first", "-s", b.uri() + "?serverId=second",
                           "--watch", "0.1", "--format", format, "-o", file.string()}));
    BOOST_REQUIRE(wait_for_file(file, good));
    b.kill9();
    BOOST_REQUIRE(wait_for_file(file, bad));
    b.restart();
    BOOST_REQUIRE(wait_for_file(file, good));
    if (format == std::string("html")) {
      BOOST_TEST(wait_for_file(file, "class=\"history\""));
      BOOST_TEST(has(read_file(file), "http-equiv=\"refresh\" content=\"1\""));
    }
    watch.signal(SIGTERM);
    CHECK_STATUS(watch, 0);
    std::filesystem::remove(file);
  }
}

BOOST_AUTO_TEST_CASE(a_reader_of_the_file_never_sees_a_part_of_it) {
  Mosquitto a;
  Scratch scratch;
  const std::filesystem::path file = scratch / "page.html";
  Process watch(command(
      "mqfail-probe", {"-s", a.uri(), "--watch", "0.01", "--format", "html", "-o", file.string()}));
  BOOST_REQUIRE(wait_for_file(file, "</html>"));
  for (int i = 0; i < 500; ++i) BOOST_REQUIRE(read_file(file).ends_with("</html>\n"));
  watch.signal(SIGTERM);
  CHECK_STATUS(watch, 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_ends_the_watch_at_its_first_round) {
  Mosquitto a;
  Process watch(command("mqfail-probe", {"-s", a.uri(), "--watch", "0.1", "-o", "/dev/null/x"}));
  CHECK_STATUS(watch, 3);
}

BOOST_AUTO_TEST_CASE(a_watch_ends_when_its_reader_has_gone) {
  Mosquitto server;
  const Finished done = run(
      {"bash", "-c",
       mqfail::test::bin_dir() + "/mqfail-probe -s " + server.uri() + " --watch 0.1 | head -n 1"});
  BOOST_TEST(has(done.out, "up"), done.out);
}

// As when an authority is replaced together with the certificates that it has signed.
BOOST_AUTO_TEST_CASE(a_watch_reads_an_authority_that_has_changed) {
  const Scratch scratch;
  const Certificates old, fresh;
  const std::string authority = (scratch / "ca.pem").string();
  const std::string certificate = (scratch / "c.pem").string();
  const std::string key = (scratch / "k.pem").string();
  const auto place = [&](const Certificates& made) {
    for (const auto& [from, to] : {std::pair{made.authority(), authority},
                                   {made.certificate(), certificate},
                                   {made.key(), key}}) {
      write_file(to + ".new", read_file(from));
      std::filesystem::rename(to + ".new", to);
    }
  };
  place(old);
  Mosquitto server({.certificate = certificate, .key = key});
  const std::string port = std::to_string(server.port());
  const std::string page = (scratch / "page").string();
  Process watch(command("mqfail-probe", {"-s", "mqtts://localhost:" + port, "--cafile", authority,
                                         "--watch", "0.1", "-o", page}));
  BOOST_REQUIRE(wait_for_file(page, "OK"));
  server.kill9();
  BOOST_REQUIRE(wait_for_file(page, "CRITICAL"));
  place(fresh);
  server.restart();
  BOOST_TEST(wait_for_file(page, "OK"));
}

// A blocked signal would wait as long as the reader does.
BOOST_AUTO_TEST_CASE(a_watch_whose_output_nobody_reads_ends_at_a_signal) {
  const Scratch scratch;
  const FullPipe full((scratch / "full").string());
  const std::string unread = (scratch / "unread").string();
  BOOST_REQUIRE(mkfifo(unread.c_str(), 0600) == 0);
  struct Way {
    Arguments more;
    std::string output;
  };
  for (const Way& way : {Way{{}, full.path()}, Way{{"-o", "-"}, full.path()},
                         Way{{"-o", full.path()}, "/dev/null"}, Way{{"-o", unread}, "/dev/null"}}) {
    ScriptedServer server;
    Arguments arguments{"-s", server.uri(), "--watch", "0.1"};
    arguments.insert(arguments.end(), way.more.begin(), way.more.end());
    Process watch(Command{.argv = command("mqfail-probe", arguments), .stdout_file = way.output});
    BOOST_REQUIRE(server.wait_for(What::disconnect, 1, 10s));
    BOOST_TEST(!watch.wait_exit(300ms).has_value());  // it waits for a reader
    watch.signal(SIGTERM);
    CHECK_STATUS(watch, 0);
  }
}
