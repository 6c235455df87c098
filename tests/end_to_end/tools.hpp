// SPDX-License-Identifier: Apache-2.0
// How the end-to-end tests start a command, and checks of a stream of numbered lines. Every
// expectation in this folder comes from the contract of the commands, none from their code.
#pragma once

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

#include "paths.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"
#include "rig/mosquitto.hpp"
#include "rig/recording_proxy.hpp"
#include "rig/sanitizer.hpp"
#include "rig/scripted_server.hpp"

namespace rig {

using Arguments = std::vector<std::string>;

inline std::string bin(const std::string& name) {
  return mqfail::test::bin_dir() + "/" + name;
}

inline Arguments command(const std::string& name, const Arguments& arguments) {
  Arguments argv{bin(name)};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

/// With machine-readable events, which most tests need.
inline Arguments told(const std::string& name, const Arguments& arguments) {
  Arguments argv = command(name, arguments);
  argv.insert(argv.begin() + 1, {"--events", "json"});
  return argv;
}

inline Arguments sub(const Arguments& arguments) {
  return told("mqfail-sub", arguments);
}
inline Arguments pub(const Arguments& arguments) {
  return told("mqfail-pub", arguments);
}

inline std::string uri(std::uint16_t port) {
  return "mqtt://127.0.0.1:" + std::to_string(port);
}

/// A URI at which nothing listens.
inline std::string dead_uri() {
  return uri(free_port());
}

inline std::string numbered_lines(std::uint32_t first, std::uint32_t last, std::size_t length = 0) {
  std::string all;
  for (std::uint32_t i = first; i <= last; ++i) all += numbered_line(i, length) + "\n";
  return all;
}

/// The numbers of lines; 0 for a damaged line.
inline std::vector<std::uint32_t> numbers(const std::vector<std::string>& lines) {
  std::vector<std::uint32_t> result;
  for (const std::string& line : lines) result.push_back(number_of(line).value_or(0));
  return result;
}

inline std::vector<std::uint32_t> numbers(Process& process) {
  std::vector<std::string> lines;
  for (const Line& line : process.lines(Stream::out)) lines.push_back(line.text);
  return numbers(lines);
}

/// No line is damaged, duplicated or out of order. There is one exception for each of `switches`
/// changes of the server: the number that is under way to both servers at that moment may come
/// twice, since the next server may read it after the SUBSCRIBE.
inline bool rises(const std::vector<std::uint32_t>& numbers, std::size_t switches = 0) {
  std::uint32_t last = 0;
  for (const std::uint32_t number : numbers) {
    if (number == 0) return false;
    if (number <= last && (switches-- == 0 || number + 2 < last)) return false;
    last = number;
  }
  return true;
}

/// The numbers rise, and none is missing between the first and the last.
inline bool complete(const std::vector<std::uint32_t>& numbers) {
  return rises(numbers) &&
         (numbers.empty() || numbers.back() - numbers.front() + 1 == numbers.size());
}

/// The payloads of the PUBLISH packets that a scripted server received, each once, in the order of
/// first arrival.
inline std::vector<std::string> received(ScriptedServer& server) {
  std::vector<std::string> result;
  for (const Seen& seen : server.log(What::publish)) result.push_back(seen.publish.payload);
  return result;
}

inline std::vector<std::string> acknowledged(ScriptedServer& server) {
  std::vector<std::string> result;
  for (const Seen& seen : server.log(What::acknowledged)) result.push_back(seen.publish.payload);
  return result;
}

/// "2.5 s", as reasons name a time that was measured.
inline std::string in_seconds(long ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ms) / 1000);
  return text.data();
}

/// True if long and large tests are wanted: MQFAIL_FULL=1.
inline bool is_full_run() {
  const char* const wanted = std::getenv("MQFAIL_FULL");
  return wanted != nullptr && *wanted == '1';
}

/// For a test that runs only with MQFAIL_FULL=1; otherwise it is "skipped".
inline boost::unit_test::precondition full() {
  return boost::unit_test::precondition(
      [](boost::unit_test::test_unit_id) { return is_full_run(); });
}

/// Requires an exit within `patience` (longer with a sanitizer) and returns the status.
inline int status_of(Process& process, milliseconds patience = 15s) {
  const auto exit = process.wait_exit(patience * rig::kSlower);
  BOOST_REQUIRE_MESSAGE(exit.has_value(), "did not end; stderr: " << process.bytes(Stream::err));
  return exit->status;
}

/// The exit status in the last event.
inline long status_told(Events& events) {
  const auto last = events.all().back();
  return last.name() == "exit" ? last.number("exit") : -1;
}

inline std::string what_it_said(Process& process) {
  return std::string(process.running() ? "it still runs" : "it has ended") + "; stderr:\n" +
         process.bytes(Stream::err);
}

inline void check_status(Process& process, int expected, int line) {
  const int status = status_of(process);
  BOOST_CHECK_MESSAGE(status == expected, "line " << line << ": exit status " << status
                                                  << ", expected " << expected << "; "
                                                  << what_it_said(process));
}

template <typename... Wanted>
void require_event(Process& process, Events& events, int line, Wanted&&... wanted) {
  const bool came = events.wait(std::forward<Wanted>(wanted)...).has_value();
  BOOST_REQUIRE_MESSAGE(came, "line " << line << ": no such event; " << what_it_said(process));
}

#define CHECK_STATUS(process, expected) check_status(process, expected, __LINE__)
#define REQUIRE_EVENT(process, events, ...) require_event(process, events, __LINE__, __VA_ARGS__)

}  // namespace rig
