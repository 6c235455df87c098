// SPDX-License-Identifier: Apache-2.0
// Descriptors that are closed or not what a flag says they are: no number that the caller means
// ever names a file or socket of ours.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// `argv` as a shell starts it with these redirections, and with nothing that the test inherited.
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
