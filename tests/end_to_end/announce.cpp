// SPDX-License-Identifier: Apache-2.0
// Lists of servers on a topic: mqfail-pub --announce once, mqfail-probe --watch --announce as
// servers come and go.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

constexpr const char* kTopic = "cluster/servers";

// Three servers with a password, named a, b and c.
class Three {
 public:
  Three() {
    for (int i = 0; i < 3; ++i)
      servers_.push_back(
          std::make_unique<Mosquitto>(MosquittoSettings{.user = "me", .password = "geheim"}));
  }
  Mosquitto& operator[](std::size_t i) { return *servers_[i]; }
  std::uint16_t port(std::size_t i) const { return servers_[i]->port(); }
  // -s for each, with everything that may not be announced.
  Arguments named() const {
    Arguments all;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      all.insert(all.end(), {"-s", "mqtt://me:geheim@127.0.0.1:" + std::to_string(port(i)) +
                                       "?clientId=mine" + std::to_string(i) +
                                       "&serverId=" + std::string(1, static_cast<char>('a' + i))});
    }
    return all;
  }

 private:
  std::vector<std::unique_ptr<Mosquitto>> servers_;
};

Client::Settings as_me(const std::string& id) {
  return {.client_id = id, .user = "me", .password = "geheim"};
}

// The next message of the topic, which is retained or live.
std::string next(Client& client) {
  const auto message = client.receive(20s);
  BOOST_REQUIRE_MESSAGE(message.has_value(), "no list has come");
  BOOST_TEST(message->topic == kTopic);
  return message->payload;
}

std::string retained(std::uint16_t port) {
  Client client(port, as_me("reader"));
  client.subscribe(kTopic, 1);
  const auto message = client.receive(20s);
  BOOST_REQUIRE_MESSAGE(message.has_value(), "no list is retained");
  BOOST_TEST(message->retain);
  return message->payload;
}

bool names(const std::string& list, std::uint16_t port) {
  return list.find(std::to_string(port)) != std::string::npos;
}

bool has_secret(const std::string& list) {
  for (const char* const word : {"geheim", "\"me\"", "me:", "mine", "clientId"}) {
    if (list.find(word) != std::string::npos) return true;
  }
  return false;
}

bool asks_to_move(const std::string& list) {
  return list.starts_with("failover:(") &&
         list.find("rebalanceUpdateURIs=true") != std::string::npos;
}

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A watch of the three, as it is told on standard output.
struct Watching {
  explicit Watching(const Three& three, const Arguments& more = {"--announce", kTopic})
      : process(command("mqfail-probe", with(with(three.named(), {"--watch", "0.2"}), more))) {}
  bool says(const std::string& regex) {
    return process.wait_for_line(Stream::out, regex, 20s * kSlower).has_value();
  }
  Process process;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_is_announced_to_all_its_servers) {
  Three three;
  Process process(pub(with(three.named(), {"--announce", kTopic})));
  Events events(process);
  CHECK_STATUS(process, 0);
  BOOST_TEST(events.last("exit")->number("acked") == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string list = retained(three.port(i));
    BOOST_TEST(is_json(list), list);
    BOOST_TEST(!has_secret(list), list);
    for (std::size_t named = 0; named < 3; ++named) BOOST_TEST(names(list, three.port(named)));
    BOOST_TEST(list.find("\"serverId\": \"b\"") != std::string::npos, list);
  }
  // What was announced is a list that a command takes.
  const Finished checked =
      run(Command{.argv = command("mqfail-config", {"check"}), .stdin_file = [&] {
                    static Scratch folder;
                    write_file(folder / "list", retained(three.port(0)));
                    return (folder / "list").string();
                  }()});
  BOOST_TEST(checked.exit.status == 0, checked.err);
  Process moving(pub(with(three.named(), {"--announce", kTopic, "--rebalance-update-uris"})));
  CHECK_STATUS(moving, 0);
  BOOST_TEST(asks_to_move(retained(three.port(1))));
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_take_the_list_is_told) {
  Three three;
  three[1].kill9();
  {
    Process process(pub(with(three.named(), {"--announce", kTopic})));
    Events events(process);
    CHECK_STATUS(process, 75);
    BOOST_TEST(events.last("failed")->get("server") == "b");
    BOOST_TEST(events.last("exit")->number("unsettled") == 1);
    BOOST_TEST(names(retained(three.port(2)), three.port(1)));
  }
  three[0].kill9();
  three[2].kill9();
  Process process(pub(with(three.named(), {"--announce", kTopic})));
  Events events(process);
  CHECK_STATUS(process, 69);
  BOOST_TEST(events.count("failed") == 3U);
}

