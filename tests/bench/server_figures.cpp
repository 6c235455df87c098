// SPDX-License-Identifier: Apache-2.0
// What 10, 1,000 and 10,000 servers cost: a pass over dead ones, the check of their document, the
// change of the list. The time a server shows whether it grows with their number.
#include <cstdio>
#include <map>

#include "bench/parts.hpp"
#include "rig/events.hpp"

namespace rig {
namespace {

constexpr int kCounts[] = {10, 1'000, 10'000};

std::string with_commas(int count) {
  return count < 1000 ? std::to_string(count) : std::to_string(count / 1000) + ",000";
}

// A document of servers at 127.GROUP.x.y, where nothing listens on `port`.
std::string document(int count, std::uint16_t port, int group, const std::string& first = {}) {
  std::string text = "[" + first;
  for (int i = first.empty() ? 0 : 1; i < count; ++i)
    text += std::string(i == 0 ? "" : ",") + "\n{\"serverId\": \"s" + std::to_string(group) + "-" +
            std::to_string(i) + "\", \"hostNameOrIpAddress\": \"127." + std::to_string(group) +
            "." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) +
            "\", \"port\": " + std::to_string(port) + ", \"tls\": \"None\"}";
  return text + "\n]\n";
}

Moment when_told(Process& process, const std::string& event, std::size_t from = 0) {
  const auto line = process.wait_for_line(
      Stream::err,
      [text = "\"event\":\"" + event + '"'](const std::string& all) {
        return all.find(text) != std::string::npos;
      },
      60s, from);
  if (!line) throw Broken("no event " + event);
  return line->at;
}

void dead_pass(Table& table, int rounds, int count) {
  Scratch scratch;
  write_file(scratch / "list.json", document(count, free_port(), 1));
  Range all, each;
  for (int round = 0; round < rounds; ++round) {
    Process process({bin("mqfail-sub"), "--servers", (scratch / "list.json").string(), "-t", "t",
                     "--events", "json"});
    const Moment begun = when_told(process, "start"), end = when_told(process, "backoff");
    all.add(seconds_between(process.started(), end) * 1000);
    each.add(seconds_between(begun, end) * 1e6 / count);
  }
  const std::string what = "one pass over " + with_commas(count) + " servers that refuse, ";
  table.row(what + "from the start to the event backoff", "ms", all, nullptr, false, 1,
            count == 10'000 ? at_most(2000) : Goal{});
  table.row(what + "a server, from the event start on", "µs", each, nullptr, false, 1);
}

// By the number of servers, in ms, and a server beyond the smallest number: what does not depend on
// the number, such as the start of the command, is left out.
void flat_rows(Table& table, const std::string& before, const std::string& behind,
               const std::map<int, Range>& times, Goal goal_of_each) {
  const auto& [least, base] = *times.begin();
  for (const auto& [count, range] : times) {
    std::string what = before;
    what.append(with_commas(count)).append(" servers").append(behind);
    table.row(what, "ms", range, nullptr, false, 1);
    if (count == least) continue;
    Range each;
    for (const double time : range.values)
      each.add((time - base.middle()) * 1000 / (count - least));
    table.row(what + ", each beyond " + std::to_string(least), "µs", each, nullptr, false, 1,
              count == kCounts[2] ? goal_of_each : Goal{});
  }
}

void check(Table& table, int rounds) {
  std::map<int, Range> times;
  for (const int count : kCounts) {
    Scratch scratch;
    write_file(scratch / "list.json", document(count, 1883, 1));
    for (int round = 0; round < rounds * 5; ++round) {
      Process process({bin("mqfail-config"), "check", "-f", (scratch / "list.json").string()});
      times[count].add(took(process).wall * 1000);
    }
  }
  flat_rows(table, "mqfail-config check of ", "", times, {});
}

// All servers but the one in use are replaced by others.
Range list_change(int rounds, int count) {
  Mosquitto server;
  const std::uint16_t dead = free_port();
  const std::string live =
      "\n{\"serverId\": \"live\", \"hostNameOrIpAddress\": \"127.0.0.1\", \"port\": " +
      std::to_string(server.port()) + ", \"tls\": \"None\"}";
  Scratch scratch;
  const std::string file = (scratch / "list.json").string();
  const std::string next = (scratch / "next.json").string();
  write_file(file, document(count, dead, 1, live));
  Process process({bin("mqfail-sub"), "--servers", file, "-t", "t", "--events", "json"});
  when_told(process, "subscribed");
  Range all;
  for (int round = 0; round < rounds; ++round) {
    write_file(next, document(count, dead, round % 2 == 0 ? 2 : 1, live));
    const std::size_t told = process.line_count(Stream::err);
    const Moment start = Clock::now();
    if (std::rename(next.c_str(), file.c_str()) != 0) throw Broken("rename " + file);
    all.add(seconds_between(start, when_told(process, "list-updated", told)) * 1000);
  }
  return all;
}

}  // namespace

void many_servers(Table& table, int rounds) {
  for (const int count : kCounts) dead_pass(table, rounds, count);
  check(table, rounds);
  std::map<int, Range> changes;
  for (const int count : kCounts) changes[count] = list_change(rounds * 3, count);
  // A list of 10,000 is taken over in 20 ms.
  flat_rows(table, "list of ",
            ", all but one replaced, default server in use, rename(2) to list-updated", changes,
            at_most(2));
}

}  // namespace rig
