// SPDX-License-Identifier: Apache-2.0
// The store after accidents: mqfail-config is killed at any moment, other processes write, and the
// disk is full. The stored list is always the old one or the new one, and the next run works.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const std::string kOld = R"([{"hostNameOrIpAddress":"old","serverId":"one"}])";
const std::string kNew =
    R"([{"hostNameOrIpAddress":"new","serverId":"one","userName":"u","password":"secret"}])";

struct Home {
  Scratch scratch;
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (scratch / "config").string()},
                                                 {"XDG_STATE_HOME", (scratch / "state").string()}};
  std::filesystem::path folder = scratch / "config/mqfail/components/M";

  Command config(const Arguments& arguments, const std::string& in = {}) {
    Command made{.argv = command("mqfail-config", arguments), .environment = environment};
    if (in.empty()) return made;
    made.stdin_file = (scratch / ("in" + std::to_string(++inputs_))).string();
    write_file(made.stdin_file, in);
    return made;
  }
  Command set(const std::string& document) { return config({"set", "--component", "M"}, document); }
  int run(const Command& command) {
    Process process(command);
    const int status = status_of(process);
    said = process.bytes(Stream::out) + process.bytes(Stream::err);
    return status;
  }
  std::string stored() {
    BOOST_TEST(run(config({"get", "--component", "M"})) == 0, said);
    return said;
  }

  std::string said;

 private:
  int inputs_ = 0;
};

// The calls that strace wrote, without the first one, which is its own execve.
std::vector<std::string> names_of_calls(const std::string& trace) {
  std::vector<std::string> names;
  std::ifstream file(trace);
  for (std::string line; std::getline(file, line);) {
    const std::size_t end = line.find('(');
    if (end != std::string::npos && line.find("+++") == std::string::npos)
      names.push_back(line.substr(0, end));
  }
  if (!names.empty()) names.erase(names.begin());
  return names;
}

auto can(const std::string& what, const Arguments& trial) {
  return boost::unit_test::precondition([=](boost::unit_test::test_unit_id) {
    const Command command{.argv = trial};
    Process process(command);
    const auto exit = process.wait_exit(10s);
    boost::test_tools::assertion_result result(exit && exit->status == 0);
    result.message() << what << " is not there or not allowed";
    return result;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(killed_at_any_system_call_it_leaves_the_old_list_or_the_new_one, Home,
                        *can("strace", {"strace", "-o", "/dev/null", "true"})) {
  const Command set_old = set(kOld);
  const Command set_new = set(kNew);
  BOOST_REQUIRE_EQUAL(run(set_new), 0);
  const std::string new_list = stored();
  BOOST_REQUIRE_EQUAL(run(set_old), 0);
  const std::string old_list = stored();
  std::size_t old_ones = 0;
  std::size_t new_ones = 0;
  const std::string trace = (scratch / "trace").string();
  const auto traced = [&](const Arguments& how) {
    std::filesystem::remove_all(scratch / "state");  // the key is made on the way, too
    Command made = set_new;
    made.environment["LSAN_OPTIONS"] = "detect_leaks=0";  // it cannot end a traced process
    Arguments strace{"strace", "-qq", "-o", trace};
    strace.insert(strace.end(), how.begin(), how.end());
    made.argv.insert(made.argv.begin(), strace.begin(), strace.end());
    return run(made);
  };
  BOOST_REQUIRE_EQUAL(traced({}), 0);
  // strace counts each kind of call separately.
  std::map<std::string, int> counted;
  std::vector<std::pair<std::string, int>> calls;
  for (const std::string& name : names_of_calls(trace)) calls.emplace_back(name, ++counted[name]);
  BOOST_REQUIRE_EQUAL(run(set_old), 0);
  for (const auto& [name, count] : calls) {
    const std::string call = name + " number " + std::to_string(count);
    const int status =
        traced({"-e", "inject=" + name + ":signal=KILL:when=" + std::to_string(count)});
    BOOST_TEST((status == 0 || status == 128 + SIGKILL), call << ": status " << status);
    const std::string now = stored();
    BOOST_TEST((now == old_list || now == new_list), "killed at " << call << ": " << now);
    old_ones += now == old_list ? 1 : 0;
    new_ones += now == new_list ? 1 : 0;
    if (now == old_list && !std::filesystem::exists(scratch / "state")) continue;
    // A file that the killed process left does no harm.
    BOOST_TEST(run(set_new) == 0, "after " << call << ": " << said);
    BOOST_REQUIRE_EQUAL(run(set_old), 0);
  }
  BOOST_TEST(old_ones > 50U);
  BOOST_TEST(new_ones > 3U);
  // No half-written file is left.
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(of_several_writers_at_once_none_is_lost, Home) {
  constexpr int kWriters = 12;
  std::list<Process> writers;
  for (int i = 0; i < kWriters; ++i) {
    const std::string id = "writer-" + std::to_string(i);
    writers.emplace_back(config({"add", "--component", "M"},
                                R"({"hostNameOrIpAddress":"h","serverId":")" + id + "\"}"));
  }
  for (Process& writer : writers) CHECK_STATUS(writer, 0);
  const std::string list = stored();
  for (int i = 0; i < kWriters; ++i)
    BOOST_TEST(list.find("\"writer-" + std::to_string(i) + "\"") != std::string::npos, list);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_the_old_list, Home,
                        *can("a disk of our own",
                             {"unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"})) {
  write_file(scratch / "old", kOld);
  std::string many = "[";
  for (int i = 0; i < 100; ++i) many += R"({"hostNameOrIpAddress":"h)" + std::to_string(i) + "\"},";
  write_file(scratch / "many", many + "]");
  std::filesystem::create_directory(scratch / "config");
  Command small{.argv = {"unshare", "-rm", "sh", "-euc", R"sh(
    mount -t tmpfs -o size=64k none "$XDG_CONFIG_HOME"
    "$0" set --component M <"$1/old"
    "$0" get --component M >"$1/before"
    if cat /dev/zero >"$XDG_CONFIG_HOME/filler" 2>"$1/full"; then exit 3; fi
    grep -q "No space left" "$1/full" || exit 4
    status=0
    "$0" set --component M <"$1/many" || status=$?
    "$0" get --component M >"$1/after"
    cmp "$1/after" "$1/before"
    [ "$(ls -A "$XDG_CONFIG_HOME/mqfail/components/M")" = RedundantServers.json ]
    rm "$XDG_CONFIG_HOME/filler"
    "$0" set --component M <"$1/many"
    exit "$status")sh",
                         bin("mqfail-config"), scratch.path().string()},
                .environment = environment};
  BOOST_TEST(run(small) == 74, said);
  BOOST_TEST(said.find("No space left on device") != std::string::npos, said);
}
