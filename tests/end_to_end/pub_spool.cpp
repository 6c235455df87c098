// SPDX-License-Identifier: Apache-2.0
// mqfail-pub --spool: a message that was read is on the disk, whatever happens to the run. What
// cannot be kept is reported.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "end_to_end/tools.hpp"
#include "rig/lasting_pipe.hpp"

using namespace rig;
namespace fs = std::filesystem;

namespace {

struct Spooler : Process {
  explicit Spooler(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};

Arguments spooling(const std::string& server, const std::string& spool,
                   const Arguments& more = {}) {
  Arguments all{"-s", server, "-t", "t", "-q", "1", "-l", "--spool", spool};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The different numbers in the order of their first arrival.
std::vector<std::uint32_t> first_arrivals(const std::vector<std::string>& payloads) {
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> result;
  for (const std::uint32_t number : numbers(payloads)) {
    if (seen.insert(number).second) result.push_back(number);
  }
  return result;
}

/// A spool with the lines 1 to `lines`, which no server has accepted.
void fill(const std::string& spool, std::uint32_t lines) {
  Spooler spooler(spooling(dead_uri(), spool, {"--startup-max-reconnect-attempts", "3"}));
  spooler.feed(numbered_lines(1, lines));
  CHECK_STATUS(spooler, 69);
  Events events(spooler);
  BOOST_TEST(events.last("exit")->number("spooled") == static_cast<long>(lines));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_spool_survives_a_kill_at_any_point) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Dice dice(seed);
    Scratch scratch;
    const std::string spool = (scratch / "spool").string();
    ScriptedServer server({.ack_delay = 1ms});
    {
      Spooler spooler(spooling(server.uri(), spool));
      std::thread writer([&] {
        for (std::uint32_t i = 1; i <= 2000 && spooler.write(numbered_line(i) + "\n"); ++i) {
        }
      });
      server.wait_for(What::acknowledged, dice.between(1, 1500), 20s);
      spooler.signal(SIGKILL);
      BOOST_REQUIRE(spooler.wait_exit(5s).has_value());
      writer.join();
    }
    Spooler again(spooling(server.uri(), spool));
    again.close_stdin();
    CHECK_STATUS(again, 0);
    // What the command read is a prefix of the input, and it has at least what was sent.
    const auto arrived = first_arrivals(acknowledged(server));
    BOOST_REQUIRE(!arrived.empty());
    BOOST_TEST(complete(arrived), "seed " << seed);
    BOOST_TEST(arrived.front() == 1U);
    BOOST_TEST(arrived.size() == first_arrivals(received(server)).size());
    BOOST_TEST(!fs::exists(spool + "/messages.db"), "an empty spool holds no payload");
  }
}

BOOST_AUTO_TEST_CASE(what_a_killed_run_had_not_stored_is_still_in_the_pipe) {
  constexpr std::uint32_t lines = 40'000;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Dice dice(seed);
    Scratch scratch;
    const std::string spool = (scratch / "spool").string();
    ScriptedServer server;
    LastingPipe pipe((scratch / "pipe").string());
    // The pieces end anywhere, also in the middle of a line.
    std::thread writer([&] {
      const std::string all = numbered_lines(1, lines);
      for (std::size_t at = 0; at < all.size();) {
        const std::size_t size = std::min<std::size_t>(dice.between(1, 30'000), all.size() - at);
        pipe.write(std::string_view(all).substr(at, size));
        at += size;
      }
    });
    const auto run = [&](const std::string& uri) {
      return Command{.argv = pub(spooling(uri, spool, {"--startup-max-reconnect-attempts", "-1"})),
                     .stdin_file = pipe.path()};
    };
    // With and without a server by turns, because most is stored while there is none.
    Dice kills(seed + 100);
    for (int kill = 1; kill <= 10; ++kill) {
      Process spooler(run(kill % 2 == 0 ? dead_uri() : server.uri()));
      Events events(spooler);
      REQUIRE_EVENT(spooler, events, kill % 2 == 0 ? "failed" : "connected");
      spooler.wait_exit(milliseconds(kills.between(0, 40)));
      spooler.signal(SIGKILL);
      BOOST_REQUIRE(spooler.wait_exit(5s).has_value());
    }
    Process last(run(server.uri()));  // opens the pipe, which waits for a writer
    writer.join();
    pipe.finish();
    CHECK_STATUS(last, 0);
    const auto arrived = first_arrivals(acknowledged(server));
    BOOST_TEST(arrived.size() == lines, "seed "
                                            << seed << ": " << arrived.size() << " arrived of "
                                            << first_arrivals(received(server)).size()
                                            << " received, stderr: " << last.bytes(Stream::err));
    BOOST_TEST(complete(arrived), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(the_numbers_go_on_from_run_to_run) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  fill(spool, 3);
  ScriptedServer server;
  for (const std::string input : {"d\n", "e\nf\n"}) {
    Spooler spooler(spooling(server.uri(), spool, {"--sequence"}));
    spooler.feed(input);
    CHECK_STATUS(spooler, 0);
  }
  std::set<std::string> identities;
  long expected = 0;
  for (const Seen& seen : server.log(What::publish)) {
    identities.insert(seen.publish.user("mqfail-id").value_or(""));
    BOOST_TEST(seen.publish.user("mqfail-seq").value_or("") == std::to_string(++expected));
  }
  BOOST_TEST(identities.size() == 1U);
  BOOST_TEST(expected == 6);
}

BOOST_AUTO_TEST_CASE(an_outage_is_absorbed_and_sent_in_order) {
  constexpr std::uint32_t lines = 30'000;  // far more than the window and a pipe
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  ScriptedServer server;
  server.refuse();
  Spooler spooler(spooling(
      server.uri(), spool,
      {"--startup-max-reconnect-attempts", "-1", "--max-reconnect-delay", "50ms", "--sequence"}));
  for (std::uint32_t i = 0; i < lines; i += 1000)
    BOOST_REQUIRE(spooler.write(numbered_lines(i + 1, i + 1000)));
  server.accept();
  spooler.close_stdin();
  CHECK_STATUS(spooler, 0);
  BOOST_TEST(complete(numbers(acknowledged(server))));
  BOOST_TEST(acknowledged(server).size() == lines);
}

BOOST_AUTO_TEST_CASE(one_process_a_spool) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  ScriptedServer server;
  Spooler first(spooling(server.uri(), spool));
  BOOST_REQUIRE(server.wait_for(What::connect));
  Spooler second(spooling(server.uri(), spool));
  second.close_stdin();
  CHECK_STATUS(second, 75);
  first.close_stdin();
  CHECK_STATUS(first, 0);
}

BOOST_AUTO_TEST_CASE(a_spool_with_messages_for_another_topic_is_refused) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  fill(spool, 1);
  ScriptedServer server;
  Spooler other({"-s", server.uri(), "-t", "other", "-q", "1", "-m", "x", "--spool", spool});
  CHECK_STATUS(other, 64);
  Spooler none({"-s", server.uri(), "-t", "t", "-q", "0", "-m", "x", "--spool", spool});
  CHECK_STATUS(none, 64);
  Spooler same({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x", "--spool", spool});
  CHECK_STATUS(same, 0);
  BOOST_TEST(received(server) == (std::vector<std::string>{numbered_line(1), "x"}));
}

BOOST_AUTO_TEST_CASE(what_has_failed_goes_to_undelivered_and_the_rest_stays_in_the_spool) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  const std::string file = (scratch / "undelivered").string();
  ScriptedServer server(
      {.puback = [](const Publish& p) { return number_of(p.payload) == 2U ? 0x99 : 0; }});
  server.change([](Script& script) {
    script.at_publish = 4;
    script.then = Then::stop_acking;
  });
  Spooler spooler(
      spooling(server.uri(), spool, {"--undelivered", file, "--drain-timeout", "500ms"}));
  spooler.feed(numbered_lines(1, 6));
  CHECK_STATUS(spooler, 75);
  BOOST_TEST(read_file(file) == numbered_line(2) + "\n");
  ScriptedServer healthy;
  Spooler again(spooling(healthy.uri(), spool));
  again.close_stdin();
  CHECK_STATUS(again, 0);
  BOOST_TEST(numbers(received(healthy)) == (std::vector<std::uint32_t>{4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(a_full_disk_stops_the_reading_and_is_told) {
  constexpr std::uint32_t lines = 20'000;
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  LastingPipe pipe((scratch / "pipe").string());
  std::thread writer([&] {
    for (std::uint32_t i = 1; i <= lines; ++i) pipe.write(numbered_line(i, 100) + "\n");
  });
  {
    // A limit on the file size acts as a full disk.
    Arguments argv{"bash", "-c", "ulimit -f 400; exec \"$@\"", "bash"};
    const Arguments rest =
        pub(spooling(dead_uri(), spool, {"--startup-max-reconnect-attempts", "-1"}));
    argv.insert(argv.end(), rest.begin(), rest.end());
    Process spooler(Command{.argv = argv, .stdin_file = pipe.path()});
    Events events(spooler);
    REQUIRE_EVENT(spooler, events, "stalled");
    spooler.signal(SIGTERM);
    spooler.signal(SIGTERM);
    CHECK_STATUS(spooler, 74);
    BOOST_TEST(events.last("exit")->number("spooled") > 100);
  }
  ScriptedServer server;
  Process spooler(Command{.argv = pub(spooling(server.uri(), spool)), .stdin_file = pipe.path()});
  writer.join();
  pipe.finish();
  CHECK_STATUS(spooler, 0);
  const auto arrived = first_arrivals(acknowledged(server));
  BOOST_TEST(arrived.size() == lines);
  BOOST_TEST(complete(arrived));
}

BOOST_AUTO_TEST_CASE(a_small_disk_is_enough_while_a_server_takes_the_messages) {
  constexpr std::uint32_t lines = 20'000;
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  ScriptedServer server;
  Arguments argv{"bash", "-c", "ulimit -f 200; exec \"$@\"", "bash"};
  const Arguments rest = pub(spooling(server.uri(), spool));
  argv.insert(argv.end(), rest.begin(), rest.end());
  Process spooler(Command{.argv = argv, .stdin_pipe = true});
  spooler.feed(numbered_lines(1, lines, 100));
  CHECK_STATUS(spooler, 0);
  BOOST_TEST(complete(numbers(acknowledged(server))));
  BOOST_TEST(acknowledged(server).size() == lines);
}

BOOST_AUTO_TEST_CASE(a_damaged_end_is_found_and_told) {
  for (const bool cut : {true, false}) {
    Scratch scratch;
    const std::string spool = (scratch / "spool").string();
    fill(spool, 5000);
    const std::string log = spool + "/messages.db-wal";
    const auto size = fs::file_size(log);
    if (cut) {
      fs::resize_file(log, size / 2);
    } else {
      std::string bytes = read_file(log);
      bytes[size / 2] = static_cast<char>(bytes[size / 2] ^ 1);
      write_file(log, bytes);
    }
    ScriptedServer server;
    Spooler spooler(spooling(server.uri(), spool, {"--sequence"}));
    spooler.feed("new\n");
    CHECK_STATUS(spooler, 75);
    const auto arrived = received(server);
    BOOST_REQUIRE(!arrived.empty());
    BOOST_TEST(arrived.back() == "new");
    const auto intact = numbers({arrived.begin(), arrived.end() - 1});
    BOOST_TEST((intact.empty() || (intact.front() == 1 && complete(intact))));
    Events events(spooler);
    BOOST_TEST(events.last("exit")->number("unsettled") ==
               5000L - static_cast<long>(intact.size()));
    // No number is used twice, because a subscriber would take the second message for a duplicate.
    BOOST_TEST(server.log(What::publish).back().publish.user("mqfail-seq").value_or("") == "5001");
    Spooler after(spooling(server.uri(), spool));
    after.close_stdin();
    CHECK_STATUS(after, 0);  // told once
  }
}

BOOST_AUTO_TEST_CASE(a_spool_that_is_none_is_65_and_a_lost_state_is_mended) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  fill(spool, 50);
  write_file(spool + "/state", "garbage");
  ScriptedServer server;
  Spooler mended(spooling(server.uri(), spool));
  mended.close_stdin();
  CHECK_STATUS(mended, 0);
  BOOST_TEST(received(server).size() == 50U);
  BOOST_TEST(mended.bytes(Stream::err).find("state was damaged") != std::string::npos);

  fill(spool, 50);
  fs::remove(spool + "/messages.db-wal");
  write_file(spool + "/messages.db",
             "this is no database, however long one looks at it. It is text.");
  Spooler refused(spooling(server.uri(), spool));
  refused.close_stdin();
  CHECK_STATUS(refused, 65);
}

// As a cron job does it in an outage: one message a run, behind more than the window holds.
BOOST_AUTO_TEST_CASE(a_message_of_the_command_line_is_stored_whatever_the_spool_holds) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  fill(spool, 150);
  const Arguments one{"-t", "t", "-q", "1", "-m", "new", "--spool", spool};
  const auto with = [&](const std::string& uri, const Arguments& more) {
    Arguments all{"-s", uri};
    all.insert(all.end(), one.begin(), one.end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Spooler outage(with(dead_uri(), {"--startup-timeout", "200ms"}));
  CHECK_STATUS(outage, 69);
  Events told(outage);
  BOOST_TEST(told.last("exit")->number("spooled") == 151);
  BOOST_TEST(told.last("exit")->get("reason").find("input") == std::string::npos);
  // A signal while the old messages are being sent.
  ScriptedServer slow({.ack_delay = 20ms});
  Spooler stopped(with(slow.uri(), {}));
  BOOST_REQUIRE(slow.wait_for(What::acknowledged, 2));
  stopped.signal(SIGTERM);
  CHECK_STATUS(stopped, 0);
  BOOST_TEST(received(slow).size() == 152U);
  BOOST_TEST(received(slow).back() == "new");
}

BOOST_AUTO_TEST_CASE(a_spool_that_cannot_be_read_ends_the_run_when_the_rest_is_delivered) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  Spooler spooler(spooling(dead_uri(), spool, {"--startup-max-reconnect-attempts", "3"}));
  spooler.feed(numbered_lines(1, 3000, 900));
  CHECK_STATUS(spooler, 69);
  BOOST_REQUIRE(
      run({"sqlite3", spool + "/messages.db", "pragma wal_checkpoint(truncate)"}).exit.status == 0);
  std::string bytes = read_file(spool + "/messages.db");
  const std::size_t middle = bytes.size() / 2 / 4096 * 4096;
  bytes.replace(middle, 4096, 4096, '\0');
  write_file(spool + "/messages.db", bytes);
  ScriptedServer server;
  Spooler again(spooling(server.uri(), spool));
  again.write("new\n");  // and the input goes on
  CHECK_STATUS(again, 74);
  const auto arrived = numbers(received(server));
  BOOST_TEST(!arrived.empty());
  BOOST_TEST(complete(arrived));
  Events events(again);
  BOOST_TEST(events.last("exit")->get("reason").find("the spool cannot be read") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(records_of_another_topic_or_separator_are_refused) {
  Scratch scratch;
  ScriptedServer server;
  const auto run_with = [&](const Arguments& more, const std::string& in, int status) {
    Arguments all{"-q", "1", "--once"};
    all.insert(all.end(), more.begin(), more.end());
    Spooler spooler(all);
    spooler.feed(in);
    CHECK_STATUS(spooler, status);
  };
  const std::string json = (scratch / "json").string(), lines = (scratch / "lines").string();
  run_with({"-s", dead_uri(), "-t", "a", "--json", "--spool", json}, "{\"payload\":\"x\"}\n", 69);
  run_with({"-s", server.uri(), "-t", "b", "--json", "--spool", json}, "", 64);
  run_with({"-s", server.uri(), "-t", "a/b", "--json", "--spool", json}, "", 64);
  run_with({"-s", server.uri(), "-t", "a", "--json", "--spool", json}, "", 0);
  run_with({"-s", dead_uri(), "-l", "--topic-separator", "=", "--spool", lines}, "a=23 C\n", 69);
  run_with({"-s", server.uri(), "-l", "--topic-separator", " ", "--spool", lines}, "", 64);
  run_with({"-s", server.uri(), "-l", "--topic-separator", "==", "--spool", lines}, "", 64);
  run_with({"-s", server.uri(), "-l", "--topic-separator", "=", "--spool", lines}, "", 0);
  BOOST_TEST(received(server) == (std::vector<std::string>{"x", "23 C"}));
}

BOOST_AUTO_TEST_CASE(what_is_settled_behind_an_open_message_is_not_sent_again) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string();
  const std::string file = (scratch / "undelivered").string();
  {
    Spooler spooler({"-s", dead_uri(), "-q", "1", "--json", "--spool", spool, "--undelivered", file,
                     "--startup-timeout", "300ms"});
    spooler.feed(R"({"topic":"a","payload":"1"})"
                 "\n"
                 R"({"topic":"a/+","payload":"bad"})"
                 "\n"
                 R"({"topic":"a","payload":"3"})"
                 "\n");
    CHECK_STATUS(spooler, 69);
    BOOST_TEST(read_file(file).find("bad") != std::string::npos);
  }
  ScriptedServer server;
  Spooler again({"-s", server.uri(), "-q", "1", "--json", "--spool", spool, "--undelivered", file});
  again.close_stdin();
  CHECK_STATUS(again, 0);
  BOOST_TEST(read_file(file) == "");
  BOOST_TEST(received(server) == (std::vector<std::string>{"1", "3"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_a_signal_leaves_unread_is_no_success_with_a_spool_either) {
  Scratch scratch;
  const std::string input = (scratch / "input").string();
  write_file(input, numbered_lines(1, 200'000));
  ScriptedServer server;
  Process spooler(
      {.argv = pub(spooling(server.uri(), (scratch / "spool").string())), .stdin_file = input});
  BOOST_REQUIRE(server.wait_for(What::acknowledged, 100));
  spooler.signal(SIGTERM);
  CHECK_STATUS(spooler, 75);
  BOOST_TEST(received(server).size() < 200'000U);
}

// A line that is not complete stays in the pipe, and is looked at again and again; not after a
// signal.
BOOST_AUTO_TEST_CASE(a_part_of_a_line_costs_no_processor_after_a_signal) {
  Scratch scratch;
  LastingPipe pipe((scratch / "pipe").string());
  pipe.write("a\nb\npart");
  Process spooler({.argv = pub(spooling(dead_uri(), (scratch / "spool").string(),
                                        {"--startup-timeout", "60s", "--drain-timeout", "2s"})),
                   .stdin_file = pipe.path()});
  Events events(spooler);
  REQUIRE_EVENT(spooler, events, "backoff");
  spooler.signal(SIGTERM);
  const auto exit = spooler.wait_exit(10s);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->cpu_seconds() < 0.7);
}

BOOST_AUTO_TEST_CASE(what_a_full_disk_took_has_left_the_input) {
  Scratch scratch;
  const std::string spool = (scratch / "spool").string(), lines = (scratch / "lines").string();
  write_file(lines, numbered_lines(1, 3000, 1000));
  ScriptedServer server;
  std::string full, rest;
  for (const std::string& word : pub(spooling(dead_uri(), spool, {"--drain-timeout", "200ms"})))
    full += "'" + word + "' ";
  for (const std::string& word : pub(spooling(server.uri(), spool))) rest += "'" + word + "' ";
  const Finished both = run(
      {"bash", "-c", "( (ulimit -f 500; timeout -s TERM 2 " + full + "); " + rest + ") <" + lines},
      60s);
  BOOST_TEST(both.exit.status == 0, both.err);
  const auto arrived = numbers(received(server));
  BOOST_TEST(arrived.size() == 3000U);
  BOOST_TEST(complete(arrived));
}
