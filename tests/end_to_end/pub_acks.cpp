// SPDX-License-Identifier: Apache-2.0
// mqfail-pub --acks N: exit 0 means that N servers have each message. A proxy in front of each
// server reads what the server got. The servers are killed, frozen and started again.
#include "end_to_end/tools.hpp"

using namespace rig;
using Do = RecordingProxy::Do;

namespace {

struct Publisher : Process {
  explicit Publisher(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};

struct Station {
  Mosquitto server;
  RecordingProxy proxy{server.port()};
  void die() {
    proxy.die();
    server.kill9();
  }
  void raise() {
    server.restart();
    proxy.rise();
  }
};

/// For each line, the number of servers that acknowledged it. Checks the order on each connection.
std::vector<int> holders(std::vector<Station*> stations, std::uint32_t lines) {
  std::vector<int> result(lines + 1, 0);
  for (Station* station : stations) {
    std::set<std::uint32_t> here;
    std::map<int, std::uint32_t> last;
    bool in_order = true;
    for (const Passed& passed : station->proxy.passed()) {
      const std::uint32_t number = number_of(passed.payload).value_or(0);
      in_order = in_order && number > last[passed.connection];
      last[passed.connection] = number;
      if (passed.acknowledged) here.insert(number);
    }
    BOOST_TEST(in_order, "the order on a connection");
    for (const std::uint32_t number : here) ++result.at(number);
  }
  return result;
}

std::size_t held_by_fewer_than(int wanted, const std::vector<int>& holders) {
  return static_cast<std::size_t>(
      std::count_if(holders.begin() + 1, holders.end(), [&](int count) { return count < wanted; }));
}

std::size_t publishes_beyond_the_first(Station& station) {
  std::set<std::string> first;
  std::size_t more = 0;
  for (const Passed& passed : station.proxy.passed()) {
    if (!first.insert(passed.payload).second) ++more;
  }
  return more;
}

}  // namespace

BOOST_AUTO_TEST_CASE(acks_2_means_that_two_servers_have_it) {
  for (const std::string qos : {"1", "2"}) {
    ScriptedServer a, b;
    Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", qos, "-l", "--acks", "2"});
    publisher.feed(numbered_lines(1, 200));
    CHECK_STATUS(publisher, 0);
    for (ScriptedServer* server : {&a, &b}) {
      const auto all = numbers(acknowledged(*server));
      BOOST_TEST(all.size() == 200U);
      BOOST_TEST(complete(all));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_third_server_is_not_bothered) {
  ScriptedServer a, b, c;
  Publisher publisher(
      {"-s", a.uri(), "-s", b.uri(), "-s", c.uri(), "-t", "t", "-q", "1", "-l", "--acks", "2"});
  publisher.feed(numbered_lines(1, 200));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(c.count(What::connect) == 0U);
}

BOOST_AUTO_TEST_CASE(with_one_server_left_messages_wait_and_it_is_said) {
  ScriptedServer a;
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", a.uri(), "-s", dead_uri(), "-t", "t", "-q", "1", "-l", "--acks", "2",
                       "--drain-timeout", "2s", "--undelivered", file});
  publisher.feed(numbered_lines(1, 3));
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(read_file(file) == numbered_lines(1, 3));
  BOOST_TEST(acknowledged(a).size() == 3U);
  Events events(publisher);
  const auto all = events.all();
  BOOST_TEST(std::count_if(all.begin(), all.end(), [](const Said& said) {
               return said.name() == "warning" && said.number("wanted") == 2;
             }) == 1);
  BOOST_TEST(events.last("exit")->number("unsettled") == 3);
}

BOOST_AUTO_TEST_CASE(the_window_bounds_what_waits_for_a_second_server) {
  ScriptedServer a;
  Publisher publisher({"-s", a.uri(), "-s", dead_uri(), "-t", "t", "-q", "1", "-l", "--acks", "2",
                       "--window", "7", "--drain-timeout", "300ms"});
  publisher.write(numbered_lines(1, 100));
  BOOST_REQUIRE(a.wait_for(What::acknowledged, 7));
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "warning");
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(a.count(What::publish) == 7U);
}

BOOST_AUTO_TEST_CASE(who_has_acknowledged_a_message_does_not_get_it_again) {
  ScriptedServer a, b({.at_publish = 1, .then = Then::stop_acking});
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--acks", "2",
                       "--initial-reconnect-delay", "20ms"});
  publisher.write(numbered_lines(1, 10));
  BOOST_REQUIRE(a.wait_for(What::acknowledged, 10));
  BOOST_REQUIRE(b.wait_for(What::publish, 10));
  a.reset_all();
  BOOST_REQUIRE(a.wait_for(What::connect, 2));
  b.change([](Script& script) { script.at_publish = 0; });
  b.reset_all();
  publisher.feed(numbered_lines(11, 20));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(complete(numbers(received(a))));
  BOOST_TEST(numbers(acknowledged(a)).size() == 20U);
  BOOST_TEST(numbers(acknowledged(b)).size() == 20U);
  BOOST_TEST(b.count(What::publish) == 30U);  // what was open on it came again
}

