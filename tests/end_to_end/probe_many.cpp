// SPDX-License-Identifier: Apache-2.0
// mqfail-probe of a thousand servers: time, memory and threads.
#include <fstream>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

constexpr int kServers = 1000;

// Four real servers under a thousand names.
struct Thousand {
  Thousand() {
    for (int i = 0; i < kServers; ++i) {
      arguments.insert(arguments.end(),
                       {"-s", servers[static_cast<std::size_t>(i) % servers.size()].uri() +
                                  "?serverId=s" + std::to_string(i)});
    }
  }
  std::array<Mosquitto, 4> servers;
  Arguments arguments;
};

long threads_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    long count = 0;
    if (word == "Threads:" && status >> count) return count;
  }
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_thousand_servers_are_probed_quickly_in_little_memory) {
  Thousand thousand;
  for (const Arguments& more : {Arguments{"--format", "text"}, Arguments{"--format", "json"},
                                Arguments{"--format", "html"}, Arguments{"--topic", "t"}}) {
    Arguments all = thousand.arguments;
    all.insert(all.end(), more.begin(), more.end());
    Process process(command("mqfail-probe", all));
    CHECK_STATUS(process, 0);
    const auto exit = process.wait_exit(0ms);
    BOOST_REQUIRE(exit.has_value());
    const double seconds = seconds_between(process.started(), exit->at);
    // On one topic the 250 names of a server hear each other.
    const double bound = more[0] == "--topic" ? 5.0 : 1.5;
    BOOST_TEST(seconds < at_most(bound), more[1] << " " << seconds);
    BOOST_TEST(process.bytes(Stream::out).find("1000/1000 up") != std::string::npos);
    BOOST_TEST(memory_within(exit->usage.ru_maxrss, 60L * 1024), exit->usage.ru_maxrss);
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_silent_servers_take_one_thread_and_little_memory) {
  ScriptedServer silent({.connack = false});
  Arguments all{"-t", "20", "--connect-timeout", "20s"};
  for (int i = 0; i < kServers; ++i)
    all.insert(all.end(), {"-s", silent.uri() + "?serverId=s" + std::to_string(i)});
  Process process(command("mqfail-probe", all));
  BOOST_REQUIRE(silent.wait_for(What::connect, kServers, 20s));
  BOOST_TEST(threads_of(process.pid()) <= 2);
  BOOST_TEST(memory_within(process.peak_kib(), 60L * 1024), process.peak_kib());
  process.signal(SIGINT);
  CHECK_STATUS(process, 128 + SIGINT);
}

BOOST_AUTO_TEST_CASE(names_that_do_not_resolve_do_not_hold_up_the_others) {
  Mosquitto good;
  Arguments all;
  for (int i = 0; i < 100; ++i)
    all.insert(all.end(), {"-s", "mqtt://name-" + std::to_string(i) + ".invalid"});
  all.insert(all.end(), {"-s", good.uri() + "?serverId=good", "-t", "3"});
  Process process(command("mqfail-probe", all));
  CHECK_STATUS(process, 1);
  BOOST_TEST(process.bytes(Stream::out).find("up    good=") != std::string::npos);
}
