// SPDX-License-Identifier: Apache-2.0
// Pipelines: topics and JSON in the lines of mqfail-pub, acknowledgements that go through a whole
// pipeline (delivery.md P8, S9), a file for each topic.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "end_to_end/tools.hpp"
#include "rig/full_pipe.hpp"

using namespace rig;

namespace {

struct Pipes {
  Scratch scratch;
  Mosquitto server{{.lines = {"max_queued_messages 0", "log_type all"}}};
  std::string fifo = (scratch / "acks").string();

  std::string path(const std::string& name) { return (scratch / name).string(); }
  // Runs a line of shell, in which $BIN, $URI and $DIR stand for the commands and the places.
  Command shell(const std::string& line) {
    return {.argv = {"bash", "-o", "pipefail", "-c", line},
            .environment = {{"BIN", mqfail::test::bin_dir()},
                            {"URI", server.uri()},
                            {"PORT", std::to_string(server.port())},
                            {"DIR", scratch / ""}},
            .directory = scratch / ""};
  }
  Finished sh(const std::string& line, milliseconds patience = 60s) {
    return run(shell(line), patience);
  }
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What the server has retained, topic and payload a line.
std::string retained(Pipes& pipes) {
  return pipes.sh("mosquitto_sub -p $PORT -t '#' -v --retained-only -W 1 | sort").out;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The number in `"ack":N`, of the line at this place.
std::uint64_t ack_of(const std::string& line) {
  const std::size_t at = line.find("\"ack\":");
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + 6));
}

}  // namespace

// mosquitto#3060: a line "temp_0d=23.5 C" goes to its own topic.
BOOST_FIXTURE_TEST_CASE(each_line_has_its_topic, Pipes) {
  const Finished done =
      sh("printf 'temp_0d=23.5 C\\nno separator\\nhum=4=5\\n/#=x\\nempty=\\n' | $BIN/mqfail-pub -s "
         "$URI "
         "-r -q 1 -l --topic-separator = --undelivered rest");
  BOOST_TEST(done.exit.status == 75);
  BOOST_TEST(retained(*this) == "hum 4=5\ntemp_0d 23.5 C\n");
  BOOST_TEST(read_file(scratch / "rest") == "no separator\n/#=x\n");
  BOOST_TEST(holds(done.err, "line 2: there is no separator behind a topic"), done.err);
  BOOST_TEST(holds(done.err, "line 4: column 1: the topic contains a wildcard"), done.err);
}

BOOST_FIXTURE_TEST_CASE(records_that_end_with_nul_have_topics_too, Pipes) {
  const Finished done =
      sh("printf 'a::1\\n2\\0b::\\0' | $BIN/mqfail-pub -s $URI -r -q 1 -0 --topic-separator ::");
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(retained(*this) == "2\na 1\n");
}

BOOST_FIXTURE_TEST_CASE(json_lines_that_are_wrong_have_failed_and_all_others_are_delivered, Pipes) {
  const std::string wrong = R"({"topic":"a/#","payload":"x"})"
                            "\n{\"topic\":\"a\",\n[]\n";
  write_file(scratch / "in", R"({"topic":"one","payload":"1"})"
                             "\n" +
                                 wrong + R"({"topic":"two","payload":{"x": [1, 2]},"qos":2})" +
                                 "\n");
  const Finished done =
      sh("$BIN/mqfail-pub -s $URI --json -r -q 1 --undelivered rest <in --events json");
  BOOST_TEST(done.exit.status == 75);
  BOOST_TEST(retained(*this) == "one 1\ntwo {\"x\":[1,2]}\n");
  BOOST_TEST(read_file(scratch / "rest") == wrong);
  BOOST_TEST(holds(done.err, "line 2: column 10: the topic contains a wildcard"), done.err);
  BOOST_TEST(holds(done.err, "\"line\":3"), done.err);
}

