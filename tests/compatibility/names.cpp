// SPDX-License-Identifier: Apache-2.0
// The commands under mosquitto's names, as a script that was not changed uses them.
// differential.cpp compares what they print and send; here is what it does not: failover, errors,
// files, silence.
#include <filesystem>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// A folder for the front of PATH and a home.
class Links {
 public:
  Links() {
    for (const char* tool : {"sub", "pub"}) {
      std::filesystem::create_symlink(bin(std::string("mqfail-") + tool),
                                      folder_ / (std::string("mosquitto_") + tool));
    }
    std::filesystem::create_directories(home_ / ".config/mqfail");
  }
  Command command(const std::string& name, const Arguments& arguments,
                  const std::string& servers = {}) const {
    Command command;
    command.argv = {(folder_ / name).string()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.environment["HOME"] = home_.path().string();
    if (!servers.empty()) command.environment["MQFAIL_SERVERS"] = servers;
    return command;
  }
  std::filesystem::path config(const char* name) const { return home_ / ".config" / name; }
  std::string folder() const { return folder_.path().string(); }

 private:
  Scratch folder_, home_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_unchanged_script_goes_on_when_its_server_dies) {
  const Links links;
  Mosquitto a, b;
  // As it stands in scripts: a host that is named, a loop, a filter behind a pipe.
  Command script;
  script.argv = {"/bin/bash", "-c",
                 "mosquitto_sub -h broker.example -p 1883 -i reader -t 'plant/#' -v -q 1 -C 2 | "
                 "while read -r topic value; do echo \"$topic is $value\"; done"};
  script.environment["PATH"] = links.folder() + ":/usr/bin:/bin";
  script.environment["MQFAIL_SERVERS"] = a.uri() + "," + b.uri();
  Process reader(script);
  const auto say = [&](Mosquitto& server, const std::string& value) {
    BOOST_REQUIRE(server.wait_for_subscriber("reader"));
    BOOST_REQUIRE(run({find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p",
                       std::to_string(server.port()), "-t", "plant/x", "-q", "1", "-m", value})
                      .exit.status == 0);
  };
  say(a, "one");
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "plant/x is one", 10s));
  a.kill9();
  say(b, "two");
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "plant/x is two", 10s));
  BOOST_TEST(reader.bytes(Stream::err) == "");
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(an_unchanged_publisher_reaches_the_next_server) {
  const Links links;
  Mosquitto b;
  Recorder recorder(b.port(), "log", 1);
  Command command =
      links.command("mosquitto_pub", {"-h", "broker.example", "-t", "log", "-q", "1", "-l"},
                    dead_uri() + "," + b.uri());
  command.stdin_pipe = true;
  Process writer(command);
  writer.feed("one\ntwo\n");
  CHECK_STATUS(writer, 0);
  BOOST_REQUIRE(recorder.wait_for(2));
  BOOST_TEST(recorder.payloads() == (std::vector<std::string>{"one", "two"}),
             boost::test_tools::per_element());
  BOOST_TEST(writer.bytes(Stream::err) == "");
}

BOOST_AUTO_TEST_CASE(the_topic_of_a_url_counts_although_its_server_does_not) {
  const Links links;
  Mosquitto server;
  const std::string url = "mqtt://me:secret@broker.example:9/url/topic";
  const Finished sent =
      run(links.command("mosquitto_pub", {"-L", url, "-m", "x", "-r"}, server.uri()));
  BOOST_TEST(sent.exit.status == 0, sent.err);
  const Finished got =
      run(links.command("mosquitto_sub", {"-L", url, "-C", "1", "-v"}, server.uri()));
  BOOST_TEST(got.out == "url/topic x\n");
}

BOOST_AUTO_TEST_CASE(options_come_from_mosquittos_files_and_not_from_ours) {
  const Links links;
  Mosquitto server;
  write_file(links.config("mosquitto_pub"),
             "-p " + std::to_string(server.port()) + "\n-t from/file\n");
  write_file(links.config("mosquitto_sub"),
             "-p " + std::to_string(server.port()) + "\n-t from/file\n");
  write_file(links.config("mqfail/sub"), "-t not/this\n-C 99\n");
  BOOST_REQUIRE(run(links.command("mosquitto_pub", {"-r", "-m", "hello"})).exit.status == 0);
  const Finished got = run(links.command("mosquitto_sub", {"-v", "-C", "1", "-W", "9"}));
  BOOST_TEST(got.out == "from/file hello\n");
  BOOST_TEST(got.exit.status == 0);
}

BOOST_AUTO_TEST_CASE(the_metrics_have_the_status_with_which_the_command_ends) {
  const Links links;
  const Scratch scratch;
  const std::string metrics = (scratch / "m.prom").string();
  BOOST_TEST(run(links.command("mosquitto_pub", {"-p", std::to_string(free_port()), "-t", "t", "-m",
                                                 "x", "--metrics", metrics}))
                 .exit.status == 1);
  BOOST_TEST(read_file(metrics).find("mqfail_exit_status{tool=\"mosquitto_pub\",name=\"m\"} 1\n") !=
                 std::string::npos,
             read_file(metrics));
}

BOOST_AUTO_TEST_CASE(ends_are_in_mosquittos_words_with_its_exit_status) {
  const Links links;
  const std::string dead = std::to_string(free_port());
  Mosquitto closed({.user = "me", .password = "right"});
  const std::string port = std::to_string(closed.port());
  Mosquitto open;
  const std::string open_port = std::to_string(open.port());
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    std::string error;
  };
  const std::string refused = "Connection error: Connection Refused: not authorised.\n";
  for (const Row& row : {
           Row{"mosquitto_sub", {"-p", dead, "-t", "a"}, 1, "Error: Connection refused\n"},
           Row{"mosquitto_pub",
               {"-p", dead, "-t", "a", "-m", "x"},
               1,
               "Error: Connection refused\n"},
           Row{"mosquitto_sub", {"-p", port, "-t", "a"}, 5, refused},
           Row{"mosquitto_pub",
               {"-p", port, "-t", "a", "-m", "x", "-u", "me", "-P", "wrong"},
               5,
               refused},
           Row{"mosquitto_sub",
               {"-p", port, "-t", "a", "-V", "5"},
               0x87,
               "Connection error: Not authorized\n"},
           Row{"mosquitto_sub", {"-p", open_port, "-t", "a", "-W", "1"}, 27, "Timed out\n"},
           Row{"mosquitto_sub",
               {"-p", port, "-t", "a", "-q", "3"},
               1,
               "Error: -q takes 0, 1 or 2, not '3'\n"},
           Row{"mosquitto_pub", {"-p", dead, "-t", "a", "-m", "x", "--quiet"}, 1, ""},
       }) {
    const Finished ended = run(links.command(row.name, row.arguments));
    BOOST_TEST_CONTEXT(row.name << " " << row.arguments.back()) {
      BOOST_TEST(ended.exit.status == row.status);
      BOOST_TEST(ended.err == row.error);
      BOOST_TEST(ended.out == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(events_are_told_with_d_only_and_on_standard_error) {
  const Links links;
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  const Finished silent = run(links.command("mosquitto_sub", {"-p", port, "-t", "a", "-E"}));
  BOOST_TEST(silent.err == "");
  const Finished told = run(links.command("mosquitto_sub", {"-p", port, "-t", "a", "-E", "-d"}));
  BOOST_TEST(told.err.find("connected") != std::string::npos);
  BOOST_TEST(told.out == "");
}
