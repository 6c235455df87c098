// SPDX-License-Identifier: Apache-2.0
// Doubtful command lines, given to the mosquitto tools and to mqfail. Either both accept them and
// print the same, or both refuse them, or only mqfail is strict; NOTES in the man pages say where.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

enum class Both { take, refuse, ours_refuses, ours_takes };

struct Row {
  const char* tool;
  Arguments arguments;
  Both both;
};

std::string words(const Row& row) {
  std::string text = row.tool;
  for (const std::string& one : row.arguments) text += " '" + one + "'";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_doubtful_invocation_ends_as_with_mosquitto_or_as_the_notes_say) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  const std::string at = "mqtt://127.0.0.1:" + port + "/";
  BOOST_REQUIRE(run({"mosquitto_pub", "-p", port, "-t", "r/x", "-m", "hello", "-r"}).exit.status ==
                0);
  BOOST_REQUIRE(run({"mosquitto_pub", "-p", port, "-t", "r/y", "-m", "again", "-r"}).exit.status ==
                0);
  const Arguments one{"-h", "127.0.0.1", "-p", port, "-C", "1", "-W", "5"};
  const Arguments two{"-C", "2", "-W", "5"};
  const Arguments to{"-h", "127.0.0.1", "-p", port, "-m", "x"};
  const Arguments mqtt5{"-h", "127.0.0.1", "-p", port, "-V", "5", "-t", "a", "-m", "x"};
  const auto with = [](Arguments first, const Arguments& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  const std::vector<Row> rows{
      // -D: letter case does not matter, and each property except user-property may be given once.
      {"pub", with(mqtt5, {"-D", "publish", "Content-Type", "t"}), Both::take},
      {"pub", with(mqtt5, {"-D", "PUBLISH", "content-type", "t"}), Both::take},
      {"pub",
       with(mqtt5, {"-D", "publish", "content-type", "t", "-D", "publish", "content-type", "t"}),
       Both::refuse},
      {"pub",
       with(mqtt5, {"-D", "publish", "user-property", "a", "b", "-D", "publish", "user-property",
                    "a", "b"}),
       Both::take},
      {"pub",
       with(mqtt5,
            {"-D", "connect", "receive-maximum", "5", "-D", "connect", "receive-maximum", "6"}),
       Both::refuse},
      {"sub",
       with(one, {"-t", "r/x", "-V", "5", "-i", "me", "-x", "5", "-D", "connect",
                  "session-expiry-interval", "5"}),
       Both::refuse},
      {"pub", with(mqtt5, {"-D", "publish", "message-expiry-interval", "5x"}), Both::ours_refuses},
      // Numbers: mosquitto takes the result of atoi(3).
      {"sub", with(one, {"-t", "r/x", "-q", "3"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-q", "x"}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-q", ""}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-C", "1x"}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-C", "x"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-C", "-1"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-k", "10x"}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-k", "4"}), Both::ours_takes},
      {"pub", with(to, {"-t", "a", "--repeat", "2x"}), Both::ours_refuses},
      {"pub", with(to, {"-t", "a", "--repeat", "0"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-W", "0"}), Both::refuse},
      // Empty values.
      {"sub", with(one, {"-t", "r/x", "-i", ""}), Both::refuse},
      {"pub", with(to, {"-t", "a", "-i", ""}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-I", ""}), Both::take},
      {"sub", with(one, {"-t", "r/x", "-T", ""}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-u", ""}), Both::take},
      {"sub", with(one, {"-t", "r/x", "-F", ""}), Both::take},
      {"pub", with(to, {"-t", ""}), Both::ours_refuses},  // mosquitto says so, and ends with 0
      {"sub", with(one, {"-t", "r/x", "--cafile", ""}), Both::refuse},
      // Formats.
      {"sub", with(one, {"-t", "r/x", "-F", "%9999l|%05l|%-9p|%.2p|%9.2t|"}), Both::take},
      {"sub", with(one, {"-t", "r/x", "-F", "%65535l"}), Both::take},
      {"sub", with(one, {"-t", "r/x", "-F", "%65536l"}), Both::ours_refuses},
      {"sub", with(one, {"-t", "r/x", "-F", "%y"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-F", "%"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-F", "\\q"}), Both::refuse},
      // A topic in -L and another topic.
      {"sub", with(two, {"-L", at + "r/x", "-t", "r/y"}), Both::take},
      {"sub", with(two, {"-L", at + "r/x", "-L", at + "r/y"}), Both::take},
      {"sub", with(two, {"-L", at}), Both::ours_refuses},
      {"pub", {"-L", at + "a", "-t", "b", "-m", "x"}, Both::ours_refuses},
      {"pub", {"-L", at + "a", "-L", at + "b", "-m", "x"}, Both::ours_refuses},
      {"pub", {"-L", at + "a", "-L", at + "a", "-m", "x"}, Both::take},
      {"pub", with(to, {"-t", "a", "-t", "b"}), Both::take},
      // Other options.
      {"pub", with(to, {"-t", "a/+"}), Both::refuse},
      {"pub", with(to, {"-t", "a", "-n"}), Both::refuse},
      {"pub", with(to, {"-t", "a", "--will-payload", "w"}), Both::refuse},
      {"sub", with(one, {"-t", "a/#/b"}), Both::refuse},
      {"sub", with(one, {"-t", "r/x", "-P", "p"}), Both::refuse},
  };
  for (const Row& row : rows) {
    Arguments theirs = row.arguments;
    theirs.insert(theirs.begin(), std::string("mosquitto_") + row.tool);
    // A subscriber without a topic waits for -W.
    const bool waits = row.both == Both::ours_refuses && row.arguments.back() == at;
    const Finished mosquitto = waits ? Finished{} : run(theirs);
    Arguments ours = command(std::string("mqfail-") + row.tool, row.arguments);
    ours.insert(ours.begin() + 1, {"--events", "none"});
    const Finished mqfail = run(ours);
    const bool they_take = row.both != Both::refuse && row.both != Both::ours_takes;
    const bool we_take = row.both == Both::take || row.both == Both::ours_takes;
    BOOST_TEST((waits || (mosquitto.exit.status == 0) == they_take),
               words(row) << ": mosquitto ends with " << mosquitto.exit.status << mosquitto.err);
    BOOST_TEST(mqfail.exit.status == (we_take ? 0 : 64),
               words(row) << ": mqfail ends with " << mqfail.exit.status << mqfail.err);
    if (row.both == Both::take) {
      std::vector<std::string> a, b;  // two retained messages may come in any order
      for (auto [text, lines] : {std::pair(&mosquitto.out, &a), {&mqfail.out, &b}}) {
        std::istringstream in(*text);
        for (std::string line; std::getline(in, line);) lines->push_back(line);
        std::sort(lines->begin(), lines->end());
      }
      BOOST_TEST((a == b), words(row) << "\n" << mosquitto.out << mqfail.out);
    }
  }
}