// 10,000 messages with all that may travel, seen by mosquitto_sub on both sides.
BOOST_FIXTURE_TEST_CASE(a_copy_through_json_is_exact, Pipes) {
  Mosquitto other;
  std::string lines;
  for (int i = 1; i <= 10'000; ++i) {
    const std::string n = std::to_string(i);
    lines += "{\"topic\":\"t/" + std::to_string(i % 7) + "\",\"qos\":" + std::to_string(i % 3);
    lines += i % 5 == 0
                 ? ",\"payload_base64\":\"AP9" + std::string(i % 2 == 0 ? "hYg==" : "hYmM=") + "\""
                 : ",\"payload\":\"" + n + " \\u00e9\\n\\u0000\"";
    if (i % 4 == 0)
      lines += ",\"properties\":{\"content-type\":\"c" + n +
               "\",\"response-topic\":\"r\",\"correlation-data_base64\":\"AP8=\","
               "\"user-properties\":{\"b\":\"1\",\"a\":\"" +
               n + "\",\"b\":\"2\"},\"payload-format-indicator\":0}";
    lines += "}\n";
  }
  write_file(scratch / "in", lines);
  // mosquitto_sub shows what reaches each server.
  const auto see = [](const std::string& name, const Mosquitto& at, const std::string& file) {
    return Command{.argv = {"mosquitto_sub", "-i", name, "-V", "5", "-p", std::to_string(at.port()),
                            "-D", "connect", "receive-maximum", "20000", "-t", "t/#", "-q", "2",
                            "-C", "10000", "-F", "%t %q %C %D %F %P %R %x"},
                   .stdout_file = file};
  };
  Process one(see("one", server, path("one")));
  Process two(see("two", other, path("two")));
  Command made = shell(
      "$BIN/mqfail-sub -s $URI -i copy -t 't/#' -q 2 --json -C 10000 |\n"
      "  $BIN/mqfail-pub -s tcp://localhost:$OTHER --json");
  made.environment["OTHER"] = std::to_string(other.port());
  Process copy(made);
  BOOST_REQUIRE(server.wait_for_subscriber("one"));
  BOOST_REQUIRE(other.wait_for_subscriber("two"));
  BOOST_REQUIRE(server.wait_for_subscriber("copy"));
  const Finished published = sh("$BIN/mqfail-pub -s $URI --json <in");
  BOOST_TEST(published.exit.status == 0, published.err);
  for (Process* process : {&copy, &one, &two}) CHECK_STATUS(*process, 0);
  const std::string seen = read_file(scratch / "one");
  BOOST_TEST(std::count(seen.begin(), seen.end(), '\n') == 10'000);
  // The order is not the same: QoS 2 needs more packets than QoS 0.
  const auto one_sorted = sorted_lines(seen);
  const auto two_sorted = sorted_lines(read_file(scratch / "two"));
  const auto [here, there] =
      std::mismatch(one_sorted.begin(), one_sorted.end(), two_sorted.begin(), two_sorted.end());
  BOOST_TEST((here == one_sorted.end() && there == two_sorted.end()),
             (here == one_sorted.end() ? "(end)" : *here) + "\n" +
                 (there == two_sorted.end() ? "(end)" : *there));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_acknowledged_before_its_number_has_come_back, Pipes) {
  Process process(Command{
      .argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c", "-k", "2", "-D",
                   "connect", "receive-maximum", "20", "--json", "--ack-from", fifo})});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  BOOST_REQUIRE(sh("seq 100 | $BIN/mqfail-pub -s $URI -t t -l -q 1").exit.status == 0);
  // As many as the server has under way at once.
  BOOST_REQUIRE(process.wait_for_lines(Stream::out, 20, 10s));
  REQUIRE_EVENT(process, events, "stalled");  // it waits for half a keepalive first
  BOOST_TEST(process.line_count(Stream::out) == 20U);
  const std::uint64_t first = ack_of(process.lines(Stream::out).front().text);
  BOOST_TEST(ack_of(process.lines(Stream::out).back().text) == first + 19);

  Fd writer(::open(fifo.c_str(), O_WRONLY));
  const auto acknowledge = [&](const std::string& line) {
    BOOST_REQUIRE(write_all(writer.get(), line + "\n"));
  };
  acknowledge("1");  // of another run
  acknowledge(std::to_string(first + 20));
  acknowledge("x");
  BOOST_TEST(events.wait("warning").has_value());
  const auto acknowledged = [&](std::size_t count) {
    return server.wait_for_log("Received PUBACK from me.*", 10s, count);
  };
  acknowledge(std::to_string(first + 9));  // cumulative
  BOOST_TEST(acknowledged(10));
  // mosquitto 2.0.11 does not keep to the Receive Maximum once the first one is acknowledged.
  BOOST_REQUIRE(process.wait_for_lines(Stream::out, 100, 10s));
  BOOST_TEST(!server.wait_for_log("Received PUBACK from me.*", 0s, 11));

  // Another FIFO in its place.
  BOOST_REQUIRE(sh("rm acks; mkfifo acks").exit.status == 0);
  writer = Fd(::open(fifo.c_str(), O_WRONLY));  // waits until it is opened at the other end
  acknowledge(std::to_string(first + 29));
  BOOST_TEST(acknowledged(30));

  // What has no number yet stays with the server, and comes again with new numbers.
  writer = Fd();
  CHECK_STATUS(process, 75);
  BOOST_TEST(holds(process.bytes(Stream::err), "70 messages that it has not acknowledged stay"));
  Process again(Command{.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c",
                                     "--json", "--ack-from", fifo})});
  BOOST_REQUIRE(again.wait_for_lines(Stream::out, 20, 10s));
  const std::string repeated = again.lines(Stream::out).front().text;
  BOOST_TEST(holds(repeated, "\"payload\":\"31\""), repeated);
  BOOST_TEST(holds(repeated, "\"dup\":1"), repeated);
  BOOST_TEST(ack_of(repeated) > first + 50);
}

