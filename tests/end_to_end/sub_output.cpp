// SPDX-License-Identifier: Apache-2.0
// The output is byte for byte that of mosquitto_sub. Both commands run on the same server at the
// same time.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const std::vector<Publish>& messages() {
  static const std::vector<Publish> all = [] {
    std::vector<Publish> made;
    const auto add = [&](std::string topic, std::string payload, int qos) {
      made.push_back({.topic = std::move(topic), .payload = std::move(payload), .qos = qos});
    };
    add("plant/a", "21.5", 0);
    add("plant/b", "", 1);
    add("plant/c", std::string("\0\1\2\xff\xfe tab\t", 10), 1);
    add("plant/deep/er", "line one\nline two", 2);
    add("plant/json", R"({"a":[1,2,{"b":null}],"c":"d"})", 1);
    add("plant/utf8/\xc3\xa4\xe2\x82\xac", "gr\xc3\xbc\xc3\x9f", 1);
    add("plant/esc", "\x1b[31mred\\n%t@Y", 0);
    add("plant/space", "  padded  ", 1);
    add("plant/long", std::string(5000, 'x'), 1);
    return made;
  }();
  return all;
}

struct Pair {
  std::string theirs, ours;
  int their_status = 0, our_status = 0;
};

/// Both commands have the same options. Both are subscribed before the first message.
Pair both(const Arguments& options, const std::vector<Publish>& publishes, std::size_t count) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  const auto arguments = [&](const std::string& id) {
    Arguments all{"-h", "127.0.0.1", "-p", port, "-i", id, "-V", "5", "-C", std::to_string(count)};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  };
  Arguments theirs = arguments("theirs");
  theirs.insert(theirs.begin(), "mosquitto_sub");
  Process their_process(theirs);
  Process our_process(command("mqfail-sub", arguments("ours")));
  BOOST_REQUIRE(server.wait_for_subscriber("theirs"));
  BOOST_REQUIRE_MESSAGE(server.wait_for_subscriber("ours"), our_process.bytes(Stream::err));
  Client client(server.port(), {.client_id = "sender", .version = 5});
  for (const Publish& publish : publishes) client.publish(publish);
  Pair pair;
  pair.their_status = status_of(their_process);
  pair.our_status = status_of(our_process);
  pair.theirs = their_process.bytes(Stream::out);
  pair.ours = our_process.bytes(Stream::out);
  return pair;
}

void same(const Arguments& options, std::size_t count = messages().size()) {
  std::string all;
  for (const std::string& option : options) all += " " + option;
  const Pair pair = both(options, messages(), count);
  BOOST_TEST(pair.ours == pair.theirs, "with" << all << "\ntheirs: " << pair.theirs.substr(0, 1500)
                                              << "\nours:   " << pair.ours.substr(0, 1500));
  BOOST_TEST(!pair.theirs.empty());
  BOOST_TEST(pair.our_status == pair.their_status);
}

}  // namespace

// At QoS 2 only the moment of arrival differs (PUBLISH here, PUBREL in mosquitto_sub).
BOOST_AUTO_TEST_CASE(a_message_of_qos_2_is_the_same) {
  const Pair pair = both({"-t", "plant/#", "-q", "2", "-F", "%q %t %p"}, {messages()[3]}, 1);
  BOOST_TEST(pair.ours == pair.theirs);
  BOOST_TEST(pair.theirs.substr(0, 2) == "2 ");
}

BOOST_AUTO_TEST_CASE(plain_output_is_the_same) {
  same({"-t", "plant/#", "-q", "1"});
}
BOOST_AUTO_TEST_CASE(verbose_output_is_the_same) {
  same({"-t", "plant/#", "-q", "1", "-v"});
}
BOOST_AUTO_TEST_CASE(output_without_line_ends_is_the_same) {
  same({"-t", "plant/#", "-q", "1", "-N"});
  same({"-t", "plant/#", "-q", "1", "-N", "-v"});
}

BOOST_AUTO_TEST_CASE(formats_are_the_same) {
  for (const char* format :
       {"%t %p", "%t\\0%p\\0", "%x", "%X", "%l", "%q %r %m", "%%", "%t|%20t|%-20t|%.5t|%-12.5t|",
        "%l|%08l|%8l|%-8l|", "%q\\t%p\\n%t\\r\\v\\a\\e", "a\\\\b", "%x|%-8q|",
        "%A %C %D %E %P %R %S|", "@@", "plain words"})
    same({"-t", "plant/#", "-q", "1", "-F", format});
}

