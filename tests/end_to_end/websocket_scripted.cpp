// SPDX-License-Identifier: Apache-2.0
// What a real WebSocket server does not do on demand: a front that answers, cuts the connection,
// pings and closes as the test says.
#include "end_to_end/tools.hpp"
#include "rig/websocket_front.hpp"

using namespace rig;

namespace {

constexpr int kBinary = 2, kClose = 8, kPong = 10;

std::string both(const Said& said) {
  return said.get("reason") + " | " + said.get("text");
}

// It is the only server, so the run ends with 69. Returns the reason of the attempt.
std::string refused(const WebScript& script, const Arguments& more = {}) {
  ScriptedServer upstream;
  WebSocketFront front(upstream.port(), script);
  Arguments arguments{"-s", front.uri(), "-t", "t", "--once"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Process reader(sub(arguments));
  CHECK_STATUS(reader, 69);
  Events events(reader);
  const auto failed = events.last("failed");
  BOOST_REQUIRE_MESSAGE(failed.has_value(), what_it_said(reader));
  BOOST_TEST(failed->get("phase") == "ws");
  BOOST_TEST(upstream.count(What::connect) == 0U);
  BOOST_TEST(front.fault() == "");
  return both(*failed);
}

// The maximum of the resident memory, once it has not changed for half a second.
long settled_peak(Process& process) {
  long peak = process.peak_kib();
  const Moment end = Clock::now() + 20s;
  for (Moment since = Clock::now(); Clock::now() < end && Clock::now() - since < 500ms;) {
    std::this_thread::sleep_for(20ms);
    if (const long now = process.peak_kib(); std::exchange(peak, now) != now) since = Clock::now();
  }
  return peak;
}

std::string answer(const std::string& line, const std::string& fields = {}) {
  return line + "\r\n" + fields + "\r\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_agreement_is_named) {
  BOOST_TEST(refused({.answer = answer("HTTP/1.1 404 Not Found", "Content-Length: 0\r\n")}) ==
             "no WebSocket at this path (HTTP 404) | HTTP/1.1 404 Not Found");
  BOOST_TEST(refused({.answer = answer("HTTP/1.1 401 Who are \xe2\x80\xaeyou?")})
                 .find("not authorized (HTTP 401)") == 0U);
  BOOST_TEST(refused({.answer = answer("HTTP/1.1 302 Found", "Location: http://elsewhere/\r\n")}) ==
             "redirected, which is not followed (HTTP 302) | "
             "HTTP/1.1 302 Found, to http://elsewhere/");
  BOOST_TEST(refused({.bad_accept = true}) ==
             "WebSocket upgrade failed | Sec-WebSocket-Accept is not the answer to our key");
  BOOST_TEST(refused({.answer = "220 mail ready\r\n"}) ==
             "WebSocket upgrade failed | the answer is not HTTP");
  BOOST_TEST(refused({.answer = answer("HTTP/1.1 404 \x1b[31mred")}) ==
             "WebSocket upgrade failed | the answer is not HTTP");
  BOOST_TEST(refused({.answer_nothing = true}, {"--connect-timeout", "300ms"}) == "timed out | ");
}

BOOST_AUTO_TEST_CASE(the_words_of_a_server_never_colour_a_terminal) {
  ScriptedServer upstream;
  WebSocketFront front(upstream.port(),
                       {.answer = answer("HTTP/1.1 503 to the left \xe2\x80\xae")});
  Process reader(command("mqfail-sub", {"-s", front.uri(), "-t", "t", "--once"}));
  CHECK_STATUS(reader, 69);
  const std::string said = reader.bytes(Stream::err);
  BOOST_TEST(said.find("server unavailable (HTTP 503)") != std::string::npos, said);
  BOOST_TEST(said.find("\xe2\x80\xae") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_moves_on_to_the_next_server) {
  Mosquitto good;
  WebSocketFront missing(good.port(), {.answer = answer("HTTP/1.1 404 Not Found")});
  WebSocketFront front(good.port(), {.subprotocol = ""});
  Process publisher(pub({"-s", missing.uri(), "-s", front.uri(), "-t", "t", "-m", "x", "-q", "1"}));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(Events(publisher).count("failed") == 1U, what_it_said(publisher));
}

BOOST_AUTO_TEST_CASE(a_packet_is_a_frame_and_the_end_is_in_good_order) {
  Mosquitto server;
  WebSocketFront front(server.port());
  Recorder recorder(server.port(), "t");
  Process publisher({.argv = pub({"-s", front.uri() + "/a%20b", "-t", "t", "-l", "-q", "1", "-u",
                                  "joe", "-P", "secret"}),
                     .stdin_pipe = true});
  publisher.feed(numbered_lines(1, 200));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(recorder.wait_for(200));
  BOOST_TEST(complete(numbers(recorder.payloads())));
  BOOST_REQUIRE(front.wait_for_frame(kClose));
  BOOST_TEST(front.fault() == "");
  BOOST_TEST(front.request().find("GET /a%20b HTTP/1.1\r\n") == 0U, front.request());
  for (const char* secret : {"joe", "secret", "Authorization"})
    BOOST_TEST(front.request().find(secret) == std::string::npos);
  const auto frames = front.frames();
  BOOST_TEST(frames.back().payload == "\x03\xE8");
  std::size_t published = 0;
  Type last{};
  for (const WebFrame& frame : frames) {
    if (frame.opcode != kBinary) continue;
    PacketReader reader;
    reader.feed(frame.payload);
    const auto packet = reader.next();
    BOOST_REQUIRE(packet.has_value());
    BOOST_REQUIRE(reader.rest().empty());
    last = packet->type;
    published += packet->type == Type::publish ? 1 : 0;
  }
  BOOST_TEST(published == 200U);
  BOOST_TEST((last == Type::disconnect));
}

BOOST_AUTO_TEST_CASE(fragments_with_pings_between_are_one_stream) {
  for (const WebScript& script : {WebScript{.fragment = 3, .greeting = web_frame(0x89, "hello")},
                                  WebScript{.slices = true}}) {
    Mosquitto server;
    WebSocketFront front(server.port(), script);
    Process reader(sub({"-s", front.uri(), "-t", "t", "-q", "1", "-C", "51"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    const std::string large(70000, 'l');
    Client client(server.port());
    client.publish({.topic = "t", .payload = large, .qos = 1});
    for (std::uint32_t i = 1; i <= 50; ++i)
      client.publish({.topic = "t", .payload = numbered_line(i), .qos = 1});
    CHECK_STATUS(reader, 0);
    BOOST_TEST((reader.bytes(Stream::out) == large + "\n" + numbered_lines(1, 50)));
    BOOST_TEST(front.fault() == "");
    if (script.fragment == 0) continue;
    BOOST_TEST(front.wait_for_frame(kPong));
    for (const WebFrame& frame : front.frames()) {
      if (frame.opcode != kPong) continue;
      BOOST_TEST((frame.payload == "hello" || frame.payload == "are you there?"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_close_frame_and_nonsense_are_told_apart) {
  for (const auto& [bytes, wanted] : std::vector<std::pair<std::string, std::string>>{
           {web_close(1001, "good\nbye"),
            "closed by the server | WebSocket close 1001 (going away): good"},
           {web_frame(0x88, ""), "closed by the server | "},
           {web_frame(0x81, "text"),
            "closed by the server | the server sent something that is not WebSocket: a text "
            "message"},
           {web_frame(0x82, std::string("\x20\x02\0\0", 4)),
            "closed by the server | the server broke the protocol: unexpected CONNACK"}}) {
    Mosquitto server, next;
    WebSocketFront front(server.port());
    Process reader(sub({"-s", front.uri(), "-s", next.uri(), "-t", "t"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    front.send(bytes);
    REQUIRE_EVENT(reader, events, "failover");
    BOOST_TEST(both(*events.last("lost")).find(wanted) == 0U, both(*events.last("lost")));
    if (wanted.find("WebSocket close") == std::string::npos) continue;
    BOOST_TEST(front.wait_for_frame(kClose));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_read_holds_the_input_back) {
  Mosquitto server({.lines = {"max_queued_messages 0"}});
  WebSocketFront front(server.port());
  Recorder recorder(server.port(), "t", 0);
  Process publisher(
      {.argv = pub({"-s", front.uri(), "-t", "t", "-l", "-k", "60"}), .stdin_pipe = true});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  front.stop_reading(true);
  const std::string all = numbered_lines(1, 20000, 1000);
  publisher.feed(all);
  const long peak = settled_peak(publisher);
  BOOST_TEST(memory_within(peak, 24 * 1024), peak << " KiB");
  BOOST_TEST(publisher.running());
  front.stop_reading(false);
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(recorder.wait_for(20000));
  BOOST_TEST(complete(numbers(recorder.payloads())));
}

BOOST_AUTO_TEST_CASE(a_query_goes_out_in_the_request_however_the_server_was_named) {
  Mosquitto server;
  const std::string query = "x-amz-customauthorizer-name=a&token=b%20c&sig=d/e+f=";
  const std::string request = "GET /mqtt?" + query + " HTTP/1.1\r\n";
  const auto asks = [&](WebSocketFront& front, const Arguments& naming, const std::string& in) {
    Scratch scratch;
    write_file(scratch / "in", in);
    Arguments arguments = naming;
    arguments.insert(arguments.end(), {"-t", "t", "-m", "x", "-q", "1"});
    Process publisher({.argv = pub(arguments), .stdin_file = (scratch / "in").string()});
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(front.request().find(request) == 0U, front.request());
    // It may contain a token.
    BOOST_TEST(publisher.bytes(Stream::err).find("x-amz") == std::string::npos);
  };
  const std::string encoded =
      "x-amz-customauthorizer-name%3Da%26token%3Db%2520c%26sig%3Dd%2Fe%2Bf%3D";
  const auto document = [&](const WebSocketFront& front) {
    return "[{\"hostNameOrIpAddress\":\"" + front.uri() + "/mqtt?" + query +
           "\",\"tls\":\"None\",\"serverId\":\"w\"}]";
  };
  {
    WebSocketFront front(server.port());
    asks(front, {"-s", front.uri() + "?query=" + encoded}, "");
  }
  {
    WebSocketFront front(server.port());
    asks(front, {"--servers", "-"}, document(front));
  }
  {
    // To a document and back, and as a URI.
    WebSocketFront front(server.port());
    Scratch scratch;
    const auto converted = [&](const std::string& form, const std::string& in) {
      write_file(scratch / "in", in);
      const Finished finished =
          run(Command{.argv = command("mqfail-config", {"convert", "--to", form}),
                      .environment = {{"XDG_CONFIG_HOME", scratch.path().string()}},
                      .stdin_file = (scratch / "in").string()});
      BOOST_TEST(finished.exit.status == 0, finished.err);
      return finished.out;
    };
    const std::string canonical = converted("json", document(front));
    BOOST_TEST(canonical.find("/mqtt?" + query + "\"") != std::string::npos, canonical);
    const std::string uri = converted("uri", canonical);
    BOOST_TEST(uri.find("query=" + encoded) != std::string::npos, uri);
    BOOST_TEST(converted("json", uri) == canonical);
    asks(front, {"-s", uri.substr(0, uri.find('\n'))}, "");
  }
  const auto refused = [](const std::string& uri) {
    return run(Command{.argv = sub({"-s", uri, "-t", "t"})}).err;
  };
  const std::string advice = refused("wss://h/mqtt?x-amz-customauthorizer-name=a");
  BOOST_TEST(advice.find("unknown option 'x-amz-customauthorizer-name'") != std::string::npos,
             advice);
  BOOST_TEST(advice.find("?query=x-amz-customauthorizer-name%3D") != std::string::npos, advice);
  BOOST_TEST(refused("mqtt://h?query=a").find("query belongs to ws:// and wss:// only") !=
             std::string::npos);
}
