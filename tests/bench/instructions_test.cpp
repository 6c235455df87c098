// SPDX-License-Identifier: Apache-2.0
// How many instructions a message costs mqfail-pub and mqfail-sub, counted by callgrind, which does
// not move with the machine. instructions.txt keeps the numbers; more than 5 % above is a failure.
//   papers_instructions -- --rewrite     writes what was counted (then read the diff)
// The server is in this process. It gives a batch only when the batch before is done, so that the
// work of the client does not depend on who is scheduled when.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <sstream>

#include "paths.hpp"
#include "rig/bare_server.hpp"
#include "rig/process.hpp"

using namespace rig;

namespace {

constexpr std::uint32_t kBatch = 20;  // the window of a default server
constexpr std::uint32_t kFew = 30 * kBatch, kMany = 180 * kBatch;

// One run of valgrind. Whatever differs between processors is switched off: glibc has functions for
// each kind of processor, and sizes that it takes from the caches.
Command counted(const std::string& count_file, std::vector<std::string> argv) {
  argv.insert(argv.begin(), {"valgrind", "-q", "--tool=callgrind", "--fair-sched=yes", "--vgdb=no",
                             "--callgrind-out-file=" + count_file});
  return {.argv = std::move(argv),
          .environment = {
              {"GLIBC_TUNABLES",
               "glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX,-AVX2,-AVX512VL,-AVX512BW,-BMI2,"
               "-ERMS,-FSRM,-RTM,-SSSE3,-SSE4_1,-SSE4_2,-Fast_Unaligned_Copy"
               ":glibc.cpu.x86_non_temporal_threshold=0xc0000"
               ":glibc.cpu.x86_rep_movsb_threshold=0x800"
               ":glibc.cpu.x86_rep_stosb_threshold=0x800"}}};
}

double total_of(const std::string& count_file) {
  std::istringstream text(read_file(count_file));
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("totals: ")) return std::stod(line.substr(8));
  throw Broken("no totals in " + count_file);
}

void finish(Process& process) {
  const auto exit = process.wait_exit(60s);
  if (!exit || exit->status != 0) throw Broken("it fails: " + process.bytes(Stream::err));
}

double publishing(int qos, std::uint32_t count) {
  Scratch scratch;
  std::string lines;
  for (std::uint32_t i = 1; i <= count; ++i) lines += numbered_line(i, 100) + '\n';
  write_file(scratch / "lines", lines);
  BareServer server({.window = kBatch, .batch = kBatch});
  Command command = counted(
      (scratch / "counts").string(),
      {mqfail::test::bin_dir() + "/mqfail-pub", "-h", "127.0.0.1", "-p",
       std::to_string(server.port()), "-t", "t", "-q", std::to_string(qos), "-l", "-i", "counted"});
  command.stdin_file = (scratch / "lines").string();
  Process process(command);
  server.received(count, 60s);
  finish(process);
  return total_of((scratch / "counts").string());
}

double subscribing(int qos, std::uint32_t count) {
  Scratch scratch;
  BareServer server({.window = kBatch,
                     .batch = kBatch,
                     .count = count,
                     .qos = qos,
                     .payloads = {numbered_line(1, 100)}});
  Process process(counted((scratch / "counts").string(),
                          {mqfail::test::bin_dir() + "/mqfail-sub", "-h", "127.0.0.1", "-p",
                           std::to_string(server.port()), "-t", "t", "-q", std::to_string(qos),
                           "-C", std::to_string(count), "-i", "counted"}));
  server.wait_for_subscription(60s);
  server.send_all();
  for (std::uint32_t have = kBatch; qos == 0 && have < count; have += kBatch) {
    if (!process.wait_for_lines(Stream::out, have, 60s)) throw Broken("no line comes");
    server.release();
  }
  finish(process);
  return total_of((scratch / "counts").string());
}

// In the order of the file.
struct Loop {
  std::string name;
  double (*total)(int qos, std::uint32_t count);
  int qos;
};
const Loop kLoops[] = {{"publish 0", &publishing, 0},
                       {"publish 1", &publishing, 1},
                       {"subscribe 0", &subscribing, 0},
                       {"subscribe 1", &subscribing, 1}};

const std::string kFile = mqfail::test::source_dir() + "/tests/bench/instructions.txt";

std::map<std::string, double> kept() {
  std::map<std::string, double> numbers;
  std::istringstream text(read_file(kFile));
  for (std::string line; std::getline(text, line);) {
    const std::size_t at = line.rfind(' ');
    if (line.empty() || line[0] == '#' || at == std::string::npos) continue;
    numbers[line.substr(0, at)] = std::stod(line.substr(at + 1));
  }
  return numbers;
}

void rewrite(const std::map<std::string, double>& counted) {
  std::ofstream out(kFile);
  out << "# Instructions that a message of 100 bytes costs the command, 20 at a time: how, QoS, "
         "number.\n"
         "# papers_instructions counts them (instructions_test.cpp); papers_instructions -- "
         "--rewrite\n"
         "# writes them.\n";
  for (const Loop& loop : kLoops)
    out << loop.name << ' ' << std::lround(counted.at(loop.name)) << '\n';
}

}  // namespace

// The start and the end of a run are left out: a long run less a short one.
BOOST_AUTO_TEST_CASE(a_message_costs_as_many_instructions_as_are_kept) {
  std::map<std::string, std::array<std::future<double>, 2>> runs;
  for (const Loop& loop : kLoops)
    runs[loop.name] = {std::async(std::launch::async, loop.total, loop.qos, kFew),
                       std::async(std::launch::async, loop.total, loop.qos, kMany)};
  std::map<std::string, double> counted;
  for (auto& [name, pair] : runs) {
    const double few = pair[0].get();
    counted[name] = (pair[1].get() - few) / (kMany - kFew);
  }
  const auto& suite = boost::unit_test::framework::master_test_suite();
  if (suite.argc > 1 && suite.argv[1] == std::string_view("--rewrite")) return rewrite(counted);
  const auto wanted = kept();
  for (const Loop& loop : kLoops) {
    const auto found = wanted.find(loop.name);
    BOOST_TEST_REQUIRE((found != wanted.end()), kFile << " has no " << loop.name);
    const double ratio = counted[loop.name] / found->second;
    std::cout << loop.name << ": " << std::lround(counted[loop.name]) << " instructions a message, "
              << found->second << " are kept\n";
    BOOST_TEST(ratio <= 1.05, loop.name << " costs " << ratio << " times the instructions kept");
    if (ratio < 0.95)
      std::cout << loop.name << " costs less: write the new numbers with\n  " << suite.argv[0]
                << " -- --rewrite\n";
  }
}
