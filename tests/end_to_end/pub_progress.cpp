// SPDX-License-Identifier: Apache-2.0
// The progress line of mqfail-pub on a terminal, and where there is none.
#include <list>
#include <memory>

#include "end_to_end/tools.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

// The lines that stand on a terminal after it was written so: carriage return, newline and the
// clearing of a line are all it needs to know.
std::vector<std::string> screen(const std::string& written) {
  std::vector<std::string> lines{""};
  std::size_t column = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written.compare(i, 3, "\x1b[K") == 0) {
      lines.back().resize(std::min(column, lines.back().size()));
      i += 2;
    } else if (written[i] == '\r') {
      column = 0;
    } else if (written[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else {
      lines.back().resize(std::max(lines.back().size(), column + 1), ' ');
      lines.back()[column++] = written[i];
    }
  }
  return lines;
}

// A publisher whose standard error is the terminal.
Command on(const Terminal& terminal, const Arguments& arguments,
           const std::string& type = "xterm") {
  Arguments argv{"/bin/sh", "-c", "exec \"$@\" 2>" + terminal.path(), "sh"};
  const Arguments publisher = command("mqfail-pub", arguments);
  argv.insert(argv.end(), publisher.begin(), publisher.end());
  return {.argv = argv, .environment = {{"TERM", type}}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(events_stand_above_the_progress_line_and_nothing_is_left_of_it) {
  Mosquitto server;
  Terminal terminal;
  Command command = on(terminal, {"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  command.stdin_pipe = true;
  Process publisher(command);
  publisher.write("one\ntwo\nthree\n");
  BOOST_TEST(terminal.shows("mqfail-pub: 3 lines, "), terminal.written());
  BOOST_TEST(terminal.shows("/s, 0 unsettled, 127.0.0.1:"), terminal.written());
  server.kill9();
  BOOST_TEST(terminal.shows("no server"), terminal.written());
  publisher.write("four\n");
  BOOST_TEST(terminal.shows("4 lines, "), terminal.written());
  BOOST_TEST(terminal.shows(" 1 unsettled, no server"), terminal.written());
  server.restart();
  publisher.signal(SIGUSR1);
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  const std::vector<std::string> lines = screen(terminal.written());
  BOOST_TEST(lines.back().empty());
  std::size_t lost = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const std::regex event("mqfail-pub: [0-9]{2}:[0-9]{2}:[0-9]{2} [a-z-]+ .*");
    BOOST_TEST(std::regex_match(lines[i], event), "torn: " << lines[i]);
    if (lines[i].find(" lost ") != std::string::npos) ++lost;
  }
  BOOST_TEST(lost == 1U);
}

BOOST_AUTO_TEST_CASE(the_time_left_is_told_only_where_people_look) {
  Scratch scratch;
  const std::string input = (scratch / "lines").string();
  write_file(input, numbered_lines(1, 8));
  struct Case {
    Arguments options;
    std::string type;
    bool shown;
  };
  const std::vector<Case> cases{{{}, "xterm", true},
                                {{"--quiet"}, "xterm", false},
                                {{"--events", "json"}, "xterm", false},
                                {{}, "dumb", false}};
  // It acknowledges a message in 300 ms, so eight of them take 2.4 s. All run at once.
  struct Run {
    ScriptedServer server{{.ack_delay = 300ms}};
    Terminal terminal;
    std::unique_ptr<Process> publisher;
  };
  std::list<Run> runs;
  for (const Case& one : cases) {
    Run& run = runs.emplace_back();
    Arguments arguments{"-s", run.server.uri(), "-t", "t", "-q", "1", "-l", "--window", "1"};
    arguments.insert(arguments.end(), one.options.begin(), one.options.end());
    Command command = on(run.terminal, arguments, one.type);
    command.stdin_file = input;
    run.publisher = std::make_unique<Process>(command);
  }
  // A file and a pipe in place of the terminal, and a terminal on which somebody types.
  ScriptedServer server({.ack_delay = 300ms});
  const Arguments arguments{"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--window", "1"};
  Process piped({.argv = command("mqfail-pub", arguments),
                 .environment = {{"TERM", "xterm"}},
                 .stdin_file = input});
  Terminal terminal;
  Command typing = on(terminal, arguments);
  typing.stdin_file = terminal.path();
  Process typed(typing);
  terminal.type("one\ntwo\nthree\nfour\nfive\n\x04");
  CHECK_STATUS(piped, 0);
  CHECK_STATUS(typed, 0);
  BOOST_TEST(piped.bytes(Stream::err).find(" lines, ") == std::string::npos);
  BOOST_TEST(terminal.written().find(" lines, ") == std::string::npos, terminal.written());
  auto run = runs.begin();
  for (const Case& one : cases) {
    CHECK_STATUS(*run->publisher, 0);
    const std::string& written = run->terminal.written();
    BOOST_TEST((written.find(" lines, ") != std::string::npos) == one.shown, written);
    BOOST_TEST((written.find("s left") != std::string::npos) == one.shown, written);
    ++run;
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_repeated_shows_how_far_it_is) {
  Mosquitto server;
  Scratch scratch;
  const std::string file = (scratch / "payload").string();
  write_file(file, "payload");
  Terminal terminal;
  Process publisher(on(terminal, {"-s", server.uri(), "-t", "t", "-V", "311", "-q", "1", "-f", file,
                                  "--repeat", "5", "--repeat-delay", "0.4"}));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(terminal.written().find("mqfail-pub: 3 messages, ") != std::string::npos,
             terminal.written());
  BOOST_TEST(terminal.written().find("s left") != std::string::npos, terminal.written());
  const std::vector<std::string> lines = screen(terminal.written());
  BOOST_TEST(lines.size() == 1U, terminal.written());  // a good run of one file leaves nothing
  BOOST_TEST(lines.back().empty());
}