BOOST_AUTO_TEST_CASE(a_refused_password_or_list_has_its_own_status) {
  Mosquitto closed({.user = "me", .password = "geheim"});
  Process denied(pub({"-s", closed.uri(), "--announce", kTopic}));
  CHECK_STATUS(denied, 77);
  ScriptedServer keeps_nothing({.connack_properties = {{property::retain_available, 0, "", {}}}});
  Process process(pub({"-s", keeps_nothing.uri(), "--announce", kTopic}));
  Events events(process);
  CHECK_STATUS(process, 75);
  BOOST_TEST(events.last("failed")->get("text") == "the server keeps no messages");
  BOOST_TEST(received(keeps_nothing).empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_announcement_is_refused) {
  for (const Arguments& more : {Arguments{"--announce", kTopic, "-t", "t"},
                                {"--announce", kTopic, "-m", "x"},
                                {"--announce", "a/#"},
                                {"--announce", ""}}) {
    Process process(pub(with({"-s", dead_uri()}, more)));
    CHECK_STATUS(process, 64);
  }
  Process alone(command("mqfail-probe", {"-s", dead_uri(), "--announce", kTopic}));
  CHECK_STATUS(alone, 3);
}

BOOST_AUTO_TEST_CASE(the_announced_list_follows_the_servers_that_answer) {
  Three three;
  for (std::size_t i = 0; i < 3; ++i)
    Client(three.port(i), as_me("before"))
        .publish({.topic = kTopic, .payload = "{\xff garbage", .qos = 1, .retain = true});
  Client observer(three.port(0), as_me("observer"));
  observer.subscribe(kTopic, 1);
  BOOST_TEST(next(observer) == "{\xff garbage");
  Watching watching(three);
  const std::string whole = next(observer);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(names(whole, three.port(i)), whole);
  BOOST_TEST(!asks_to_move(whole));
  BOOST_TEST(watching.says("up +b="));

  three[1].kill9();
  BOOST_TEST(watching.says("down +b=.*refused"));
  const std::string fewer = next(observer);
  BOOST_TEST(!names(fewer, three.port(1)), fewer);
  BOOST_TEST(names(fewer, three.port(2)), fewer);
  BOOST_TEST(!asks_to_move(fewer));

  three[1].restart();
  const std::string again = next(observer);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(names(again, three.port(i)), again);
  BOOST_TEST(asks_to_move(again), again);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(retained(three.port(i)) == again);
  for (const std::string& list : {whole, fewer, again}) BOOST_TEST(!has_secret(list), list);

  watching.process.signal(SIGTERM);
  CHECK_STATUS(watching.process, 0);
  BOOST_TEST(watching.process.lines(Stream::out).size() == 5U);  // 3 at the start, 2 changes
  BOOST_TEST(retained(three.port(2)) == again);
}

BOOST_AUTO_TEST_CASE(when_no_server_answers_the_list_stays) {
  Three three;
  Client observer(three.port(0), as_me("observer"));
  observer.subscribe(kTopic, 1);
  Watching watching(three);
  const std::string whole = next(observer);
  for (std::size_t i = 0; i < 3; ++i) three[i].kill9();
  for (const char* const line : {"down +a=", "down +b=", "down +c="})
    BOOST_TEST(watching.says(line));
  three[2].restart();
  BOOST_TEST(watching.says("up +c=(.|\n)*"));
  watching.process.wait_for_lines(Stream::out, 7, 20s);
  Client late(three.port(2), as_me("late"));
  late.subscribe(kTopic, 1);
  const std::string list = next(late);
  BOOST_TEST(names(list, three.port(2)));
  BOOST_TEST(!names(list, three.port(0)));
  watching.process.signal(SIGINT);
  CHECK_STATUS(watching.process, 0);
}

BOOST_AUTO_TEST_CASE(a_watch_without_a_topic_tells_changes_only) {
  Three three;
  Watching watching(three, {"--format", "json"});
  BOOST_REQUIRE(watching.process.wait_for_lines(Stream::out, 3, 20s));
  three[2].kill9();
  BOOST_REQUIRE(watching.process.wait_for_lines(Stream::out, 4, 20s));
  const std::string change = watching.process.lines(Stream::out)[3].text;
  BOOST_TEST(is_json(change), change);
  BOOST_TEST(change.find("\"server\":\"c\"") != std::string::npos, change);
  BOOST_TEST(change.find("\"up\":false") != std::string::npos, change);
  watching.process.signal(SIGINT);
  CHECK_STATUS(watching.process, 0);
  Client reader(three.port(0), as_me("reader"));
  reader.subscribe("#", 1);
  BOOST_TEST(!reader.receive(300ms).has_value());
}
