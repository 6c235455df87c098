// SPDX-License-Identifier: Apache-2.0
// Many failovers in one process, from one server to the other and back, each with a subscription
// and a message. The server ends each connection without a DISCONNECT. Descriptors, threads and
// memory must stay as they were.
#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

struct Inventory {
  std::size_t descriptors, threads;
  long kib;
};

std::size_t entries(const std::string& folder) {
  std::size_t count = 0;
  DIR* const open = opendir(folder.c_str());
  BOOST_REQUIRE(open != nullptr);
  while (readdir(open) != nullptr) ++count;
  closedir(open);
  return count;
}

Inventory take_stock(const Process& process) {
  const std::string folder = "/proc/" + std::to_string(process.pid());
  const std::string status = read_file(folder + "/status");
  const std::size_t at = status.find("VmRSS:");
  BOOST_REQUIRE(at != std::string::npos);
  return {entries(folder + "/fd"), entries(folder + "/task"),
          std::strtol(status.c_str() + at + 6, nullptr, 10)};
}

// One connection, from accept to a close in which no byte is left unread. `at_its_height` is called
// while the connection is in use.
void serve_one(const Fd& listener, const std::function<void()>& at_its_height) {
  pollfd wait{listener.get(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&wait, 1, 10'000) == 1);
  const Fd fd(::accept(listener.get(), nullptr, nullptr));
  std::array<char, 4096> chunk;
  const auto read_some = [&] { BOOST_REQUIRE(::read(fd.get(), chunk.data(), chunk.size()) > 0); };
  read_some();  // CONNECT
  write_all(fd.get(), encode_connack(5, 0, false, {}));
  read_some();  // SUBSCRIBE
  const char answer[] = {'\x90', 4, chunk[2], chunk[3], 0, 0, '\x32', 7, 0, 1, 't', 0, 1, 0, 'x'};
  write_all(fd.get(), {answer, sizeof answer});
  read_some();  // PUBACK
  at_its_height();
}

}  // namespace

BOOST_AUTO_TEST_CASE(failovers_leave_nothing_behind) {
  const int failovers = is_full_run() ? 10'000 : 3'000;
  constexpr int kWarm = 100;  // by then everything that is kept has been made
  const Fd listeners[] = {listen_on(0), listen_on(0)};
  Scratch scratch;
  const std::string epochs = (scratch / "epochs").string();
  Process reader({.argv = command("mqfail-sub", {"-s", uri(port_of(listeners[0])), "-s",
                                                 uri(port_of(listeners[1])), "-t", "t", "-q", "1",
                                                 "--initial-reconnect-delay", "0ms", "--stable",
                                                 "0ms", "--quiet", "-F", "%g"}),
                  .stdout_file = epochs});
  Inventory before{}, after{};
  for (int i = 0; i <= failovers; ++i) {
    serve_one(listeners[i % 2], [&] {
      if (i == kWarm) before = take_stock(reader);
      if (i == failovers) after = take_stock(reader);
    });
  }
  const std::string last = std::to_string(failovers + 1) + "\n";
  const std::string all = read_file(epochs);
  BOOST_TEST(all.substr(all.size() - std::min(all.size(), last.size())) == last);
  BOOST_TEST(after.descriptors <= before.descriptors + 1);
  BOOST_TEST(after.threads <= before.threads + 1);
  BOOST_TEST(memory_within(after.kib, before.kib + 1025), after.kib << ", before " << before.kib);
  BOOST_TEST_MESSAGE(failovers << " failovers, from " << before.kib << " to " << after.kib
                               << " KiB, from " << before.descriptors << " to " << after.descriptors
                               << " descriptors, " << after.threads << " threads");
}
