// SPDX-License-Identifier: Apache-2.0
// How many requests mqfail-config serve answers.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>

#include "bench/parts.hpp"

namespace rig {

// GET requests for a list of ten servers over one kept connection, one after the other.
void rest_endpoint(Table& table, int rounds) {
  Scratch scratch;
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += "{\"serverId\": \"server-" + std::to_string(i) +
            "\", \"hostNameOrIpAddress\": \"host-" + std::to_string(i) +
            ".plant.example\", \"userName\": \"joe\", \"password\": \"secret\"}\n";
  write_file(scratch / "servers.json", text);
  const std::map<std::string, std::string> environment{
      {"XDG_CONFIG_HOME", (scratch / "config").string()},
      {"XDG_STATE_HOME", (scratch / "state").string()}};
  Process set({.argv = {bin("mqfail-config"), "set", "--component", "M", "-f",
                        (scratch / "servers.json").string()},
               .environment = environment});
  finish(set);
  Process serve({.argv = {bin("mqfail-config"), "serve", "--listen", "127.0.0.1:0"},
                 .environment = environment});
  const auto line = serve.wait_for_line(Stream::err, "listening on .*", 10s);
  if (!line) throw Broken("mqfail-config serve: " + serve.bytes(Stream::err));
  const auto port =
      static_cast<std::uint16_t>(std::stoi(line->text.substr(line->text.rfind(':') + 1)));
  const Fd fd = connect_to(port, 5s);
  const std::string request =
      "GET /api/v1/configuration/M/RedundantServers HTTP/1.1\r\nHost: localhost:" +
      std::to_string(port) + "\r\n\r\n";
  constexpr int kRequests = 5000;
  Range rate, cpu;
  std::array<char, 65'536> answer{};
  for (int round = 0; round < rounds; ++round) {
    const double cpu_before = cpu_seconds_of(serve.pid());
    const Moment start = Clock::now();
    for (int i = 0; i < kRequests; ++i) {
      if (!write_all(fd.get(), request)) throw Broken("mqfail-config serve closed the connection");
      for (std::string got; !got.ends_with("\n]\n");) {
        const ssize_t bytes = ::recv(fd.get(), answer.data(), answer.size(), 0);
        if (bytes <= 0) throw Broken("mqfail-config serve did not answer");
        got.append(answer.data(), static_cast<std::size_t>(bytes));
      }
    }
    rate.add(kRequests / seconds_between(start, Clock::now()));
    cpu.add((cpu_seconds_of(serve.pid()) - cpu_before) / kRequests * 1e6);
  }
  table.row("mqfail-config serve, GET of ten servers, one connection", "/s", rate, nullptr, true,
            0);
  table.row("mqfail-config serve, GET of ten servers, CPU a request", "µs", cpu, nullptr, false, 0);
}

}  // namespace rig