// A FIFO that nobody has opened for writing does not hang up.
BOOST_FIXTURE_TEST_CASE(a_writer_that_ends_when_the_fifo_is_a_new_one_ends_the_run, Pipes) {
  Process process(Command{.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c",
                                       "--json", "--ack-from", fifo})});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  Fd writer(::open(fifo.c_str(), O_WRONLY));
  BOOST_REQUIRE(sh("seq 2 | $BIN/mqfail-pub -s $URI -t t -l -q 1").exit.status == 0);
  BOOST_REQUIRE(process.wait_for_lines(Stream::out, 2, 10s));
  BOOST_REQUIRE(
      write_all(writer.get(), std::to_string(ack_of(process.lines(Stream::out)[0].text)) + "\n"));
  BOOST_REQUIRE(server.wait_for_log("Received PUBACK from me"));
  BOOST_REQUIRE(sh("rm acks; until [ -p acks ]; do :; done", 10s).exit.status == 0);
  writer = Fd();
  CHECK_STATUS(process, 75);
  BOOST_TEST(holds(process.bytes(Stream::err), "1 message that it has not acknowledged"));
}

// mqfail-pub may find the new one first, and leave the old one.
BOOST_FIXTURE_TEST_CASE(a_fifo_that_is_made_again_under_load_goes_on, Pipes) {
  Mosquitto far;
  Process pipeline(
      shell("$BIN/mqfail-sub -s $URI -c -i b -t t -q 1 --json --idle-exit 1 --ack-from acks | "
            "$BIN/mqfail-pub -s " +
            far.uri() + " --json --ack-to acks --events json"));
  BOOST_REQUIRE(server.wait_for_subscriber("b"));
  Recorder recorder(far.port(), "t");
  std::atomic<bool> stop{false};
  std::atomic<std::uint32_t> sent{0};
  std::thread feed([&] {
    Client client(server.port());
    while (!stop) client.publish({.topic = "t", .payload = numbered_line(++sent), .qos = 1});
  });
  for (int time = 0; time < 5; ++time) {
    BOOST_REQUIRE(recorder.wait_for(recorder.payloads().size() + 50));
    std::filesystem::remove(fifo);
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_REQUIRE(recorder.wait_for(recorder.payloads().size() + 300));
  }
  BOOST_TEST(!pipeline.wait_exit(1500ms).has_value());
  stop = true;
  feed.join();
  CHECK_STATUS(pipeline, 0);
  BOOST_TEST(recorder.wait_for(sent));
}

BOOST_FIXTURE_TEST_CASE(a_pipeline_that_ends_before_its_publisher_has_the_fifo_is_over, Pipes) {
  Process process(Command{.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c",
                                       "--json", "--ack-from", fifo}),
                          .stdout_closed_after_first_line = true});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  BOOST_REQUIRE(sh("echo x | $BIN/mqfail-pub -s $URI -t t -l -q 1").exit.status == 0);
  CHECK_STATUS(process, 75);
}

BOOST_FIXTURE_TEST_CASE(a_publisher_tells_how_many_lines_are_settled, Pipes) {
  const Finished done =
      sh("mkfifo acks; exec 5<>acks; seq 500 | $BIN/mqfail-pub -s $URI -t t -q 1 -l --ack-to acks\n"
         "while read -t 1 -u 5 number; do last=$number; done; echo $last");
  BOOST_TEST(done.out == "500\n", done.err);
}