// %I prints the second, so the run counts only if both have printed in the same one.
BOOST_AUTO_TEST_CASE(a_time_in_a_format_is_the_same) {
  Pair pair;
  for (int i = 0; i < 5 && (pair.ours.empty() || pair.ours != pair.theirs); ++i)
    pair = both({"-t", "plant/#", "-q", "1", "-F", "%I %F"}, {messages()[0]}, 1);
  BOOST_TEST(pair.ours == pair.theirs);
  BOOST_TEST(std::regex_match(pair.ours, std::regex("[0-9]{4}-.*\\n")), pair.ours);
}

BOOST_AUTO_TEST_CASE(dates_in_formats_are_the_same) {
  for (const char* format : {"@Y-@m-@d %t", "%F %t"})
    same({"-t", "plant/#", "-q", "1", "-F", format});
}

BOOST_AUTO_TEST_CASE(embedded_json_is_the_same_but_for_the_time) {
  std::vector<Publish> one{messages()[4]};
  const Pair pair = both({"-t", "plant/#", "-q", "1", "-F", "%J"}, one, 1);
  const auto without_time = [](const std::string& line) {
    return std::regex_replace(line, std::regex("\"tst\":\"[^\"]*\""), "\"tst\":\"\"");
  };
  BOOST_TEST(without_time(pair.ours) == without_time(pair.theirs));
}

BOOST_AUTO_TEST_CASE(json_output_has_mosquittos_fields_in_its_order) {
  std::vector<Publish> one{messages()[0]};
  const Pair pair = both({"-t", "plant/#", "-q", "1", "-F", "%j"}, one, 1);
  const auto without_time = [](const std::string& line) {
    return std::regex_replace(line, std::regex("\"tst\":\"[^\"]*\""), "\"tst\":\"\"");
  };
  BOOST_TEST(without_time(pair.ours) == without_time(pair.theirs));
  BOOST_TEST(std::regex_search(pair.ours,
                               std::regex("\"tst\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]+"
                                          "([+-][0-9]{4}|Z|[+-][0-9]{2}:[0-9]{2})\"")));
}

BOOST_AUTO_TEST_CASE(a_payload_that_is_not_utf8_is_base64_in_json) {
  Mosquitto server;
  Process reader(
      command("mqfail-sub", {"-s", server.uri(), "-i", "ours", "-t", "t", "-C", "1", "--json"}));
  BOOST_REQUIRE(server.wait_for_subscriber("ours"));
  Client(server.port()).publish({.topic = "t", .payload = std::string("\0\xff", 2), .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out).find("\"payload_base64\":\"AP8=\"") != std::string::npos,
             reader.bytes(Stream::out));
}

BOOST_AUTO_TEST_CASE(a_filter_out_is_the_same) {
  same({"-t", "plant/#", "-q", "1", "-T", "plant/long", "-T", "plant/deep/#"}, 7);
}

BOOST_AUTO_TEST_CASE(retained_messages_are_treated_the_same) {
  for (const Arguments& options :
       {Arguments{"-R"}, Arguments{"--retained-only"}, Arguments{"--retain-as-published"}}) {
    Mosquitto server;
    Client client(server.port());
    client.publish({.topic = "t/old", .payload = "old", .qos = 1, .retain = true});
    const auto run_with = [&](const std::string& program, const std::string& id) {
      Arguments all{program,   "-h", "127.0.0.1", "-p", std::to_string(server.port()),
                    "-i",      id,   "-V",        "5",  "-t",
                    "t/#",     "-v", "-W",        "2",  "-F",
                    "%r %t %p"};
      all.insert(all.end(), options.begin(), options.end());
      return all;
    };
    Process theirs(run_with("mosquitto_sub", "theirs")), ours(run_with(bin("mqfail-sub"), "ours"));
    BOOST_REQUIRE(server.wait_for_subscriber("theirs"));
    BOOST_REQUIRE(server.wait_for_subscriber("ours"));
    client.publish({.topic = "t/new", .payload = "new", .qos = 1, .retain = true});
    const int theirs_status = status_of(theirs), ours_status = status_of(ours);
    BOOST_TEST(ours.bytes(Stream::out) == theirs.bytes(Stream::out), options[0]);
    BOOST_TEST(ours_status == theirs_status, options[0]);
  }
}