BOOST_AUTO_TEST_CASE(kills_among_three_servers_leave_two_with_everything) {
  constexpr std::uint32_t lines = 20000;
  for (const bool sequence : {false, true}) {
    Station a, b, c;
    std::atomic<int> killed{0};
    a.proxy.on_publish([&](std::size_t count) {
      if (count != 4000) return Do::forward;
      ::kill(a.server.pid(), SIGKILL);
      ++killed;
      return Do::die;
    });
    // An acknowledgement is lost with its server: the server has the message, and the client does
    // not know it.
    b.proxy.on_acknowledgement([&](std::size_t count) {
      if (count < 9000) return Do::forward;
      if (count < 9010) return Do::drop;
      if (killed != 1) return Do::forward;
      ::kill(b.server.pid(), SIGKILL);
      ++killed;
      return Do::die;
    });
    Arguments arguments{"-s", a.proxy.uri(), "-s", b.proxy.uri(), "-s", c.proxy.uri(), "-t",   "t",
                        "-q", "1",           "-l", "--acks",      "2",  "--stable",    "100ms"};
    if (sequence) arguments.push_back("--sequence");
    Publisher publisher(arguments);
    publisher.feed(numbered_lines(1, lines));
    while (killed == 0 && publisher.running()) publisher.wait_exit(1ms);
    a.server.kill9();
    a.raise();
    while (killed == 1 && publisher.running()) publisher.wait_exit(1ms);
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(killed == 2);
    BOOST_TEST(held_by_fewer_than(2, holders({&a, &b, &c}, lines)) == 0U);
    BOOST_TEST(publishes_beyond_the_first(c) == 0U, "it never died");
    BOOST_TEST(publishes_beyond_the_first(a) <= 100U);
    BOOST_TEST(publishes_beyond_the_first(b) <= 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_waited_for_and_its_late_answers_count_once) {
  constexpr std::uint32_t lines = 300;
  Station a, b;
  Publisher publisher({"-s", a.proxy.uri(), "-s", b.proxy.uri(), "-t", "t", "-q", "1", "-l",
                       "--acks", "2", "-k", "1", "--ack-timeout", "1s", "--drain-timeout", "30s"});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  b.server.freeze();
  publisher.feed(numbered_lines(1, lines));
  REQUIRE_EVENT(publisher, events, "warning");
  b.server.thaw();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(held_by_fewer_than(2, holders({&a, &b}, lines)) == 0U);
  BOOST_TEST(publishes_beyond_the_first(a) == 0U);
  BOOST_TEST(events.last("exit")->number("acked") == lines);
}

BOOST_AUTO_TEST_CASE(a_spool_keeps_what_only_one_server_has) {
  Scratch scratch;
  ScriptedServer a, b;
  b.refuse();
  const Arguments arguments{"-s",
                            a.uri(),
                            "-s",
                            b.uri(),
                            "-t",
                            "t",
                            "-q",
                            "1",
                            "-l",
                            "--acks",
                            "2",
                            "--spool",
                            (scratch / "spool").string(),
                            "--sequence",
                            "--drain-timeout",
                            "2s"};
  {
    Publisher publisher(arguments);
    publisher.feed(numbered_lines(1, 500));  // more than the window
    CHECK_STATUS(publisher, 75);
    Events events(publisher);
    BOOST_TEST(events.last("exit")->number("spooled") == 500);
  }
  b.accept();
  Publisher publisher(arguments);
  publisher.feed(numbered_lines(501, 510));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(complete(numbers(acknowledged(b))));
  BOOST_TEST(acknowledged(b).size() == 510U);
  const auto held = numbers(acknowledged(a));
  BOOST_TEST(std::set<std::uint32_t>(held.begin(), held.end()).size() == 510U);
  for (const Seen& seen : b.log(What::publish)) {
    BOOST_TEST(seen.publish.user("mqfail-seq").value_or("") ==
               std::to_string(number_of(seen.publish.payload).value_or(0)));
  }
}

BOOST_AUTO_TEST_CASE(each_server_has_limits_of_its_own) {
  ScriptedServer a(
      {.connack_properties = {{property::receive_maximum, 3, {}, {}}}, .ack_delay = 2ms}),
      b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--acks", "2"});
  publisher.feed(numbered_lines(1, 150));
  CHECK_STATUS(publisher, 0);
  std::size_t open = 0, most = 0;
  for (const Seen& seen : a.log()) {
    if (seen.what == What::publish) most = std::max(most, ++open);
    if (seen.what == What::acknowledged) --open;
  }
  BOOST_TEST(most <= 3U);
  BOOST_TEST(acknowledged(a).size() == 150U);
  BOOST_TEST(acknowledged(b).size() == 150U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_kept_is_refused_at_once) {
  const std::string one = dead_uri(), other = dead_uri();
  for (const Arguments& arguments : {Arguments{"-s", one, "-s", other, "-q", "1", "--acks", "3"},
                                     Arguments{"-s", one, "-s", other, "-q", "0", "--acks", "2"},
                                     Arguments{"-s", one, "-s", one, "-q", "1", "--acks", "2"},
                                     Arguments{"-s", one, "-q", "1", "--acks", "0"}}) {
    Arguments all{"-t", "t", "-m", "x"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Publisher publisher(all);
    CHECK_STATUS(publisher, 64);
    BOOST_TEST(publisher.bytes(Stream::err).find("--acks") != std::string::npos);
  }
}