// At QoS 0 an answered ping proves what was published before. Others come meanwhile without an end,
// and those of QoS 1 between them must not wait for a moment at which all is proven.
BOOST_FIXTURE_TEST_CASE(messages_of_qos_0_do_not_hold_up_the_acknowledgements_of_others, Pipes) {
  const Finished done =
      sh("mkfifo acks; exec 5<>acks\n"
         "awk 'BEGIN { for (i = 1;; ++i)\n"
         "  printf \"{\\\"topic\\\":\\\"t\\\",\\\"qos\\\":%d,\\\"ack\\\":%d}\\n\", i % 10 == 0, i "
         "}' |\n"
         "  timeout 10 $BIN/mqfail-pub -s $URI --json --ack-to acks --quiet &\n"
         "for i in $(seq 100); do read -t 8 -u 5 number || break; done\n"
         "kill $!; wait; echo $i");
  BOOST_TEST(done.out == "100\n", done.err);
}

BOOST_FIXTURE_TEST_CASE(a_pipeline_whose_publisher_is_killed_loses_nothing, Pipes) {
  Mosquitto other;
  Process reader(Command{.argv = {"mosquitto_sub", "-i", "reader", "-p",
                                  std::to_string(other.port()), "-t", "out", "-q", "1"}});
  BOOST_REQUIRE(other.wait_for_subscriber("reader"));
  const auto bridge = [&] {
    Command made = shell(
        "$BIN/mqfail-sub -s $URI -t in -q 1 -i bridge -c --json --ack-from acks --quiet |\n"
        "  sed -u 's/\"topic\":\"in\"/\"topic\":\"out\"/' |\n"
        "  (echo $BASHPID >pub; exec $BIN/mqfail-pub -s $OTHER --json --ack-to acks --quiet)");
    made.environment["OTHER"] = other.uri();
    return std::make_unique<Process>(made);
  };
  auto running = bridge();
  BOOST_REQUIRE(server.wait_for_subscriber("bridge"));
  const auto publish = [&](std::uint32_t first, std::uint32_t last) {
    BOOST_REQUIRE(sh("seq " + std::to_string(first) + " " + std::to_string(last) +
                     " | $BIN/mqfail-pub -s $URI -t in -l -q 1")
                      .exit.status == 0);
  };
  for (std::uint32_t round = 0; round < 4; ++round) {
    publish(round * 1000 + 1, round * 1000 + 500);
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, round * 1000 + 200, 20s));
    BOOST_REQUIRE(::kill(std::stoi(read_file(scratch / "pub")), SIGKILL) == 0);
    publish(round * 1000 + 501, round * 1000 + 1000);
    status_of(*running);
    running = bridge();
  }
  std::set<std::string> got;
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "4000", 20s));
  for (const Line& line : reader.lines(Stream::out)) got.insert(line.text);
  BOOST_TEST(got.size() == 4000U);
  // What was in the pipe came twice, and no more.
  BOOST_TEST(reader.line_count(Stream::out) <= 4000U + 4 * 500);
  ::kill(std::stoi(read_file(scratch / "pub")), SIGKILL);
  publish(1, 1);  // the pipeline ends when it notices
  status_of(*running);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_carry_acknowledgements_is_refused, Pipes) {
  write_file(scratch / "file", "x");
  const std::string sub = "$BIN/mqfail-sub -s $URI -t t -q 1 ";
  const std::string pub = "$BIN/mqfail-pub -s $URI -t t -q 1 ";
  struct {
    std::string line;
    int status;
    std::string said;
  } const refused[] = {
      {sub + "--json --ack-from file", 64, "file is not a FIFO"},
      {pub + "-l --ack-to file </dev/null", 64, "file is not a FIFO"},
      {sub + "--json --ack-from no/where", 73, "--ack-from"},
      {sub + "--ack-from acks", 64, "give --json"},
      {sub + "--json --pretty --ack-from acks", 64, "without --pretty"},
      {sub + "--json --ack-from acks --output d", 64, "--output"},
      {pub + "-m x --ack-to acks", 64, "give -l or --json"},
      {pub + "-l --spool s --ack-to acks", 64, "--spool"},
      {"$BIN/mqfail-pub -s $URI --topic-separator = -m x", 64, "--topic-separator"},
      {pub + "-l --topic-separator =", 64, "the topics are in the lines"},
      {"$BIN/mqfail-pub -s $URI -l --topic-separator ''", 64, "--topic-separator"},
  };
  for (const auto& [line, status, said] : refused) {
    const Finished done = sh(line);
    BOOST_TEST(done.exit.status == status, line + "\n" + done.err);
    BOOST_TEST(holds(done.err, said), done.err);
  }
  if (geteuid() != 0) return;
  BOOST_REQUIRE(sh("mkfifo other; chown nobody other").exit.status == 0);
  const Finished done = sh(sub + "--json --ack-from other");
  BOOST_TEST(done.exit.status == 78, done.err);
  BOOST_TEST(holds(done.err, "belongs to another user"));
}