BOOST_AUTO_TEST_CASE(retained_messages_are_removed_as_mosquitto_sub_does) {
  std::string printed[2];
  const std::string programs[2] = {"mosquitto_sub", bin("mqfail-sub")};
  for (int i = 0; i < 2; ++i) {
    Mosquitto server;
    Client client(server.port());
    for (const char* topic : {"t/1", "t/2", "t/3"})
      client.publish({.topic = topic, .payload = "x", .qos = 1, .retain = true});
    Process reader({programs[i], "-h", "127.0.0.1", "-p", std::to_string(server.port()), "-q", "1",
                    "-t", "t/#", "-v", "--remove-retained", "-i", "reader"});
    // Three messages, and the three empty messages that the command sent.
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 6, 10s));
    reader.signal(SIGTERM);
    status_of(reader);
    printed[i] = reader.bytes(Stream::out);
    client.subscribe("t/#", 1);
    BOOST_TEST(!client.receive(200ms).has_value());
  }
  BOOST_TEST(printed[1] == printed[0]);
}

BOOST_AUTO_TEST_CASE(an_unsubscription_ends_what_a_kept_session_had) {
  for (const std::string& program : {std::string("mosquitto_sub"), bin("mqfail-sub")}) {
    for (const char* version : {"5", "311"}) {
      Mosquitto server;
      const auto reader = [&](Arguments more) {
        Arguments all{program, "-h",    "127.0.0.1", "-p", std::to_string(server.port()),
                      "-V",    version, "-c",        "-i", "r",
                      "-q",    "1"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
      };
      BOOST_REQUIRE(run(reader({"-t", "a/#", "-t", "b", "-E"})).exit.status == 0);
      Process second(reader({"-t", "b", "-U", "a/#", "-U", "never/+", "-v", "-C", "1"}));
      BOOST_REQUIRE(server.wait_for_log("r never/\\+"));
      Client client(server.port());
      client.publish({.topic = "a/1", .payload = "x", .qos = 1});
      client.publish({.topic = "b", .payload = "y", .qos = 1});
      CHECK_STATUS(second, 0);
      BOOST_TEST(second.bytes(Stream::out) == "b y\n", program << " -V " << version);
    }
  }
}

BOOST_AUTO_TEST_CASE(debugging_puts_nothing_on_stdout) {
  Mosquitto server;
  Process reader(
      command("mqfail-sub", {"-s", server.uri(), "-i", "ours", "-t", "t", "-C", "1", "-d"}));
  BOOST_REQUIRE(server.wait_for_subscriber("ours"));
  Client(server.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "x\n");
}

BOOST_AUTO_TEST_CASE(every_message_is_on_stdout_as_soon_as_no_other_waits) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (int i = 1; i <= 20; ++i) {
    server.publish({.topic = "t", .payload = std::to_string(i)});
    BOOST_TEST(reader.wait_for_line(Stream::out, "^" + std::to_string(i) + "$", 1s).has_value());
  }
}

BOOST_AUTO_TEST_CASE(slices_of_one_byte_make_whole_messages) {
  ScriptedServer server({.slices = true});
  Process reader(sub({"-s", server.uri(), "-t", "t", "-q", "1", "-C", "50"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  for (std::uint32_t i = 1; i <= 50; ++i)
    server.publish({.topic = "t", .payload = numbered_line(i, 200), .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(complete(numbers(reader)));
  BOOST_TEST(reader.line_count(Stream::out) == 50U);
}

BOOST_AUTO_TEST_CASE(a_large_payload_is_exact) {
  Mosquitto server;
  Process reader(command(
      "mqfail-sub", {"-s", server.uri(), "-i", "ours", "-t", "t", "-C", "1", "-N", "-q", "1"}));
  BOOST_REQUIRE(server.wait_for_subscriber("ours"));
  std::string payload(8'000'000, '\0');
  Dice dice(1);
  for (char& byte : payload) byte = static_cast<char>(dice.next());
  Client(server.port()).publish({.topic = "t", .payload = payload, .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST((reader.bytes(Stream::out) == payload));
}
