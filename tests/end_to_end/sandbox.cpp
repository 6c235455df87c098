// SPDX-License-Identifier: Apache-2.0
// What a run gives up after its start (lib/tool/sandbox.hpp), seen by code inside the process that
// tries it, and what it still can do. A kernel that lacks the means is no failure.
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const char* const kRefused = "Operation not permitted";  // by seccomp

bool has_landlock() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

struct Place {
  Scratch scratch;
  std::string folder = (scratch / "allowed").string();
  std::string outside = (scratch / "outside").string();
  ScriptedServer server;

  Place() { std::filesystem::create_directory(folder); }

  // A command into which the intruder came. What it says is among the events.
  Command with_intruder(Arguments argv) const {
    return {.argv = std::move(argv),
            .environment = {{"LD_PRELOAD", bin("../tests/end_to_end/libmqfail_intruder.so")},
                            {"MQFAIL_INTRUDER", outside},
                            {"ASAN_OPTIONS", "verify_asan_link_order=0"}},
            .stdin_pipe = true};
  }
  static void intrude(Process& process) { process.signal(SIGRTMIN + 5); }
  static std::string said(Process& process, const std::string& what) {
    const auto line = process.wait_for_line(Stream::err, "^intruder: " + what + ": ", 10s);
    BOOST_REQUIRE_MESSAGE(line.has_value(), what << ": " << what_it_said(process));
    return line->text.substr(line->text.rfind(": ") + 2);
  }
  void check_refusals(Process& process) const {
    intrude(process);
    BOOST_TEST(said(process, "program") == kRefused);
    BOOST_TEST(said(process, "trace") == kRefused);
    if (!has_landlock()) return;
    BOOST_TEST(said(process, "file") == "Permission denied");
    BOOST_TEST(!std::filesystem::exists(outside));
  }
};

std::string status_line(const Process& process, const std::string& name) {
  const std::string status = read_file("/proc/" + std::to_string(process.pid()) + "/status");
  const std::size_t at = status.find("\n" + name + ":");
  BOOST_REQUIRE(at != std::string::npos);
  return status.substr(at + name.size() + 3, status.find('\n', at + 1) - at - name.size() - 3);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_reader_can_start_no_program_and_write_in_its_own_folders_only, Place) {
  const std::string metrics = folder + "/run.prom";
  Process reader(with_intruder(
      sub({"-s", server.uri(), "-t", "t", "--output", folder + "/topics", "--metrics", metrics})));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  check_refusals(reader);
  // It goes on, and writes new files where it was told to.
  std::filesystem::remove(metrics);
  server.publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_REQUIRE(server.wait_for(What::ack));
  BOOST_TEST(read_file(folder + "/topics/t") == "x\n");
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(read_file(metrics).find("mqfail") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_writer_can_start_no_program_and_write_in_its_spool_only, Place) {
  Process writer(with_intruder(
      pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--spool", folder + "/spool"})));
  writer.write("a\n");
  BOOST_REQUIRE(server.wait_for(What::acknowledged));
  check_refusals(writer);
  writer.write("b\n");
  BOOST_REQUIRE(server.wait_for(What::acknowledged, 2));
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

BOOST_FIXTURE_TEST_CASE(every_thread_is_in_the_sandbox, Place) {
  Process reader(sub({"-s", server.uri(), "-t", "t"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  std::size_t threads = 0;
  const std::string tasks = "/proc/" + std::to_string(reader.pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream file(task.path() / "status");
    const std::string status{std::istreambuf_iterator<char>(file), {}};
    if (status.empty()) continue;  // the thread of the attempt has ended
    BOOST_TEST(status.find("\nSeccomp:\t2\n") != std::string::npos);
    ++threads;
  }
  BOOST_TEST(threads > 1);
}

BOOST_FIXTURE_TEST_CASE(without_the_sandbox_a_run_keeps_all_rights, Place) {
  Process reader(with_intruder(sub({"-s", server.uri(), "-t", "t", "--no-sandbox"})));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  BOOST_TEST(status_line(reader, "Seccomp") == "0");
  intrude(reader);
  BOOST_TEST(said(reader, "file") == "done");
  BOOST_TEST(std::filesystem::exists(outside));
  CHECK_STATUS(reader, 0);  // of the other program
  BOOST_TEST(!server.wait_for(What::disconnect, 1, 0ms));
}

BOOST_FIXTURE_TEST_CASE(a_kernel_without_landlock_and_seccomp_is_no_failure, Place) {
  const Arguments lacks{find_program("strace"),
                        "-f",
                        "-qq",
                        "-o",
                        (scratch / "trace").string(),
                        "-e",
                        "trace=landlock_create_ruleset,seccomp",
                        "-e",
                        "inject=landlock_create_ruleset,seccomp:error=ENOSYS"};
  for (const Arguments& command : {sub({"-s", server.uri(), "-t", "t", "-C", "1"}),
                                   pub({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x"})}) {
    Arguments argv = lacks;
    argv.insert(argv.end(), command.begin(), command.end());
    server.forget();
    Process process({.argv = argv, .environment = {{"LSAN_OPTIONS", "detect_leaks=0"}}});
    if (command[0] == bin("mqfail-sub")) {
      BOOST_REQUIRE(server.wait_for(What::subscribe));
      server.publish({.topic = "t", .payload = "x", .qos = 1});
    }
    CHECK_STATUS(process, 0);
    BOOST_TEST(read_file(scratch / "trace").find("seccomp(SECCOMP_SET_MODE_FILTER") !=
               std::string::npos);
  }
}