BOOST_FIXTURE_TEST_CASE(each_topic_has_a_file, Pipes) {
  std::string lines;
  for (int i = 0; i < 300; ++i)
    lines += "many/" + std::to_string(i % 150) + "=" + std::to_string(i) + "\n";
  lines += "../../x=out\n.=dot\na b=\xc3\xa9\n";
  lines += "long/" + std::string(300, 'l') + "=1\n";
  lines += "long/" + std::string(301, 'l') + "=2\n";
  write_file(scratch / "in", lines);
  Process process(Command{.argv = sub({"-s", server.uri(), "-t", "#", "-q", "1", "-C", "305",
                                       "--output", path("dir")})});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  BOOST_REQUIRE(sh("$BIN/mqfail-pub -s $URI -l -q 1 --topic-separator = <in").exit.status == 0);
  CHECK_STATUS(process, 0);
  BOOST_TEST(process.bytes(Stream::out).empty());
  BOOST_TEST(read_file(scratch / "dir/many%2F7") == "7\n157\n");
  BOOST_TEST(read_file(scratch / "dir/%2E.%2F..%2Fx") == "out\n");
  BOOST_TEST(read_file(scratch / "dir/%2E") == "dot\n");
  BOOST_TEST(read_file(scratch / "dir/a%20b") == "\xc3\xa9\n");
  std::size_t files = 0;
  for (const auto& one : std::filesystem::directory_iterator(scratch / "dir")) {
    ++files;
    BOOST_TEST(one.path().filename().string().size() <= 255U);
  }
  BOOST_TEST(files == 155U);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_written_ends_the_run_and_is_not_acknowledged, Pipes) {
  BOOST_REQUIRE(sh("mkdir -p dir; ln -s /tmp/elsewhere dir/t").exit.status == 0);
  Process process(Command{.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c",
                                       "--output", path("dir")})});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  BOOST_REQUIRE(sh("mosquitto_pub -p $PORT -t t -q 1 -m kept").exit.status == 0);
  CHECK_STATUS(process, 74);
  BOOST_TEST(holds(process.bytes(Stream::err), "dir/t could not be written"));
  BOOST_TEST(!std::filesystem::exists("/tmp/elsewhere"));
  BOOST_TEST(
      sh("rm dir/t; $BIN/mqfail-sub -s $URI -t t -q 1 -i me -c -C 1 --output dir").exit.status ==
      0);
  BOOST_TEST(read_file(scratch / "dir/t") == "kept\n");
  BOOST_TEST(sh("$BIN/mqfail-sub -s $URI -t t --output /proc/none").exit.status == 73);
}

// A limit of the size of files is as a full disk. What does not fit is taken back.
BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_whole_messages, Pipes) {
  Process process(shell(
      "trap '' XFSZ; ulimit -f 1; exec $BIN/mqfail-sub -s $URI -i me -c -t t -q 1 --output dir"));
  BOOST_REQUIRE(server.wait_for_subscriber("me"));
  BOOST_REQUIRE(sh("seq -f %0300g 10 | $BIN/mqfail-pub -s $URI -t t -l -q 1").exit.status == 0);
  CHECK_STATUS(process, 74);
  const std::string kept = read_file(scratch / "dir/t");
  BOOST_TEST(kept.size() % 301 == 0U);
  BOOST_TEST(kept.size() < 1025U);
  // The rest stays with the server.
  const std::size_t left = 10 - kept.size() / 301;
  BOOST_TEST(
      sh("$BIN/mqfail-sub -s $URI -i me -c -t t -q 1 --output dir -C " + std::to_string(left))
          .exit.status == 0);
  BOOST_TEST(read_file(scratch / "dir/t").size() == 3010U);
}

