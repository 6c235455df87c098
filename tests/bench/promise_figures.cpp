// SPDX-License-Identifier: Apache-2.0
// What promises and forms of the input cost mqfail-pub, and what pipelines cost.
#include <array>
#include <fstream>
#include <map>

#include "bench/parts.hpp"
#include "rig/bare_server.hpp"

namespace rig {

/// What promises and forms of the input cost mqfail-pub when no server limits the rate.
void promises(Table& table, int rounds) {
  const Load load{1};
  const std::uint32_t count = 300'000;
  Scratch scratch;
  std::ofstream lines(scratch / "lines", std::ios::binary);
  std::ofstream topics(scratch / "topics", std::ios::binary);
  std::ofstream json(scratch / "json", std::ios::binary);
  for (std::uint32_t i = 1; i <= count; ++i) {
    const std::string line = load.line(i);
    lines << line << '\n';
    topics << "t=" << line << '\n';
    json << R"({"tst":"2026-11-29T23:00:00.000000+00:00","topic":"t","qos":1,"retain":0,)"
         << R"("payloadlen":100,"mid":1,"payload":")" << line << "\"}\n";
  }
  lines.close();
  topics.close();
  json.close();
  struct Kind {
    const char* name;
    Arguments arguments;
    const char* input;
  };
  const Kind kinds[] = {{"", {"-l", "-t", "t"}, "lines"},
                        {"--sequence", {"-l", "-t", "t", "--sequence"}, "lines"},
                        {"--spool", {"-l", "-t", "t", "--spool"}, "lines"},
                        {"-l --topic-separator", {"-l", "--topic-separator", "="}, "topics"},
                        {"--json", {"--json"}, "json"}};
  std::map<std::string, Range> rate;
  for (int round = 0; round < rounds; ++round) {
    for (const Kind& kind : kinds) {
      const BareServer server;
      Arguments argv{
          bin("mqfail-pub"), "-h", "127.0.0.1", "-p", std::to_string(server.port()), "-q", "1",
          "--quiet"};
      argv.insert(argv.end(), kind.arguments.begin(), kind.arguments.end());
      if (argv.back() == "--spool") argv.push_back((scratch / std::to_string(round)).string());
      Process process({.argv = argv, .stdin_file = (scratch / kind.input).string()});
      rate[kind.name].add(count / took(process).wall / 1000);
    }
  }
  for (const Kind& kind : kinds) {
    if (*kind.name == '\0') continue;
    table.row("publish QoS 1, 100-byte payloads, " + std::string(kind.name) +
                  ", bare server without limits (beside it: -l alone)",
              "k/s", rate[kind.name], &rate[""], true, 1);
  }
}

/// A copy through JSON, from a server without limits, with and without --ack-from and --ack-to.
void pipelines(Table& table, int rounds) {
  constexpr std::uint32_t kCount = 100'000;
  Range rate[2];
  for (int round = 0; round < rounds; ++round) {
    for (const bool acknowledged : {round % 2 == 0, round % 2 != 0}) {
      const Mosquitto from({.lines = {"max_queued_messages 0", "max_inflight_messages 0"}});
      const Mosquitto to({.lines = {"max_inflight_messages 0"}});
      Scratch scratch;
      const auto shell = [&](const std::string& line) {
        return Command{.argv = {"bash", "-c", line},
                       .environment = {{"SUB", bin("mqfail-sub") + " -s " + from.uri()},
                                       {"PUB", bin("mqfail-pub")},
                                       {"FROM", from.uri()},
                                       {"TO", to.uri()}},
                       .directory = scratch / ""};
      };
      const std::string session = "$SUB -t t -q 1 -c -i me -D connect receive-maximum 100 --quiet ";
      run(shell(session + "-E; seq " + std::to_string(kCount) +
                " | sed 's/.*/& 90 bytes of text more, so that a message has about a hundred of "
                "them, "
                "as in the other rows/' | $PUB -s $FROM -l -t t -q 1 --quiet"),
          120s);
      const auto one = [acknowledged](const std::string& option) {
        return acknowledged ? option + " acks " : std::string();
      };
      Process copy(shell(session + "--json -C " + std::to_string(kCount) + " " + one("--ack-from") +
                         "| $PUB -s $TO --json --quiet --window 100 " + one("--ack-to")));
      rate[acknowledged ? 1 : 0].add(kCount / took(copy).wall / 1000);
    }
  }
  table.row(
      "copy QoS 1 through --json, --ack-from and --ack-to, window 100, servers without limits "
      "(beside it: without)",
      "k/s", rate[1], &rate[0], true, 1);
}

}  // namespace rig
