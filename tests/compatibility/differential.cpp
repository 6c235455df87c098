// SPDX-License-Identifier: Apache-2.0
// The same command lines (corpus.cpp) given to Debian's mosquitto_sub and mosquitto_pub and to
// mqfail under their names. Standard output, exit status and the packets of the client must be the
// same. What is meant to differ is a row of intended.cpp, with the words of the man page that say
// so.
#include <filesystem>
#include <map>
#include <memory>

#include "compatibility/case.hpp"
#include "compatibility/intended.hpp"
#include "compatibility/tap.hpp"
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

std::string words(const Case& one) {
  std::string text = "mosquitto_" + one.tool;
  for (const std::string& word : one.arguments) text += " '" + shown_bytes(word) + "'";
  return text;
}

std::string text_of(const Outcome& outcome) {
  std::string text =
      "status " + std::to_string(outcome.status) + ", stdout '" + shown_bytes(outcome.out) + "'\n";
  for (const std::string& packet : outcome.wire) text += "    " + packet + "\n";
  return text;
}

class Bench {
 public:
  Bench() : theirs_(server_.port()), ours_(server_.port()) {
    for (const char* tool : {"sub", "pub"}) {
      std::filesystem::create_symlink(bin(std::string("mqfail-") + tool),
                                      links_ / (std::string("mosquitto_") + tool));
    }
    write_file(files_ / "text", "from a file");
    write_file(files_ / "empty", "");
    write_file(files_ / "binary", std::string("\0\1\2\xff\xfe\n\r\0", 8));
    write_file(files_ / "huge", std::string(1'000'000, 'x'));
    retain();
  }

  std::string folder() const { return files_.path().string(); }

  std::pair<Outcome, Outcome> run(const Case& one) {
    const std::string name = "mosquitto_" + one.tool;
    const auto theirs = start(find_program(name), theirs_, one);
    const auto ours = start((links_ / name).string(), ours_, one);
    return {outcome(*theirs, theirs_), outcome(*ours, ours_)};
  }

 private:
  std::unique_ptr<Process> start(const std::string& program, const Tap& tap, const Case& one) {
    Command command;
    command.argv = {program, "-h", "127.0.0.1", "-p", std::to_string(tap.port())};
    // Two clients with one client id would end each other's connection.
    for (const std::string& word : one.arguments)
      command.argv.push_back(word == "ID" ? own_id(tap) : word);
    command.environment["HOME"] = links_.path().string();
    command.environment["TZ"] = "UTC";
    command.stdin_pipe = true;
    auto process = std::make_unique<Process>(command);
    process->feed(one.input);
    return process;
  }

  static std::string own_id(const Tap& tap) { return "id-" + std::to_string(tap.port()); }

  static Outcome outcome(Process& process, Tap& tap) {
    const auto exit = process.wait_exit(10s);
    if (!exit) {
      process.signal(SIGKILL);
      process.wait_exit(5s);
    }
    Outcome result{process.bytes(Stream::out), exit ? exit->status : -1, tap.take()};
    for (std::string& packet : result.wire) {
      const std::size_t at = packet.find(own_id(tap));
      if (at != std::string::npos) packet.replace(at, own_id(tap).size(), "ID");
    }
    return result;
  }

  // A message of each kind, retained.
  void retain() {
    Client client(server_.port(), {.client_id = "rig", .version = 5});
    const auto put = [&client](const std::string& topic, const std::string& payload, int qos = 0,
                               std::vector<Property> properties = {}) {
      client.publish({topic, payload, qos, false, true, static_cast<std::uint16_t>(qos > 0 ? 9 : 0),
                      std::move(properties)});
    };
    put("m/text", "message");
    put("m/one", "once", 1);
    put("m/two", "twice", 2);
    put("m/utf8",
        "gr\xc3\xbc\xc3\x9f"
        "e \xe2\x98\x83");
    put("m/binary", std::string("\0\1\xff\xfe", 4));
    put("m/json", R"({"a":1.50,"b":["x",null]})");
    put("m/lines", "one\ntwo\t3\\\"");
    put("m/big", std::string(100'000, 'b'));
    put("m/properties", "with", 1,
        {{0x01, 1, {}, {}},
         {0x02, 3600, {}, {}},
         {0x03, 0, "text/plain", {}},
         {0x08, 0, "an/answer", {}},
         {0x09, 0, "corr", {}},
         {0x26, 0, "v1", "k"},
         {0x26, 0, "v2", "k2"}});
  }

  Mosquitto server_;
  Scratch links_, files_;
  Tap theirs_, ours_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(both_do_the_same_but_for_what_the_manual_says) {
  Bench bench;
  Cases all;
  for (const Cases& some :
       {format_cases(), sub_cases(), pub_cases(bench.folder()), doubtful_cases(), error_cases()})
    all.insert(all.end(), some.begin(), some.end());
  std::map<std::string, std::size_t> needed;
  for (const Case& one : all) {
    auto [theirs, ours] = bench.run(one);
    const Outcome their_own = theirs, our_own = ours;
    std::string applied;
    for (const Intended& row : intended()) {
      if (!row.concerns(one)) continue;
      const bool before = theirs == ours;
      row.forgive(theirs, ours);
      if (!before) ++needed[row.name];
      applied += " " + row.name;
    }
    BOOST_TEST((theirs == ours), words(one) << "\n  mosquitto: " << text_of(their_own)
                                            << "  mqfail: " << text_of(our_own)
                                            << "  forgiven:" << applied);
  }
  BOOST_TEST(all.size() >= 400U);
  BOOST_TEST_MESSAGE(all.size() << " command lines were compared");
  for (const Intended& row : intended())
    BOOST_TEST((needed[row.name] > 0U || !row.always), row.name << " makes no difference any more");
}

BOOST_AUTO_TEST_CASE(what_is_meant_to_differ_is_in_the_notes) {
  const std::string pages = manual();
  for (const Intended& row : intended()) {
    BOOST_TEST(pages.find(row.in_manual) != std::string::npos,
               row.name << ": the man pages do not say '" << row.in_manual << "'");
  }
}