// The other side of a request, out of the two commands: what is asked for comes back.
namespace {

Command responder(Pipes& pipes, const std::string& uri) {
  return pipes.shell(
      "$BIN/mqfail-sub -s " + uri +
      " -i responder -t ask -q 1 --json -C 1 -W 30 |\n"
      "  jq -c --unbuffered '{topic: .properties[\"response-topic\"], payload: (\"got \" + "
      ".payload), properties: {\"correlation-data\": .properties[\"correlation-data\"]}}' |\n"
      "  $BIN/mqfail-pub -s " +
      uri + " -q 1 --json");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_first_reply_to_a_request_is_printed, Pipes) {
  const Process answers(responder(*this, server.uri()));
  BOOST_REQUIRE(server.wait_for_subscriber("responder"));
  const Finished done = sh("$BIN/mqfail-pub -s $URI -t ask -q 1 -m hello --wait-reply 10");
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(done.out == "got hello\n");
  const Finished none = sh("$BIN/mqfail-pub -s $URI -t nobody -q 1 -m hello --wait-reply 0.3");
  BOOST_TEST(none.exit.status == 27);
  BOOST_TEST(holds(none.err, "no reply has come"), none.err);
  BOOST_TEST(sh("$BIN/mqfail-pub -s $URI -t t -m x --wait-reply 1 -V 311").exit.status == 64);
  BOOST_TEST(sh("$BIN/mqfail-pub -s $URI -t t -l --wait-reply 1").exit.status == 64);
}

BOOST_FIXTURE_TEST_CASE(a_request_whose_server_dies_is_sent_once_more, Pipes) {
  Mosquitto other;
  const Process answers(responder(*this, other.uri()));
  BOOST_REQUIRE(other.wait_for_subscriber("responder"));
  Process asker(Command{.argv = pub({"-s", server.uri(), "-s", other.uri(), "-t", "ask", "-q", "1",
                                     "-m", "hello", "--wait-reply", "20"})});
  BOOST_REQUIRE(server.wait_for_log("Sending PUBACK to .*"));
  server.kill9();
  CHECK_STATUS(asker, 0);
  BOOST_TEST(asker.bytes(Stream::out) == "got hello\n");
}

BOOST_FIXTURE_TEST_CASE(a_reply_that_cannot_be_printed_is_74_and_a_request_without_one_is_not_0,
                        Pipes) {
  const Process answers(responder(*this, server.uri()));
  BOOST_REQUIRE(server.wait_for_subscriber("responder"));
  const Finished full =
      sh("$BIN/mqfail-pub -s $URI -t ask -q 1 -m hello --wait-reply 10 >/dev/full");
  BOOST_TEST(full.exit.status == 74, full.err);
  Process asker(Command{.argv = pub({"-s", server.uri(), "-i", "asker", "-t", "nobody", "-q", "1",
                                     "-m", "x", "--wait-reply", "60"})});
  BOOST_REQUIRE(server.wait_for_log("Sending PUBACK to asker.*"));
  asker.signal(SIGTERM);
  CHECK_STATUS(asker, 75);
}

BOOST_FIXTURE_TEST_CASE(the_reply_to_another_request_is_none, Pipes) {
  const Process answers(responder(*this, server.uri()));
  BOOST_REQUIRE(server.wait_for_subscriber("responder"));
  Process other(Command{.argv = pub({"-s",
                                     server.uri(),
                                     "-i",
                                     "other",
                                     "-t",
                                     "nobody",
                                     "-q",
                                     "1",
                                     "-m",
                                     "x",
                                     "--wait-reply",
                                     "1",
                                     "-D",
                                     "publish",
                                     "response-topic",
                                     "r",
                                     "-D",
                                     "publish",
                                     "correlation-data",
                                     "1"})});
  BOOST_REQUIRE(server.wait_for_log("Sending PUBACK to other.*"));
  const Finished done =
      sh("$BIN/mqfail-pub -s $URI -t ask -q 1 -m hello --wait-reply 10 -D publish response-topic r "
         "-D publish correlation-data 2");
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(done.out == "got hello\n");
  CHECK_STATUS(other, 27);
  BOOST_TEST(other.bytes(Stream::out) == "");
  BOOST_TEST(sh("$BIN/mqfail-pub -s $URI -t r -m x --wait-reply 1 -D publish response-topic r")
                 .exit.status == 64);
}

BOOST_FIXTURE_TEST_CASE(a_request_that_no_server_takes_is_not_waited_for, Pipes) {
  ScriptedServer refuses({.puback = [](const Publish&) { return 0x87; }});
  Process asker(Command{.argv = pub({"-s", refuses.uri(), "-t", "ask", "-q", "1", "-m", "x",
                                     "--wait-reply", "600"})});
  CHECK_STATUS(asker, 75);
  // The next server, if one grants no subscription to the reply.
  ScriptedServer grants_nothing({.suback = [](const std::string&, int) { return 0x87; }});
  const Process answers(responder(*this, server.uri()));
  BOOST_REQUIRE(server.wait_for_subscriber("responder"));
  Process next(Command{.argv = pub({"-s", grants_nothing.uri(), "-s", server.uri(), "-t", "ask",
                                    "-q", "1", "-m", "hello", "--wait-reply", "20"})});
  CHECK_STATUS(next, 0);
  BOOST_TEST(next.bytes(Stream::out) == "got hello\n");
  BOOST_TEST(received(grants_nothing).empty());
}

BOOST_FIXTURE_TEST_CASE(a_reply_that_nobody_reads_does_not_hold_the_run_after_a_signal, Pipes) {
  const FullPipe full(path("full"));
  const Process answers(responder(*this, server.uri()));
  BOOST_REQUIRE(server.wait_for_subscriber("responder"));
  Process asker(Command{.argv = pub({"-s", server.uri(), "-i", "asker", "-t", "ask", "-q", "1",
                                     "-m", "hello", "--wait-reply", "60"}),
                        .stdout_file = full.path()});
  BOOST_REQUIRE(server.wait_for_log("Sending PUBLISH to asker.*"));
  BOOST_TEST(!asker.wait_exit(300ms).has_value());
  asker.signal(SIGTERM);
  CHECK_STATUS(asker, 74);
}

// mosquitto forgets a message of QoS 2 once its PUBREC has come.
BOOST_FIXTURE_TEST_CASE(with_mqtt_3_1_1_each_run_of_a_session_prints_the_next_message_of_qos_2,
                        Pipes) {
  const std::string sub = "$BIN/mqfail-sub -s $URI -V 311 -q 2 -c -i x -t t ";
  BOOST_TEST(sh(sub + "-E").exit.status == 0);
  BOOST_TEST(sh("seq 10 | mosquitto_pub -p $PORT -t t -q 2 -l").exit.status == 0);
  const Finished done = sh("for i in {1..10}; do " + sub + "-C 1 -W 10; done");
  BOOST_TEST(done.out == "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", done.err);
}

BOOST_FIXTURE_TEST_CASE(files_of_output_get_exact_bytes_from_a_terminal_too, Pipes) {
  BOOST_TEST(sh("printf 'a\\033[1m\\001\\377' | mosquitto_pub -p $PORT -t t -r -s").exit.status ==
             0);
  const Finished done =
      sh("script -qec \"$BIN/mqfail-sub -s $URI -t t -q 1 -C 1 -N --output out\" typescript");
  BOOST_TEST(done.exit.status == 0, done.err);
  BOOST_TEST(read_file(scratch / "out" / "t") == "a\033[1m\001\377");
}

// Node gives its children sockets, and a socket that nobody reads says POLLHUP.
BOOST_FIXTURE_TEST_CASE(a_closed_socket_as_standard_output_ends_with_0, Pipes) {
  const Finished done =
      sh("perl -e 'use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC);"
         " if (!fork) { close $a; open(STDOUT, \">&\", $b); exec @ARGV }"
         " close $b; close $a; wait; exit($? >> 8)' -- $BIN/mqfail-sub -s $URI -t t",
         20s);
  BOOST_TEST(done.exit.status == 0, done.err);
}

// The numbers of what the filter leaves out do not come back. When no other message can come behind
// it, the filter and mqfail-pub come to their end, and so does the run.
BOOST_FIXTURE_TEST_CASE(a_filter_that_leaves_the_last_messages_out_holds_nobody_up, Pipes) {
  const std::string sub = "$BIN/mqfail-sub -s $URI -t in -c -i x -q 1 --json -W 10 ";
  const std::string rest =
      " | sed -u '/drop/d; s/\"topic\":\"in\"/\"topic\":\"out\"/' |"
      " $BIN/mqfail-pub -s $URI --json --ack-to acks; echo ${PIPESTATUS[@]}";
  BOOST_TEST(sh("mkfifo acks; " + sub + "-E").exit.status == 0);
  struct {
    std::string lines, end, statuses;
  } const rows[] = {
      {"a drop b", "-C 3", "0 0 0\n"},
      {"a b drop drop", "-C 4", "75 0 0\n"},  // they stay with the server
      {"", "--idle-exit 1", "75 0 0\n"},
      {"", "-C 2", "75 0 0\n"},
      {"b", "-C 3", "0 0 0\n"},
      {"b", "--idle-exit 1", "0 0 0\n"},
  };
  for (const auto& [lines, end, statuses] : rows) {
    BOOST_TEST(sh("for i in " + lines + "; do echo $i; done | mosquitto_pub -p $PORT -t in -q 1 -l")
                   .exit.status == 0);
    const Finished done = sh(sub + "--ack-from acks " + end + rest, 20s);
    BOOST_TEST(done.out == statuses, lines + " " + end + "\n" + done.err);
  }
}

BOOST_FIXTURE_TEST_CASE(when_nobody_acknowledges_any_more_a_blocked_output_is_not_waited_for,
                        Pipes) {
  Process process(Command{.argv = sub({"-s", server.uri(), "-t", "t", "-q", "1", "-i", "me", "-c",
                                       "-k", "1", "--json", "--ack-from", fifo}),
                          .stdout_unread = true});
  Events events(process);
  REQUIRE_EVENT(process, events, "subscribed");
  Fd writer(::open(fifo.c_str(), O_WRONLY));
  BOOST_REQUIRE(sh("seq -f %02000.f 100 | $BIN/mqfail-pub -s $URI -t t -l -q 1").exit.status == 0);
  REQUIRE_EVENT(process, events, "stalled",
                [](const Said& said) { return holds(said.get("reason"), "standard output"); });
  writer = Fd();
  const auto exit = process.wait_exit(15s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 75);
  BOOST_TEST(exit->cpu_seconds() < at_most(1.0));
}

// The reader is killed while the pipe is full, and --ack-from has a writer.
BOOST_FIXTURE_TEST_CASE(a_bridge_whose_reader_dies_is_no_success, Pipes) {
  BOOST_TEST(sh("mkfifo acks; $BIN/mqfail-sub -s $URI -t t -c -i x -q 1 -E").exit.status == 0);
  BOOST_TEST(sh("for i in {1..80}; do head -c 3000 /dev/zero | tr '\\0' x; echo; done |"
                " mosquitto_pub -p $PORT -t t -q 1 -l")
                 .exit.status == 0);
  const Finished done =
      sh("$BIN/mqfail-sub -s $URI -t t -c -i x -q 1 --json --ack-from acks |"
         " { exec 5>acks; head -c 100000 >/dev/null; }; echo ${PIPESTATUS[0]}",
         20s);
  BOOST_TEST(done.out == "75\n", done.err);
  // It reads nothing at all, so that no batch is written in full.
  const Finished deaf =
      sh("$BIN/mqfail-sub -s $URI -t t -c -i x -q 1 --json --ack-from acks |"
         " { exec 5>acks; read -N 1; }; echo ${PIPESTATUS[0]}",
         20s);
  BOOST_TEST(deaf.out == "75\n", deaf.err);
}

BOOST_FIXTURE_TEST_CASE(a_file_of_output_that_was_deleted_is_made_again, Pipes) {
  Process reader(shell("$BIN/mqfail-sub -s $URI -i reader -t t -q 1 -C 2 --output out"));
  BOOST_REQUIRE(server.wait_for_subscriber("reader"));
  const auto file = scratch / "out" / "t";
  BOOST_TEST(sh("mosquitto_pub -p $PORT -t t -q 1 -m one").exit.status == 0);
  BOOST_REQUIRE(server.wait_for_log("Received PUBACK from reader.*"));
  BOOST_TEST(read_file(file) == "one\n");
  std::filesystem::remove(file);
  BOOST_TEST(sh("mosquitto_pub -p $PORT -t t -q 1 -m two").exit.status == 0);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(read_file(file) == "two\n");
}
