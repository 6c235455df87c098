// SPDX-License-Identifier: Apache-2.0
// mqfail-config serve. curl sends requests as users do; a plain socket sends the bytes that curl
// does not send.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <map>

#include "end_to_end/tools.hpp"
#include "rig/full_pipe.hpp"

using namespace rig;

namespace {

const std::string kJson = "Content-Type: application/json";
const std::string kPath = "/api/v1/configuration/MQTT1/RedundantServers";
const std::string kMask = "***************";

std::string sample(const std::string& name) {
  return mqfail::test::source_dir() + "/tests/unit/config/samples/" + name + "-as-documented.json";
}

std::string server(const std::string& id, const std::string& more = {}) {
  return R"({"serverId":")" + id +
         R"(","hostNameOrIpAddress":"127.0.0.1","port":1883,"tls":"None")" + more + "}";
}

struct Reply {
  int status = 0;
  std::string head, body;
  bool says(const std::string& text) const { return body.find(text) != std::string::npos; }
};

std::ostream& operator<<(std::ostream& out, const Reply& reply) {
  return out << reply.status << "\n" << reply.head << reply.body;
}

struct Home {
  Scratch scratch;
  std::map<std::string, std::string> environment{{"XDG_CONFIG_HOME", (scratch / "config").string()},
                                                 {"XDG_STATE_HOME", (scratch / "state").string()}};
  std::filesystem::path folder = scratch / "config/mqfail/components";
  std::string stored = (folder / "MQTT1/RedundantServers.json").string();

  std::string file(const std::string& content) {
    const std::string path = (scratch / "request").string();
    write_file(path, content);
    return path;
  }
  Finished config(const Arguments& arguments, const std::string& in = {}) {
    return run(Command{.argv = command("mqfail-config", arguments),
                       .environment = environment,
                       .stdin_file = file(in)});
  }
};

struct Serving : Home {
  std::unique_ptr<Process> process;
  std::uint16_t port = 0;
  std::string url;

  void serve(const Arguments& arguments = {}, const std::string& address = "127.0.0.1:0") {
    Arguments all{"serve"};
    if (!address.empty()) all.insert(all.end(), {"--listen", address});
    all.insert(all.end(), arguments.begin(), arguments.end());
    process = std::make_unique<Process>(
        Command{.argv = command("mqfail-config", all), .environment = environment});
    const auto line = process->wait_for_line(Stream::err, "listening on .*:[0-9]+$", 10s);
    BOOST_REQUIRE_MESSAGE(line.has_value(), process->bytes(Stream::err));
    port = static_cast<std::uint16_t>(std::stoi(line->text.substr(line->text.rfind(':') + 1)));
    url = "http://localhost:" + std::to_string(port) + kPath;
  }
  Reply curl(Arguments arguments) {
    Arguments argv{find_program("curl"), "-sS", "-D", (scratch / "head").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Finished finished = run(argv);
    BOOST_REQUIRE_MESSAGE(finished.exit.status == 0, finished.err);
    Reply reply{0, read_file(scratch / "head"), finished.out};
    const std::size_t last = reply.head.rfind("HTTP/1.");
    reply.status = std::stoi(reply.head.substr(last + 9, 3));
    return reply;
  }
  Reply ask(const std::string& method, const std::string& document, const std::string& below = {}) {
    return curl({"-X", method, "-H", kJson, "--data-binary", "@" + file(document), url + below});
  }
  Reply get(const std::string& below = {}) { return curl({url + below}); }
  Fd open() {
    Fd fd = connect_to(port, 5s);
    BOOST_REQUIRE(static_cast<bool>(fd));
    const timeval patience{10, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
  }
  // Reads until the other side closes the connection, or until `until` arrives.
  static std::string receive(const Fd& fd, const std::string& until = {}) {
    std::string all;
    char part[4096];
    for (ssize_t got = 0; (until.empty() || all.find(until) == std::string::npos) &&
                          (got = recv(fd.get(), part, sizeof part, 0)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    return all;
  }
  std::string head(const std::string& line, const std::string& fields = {}) const {
    return line + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n" + fields + "\r\n";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_pages_own_command_works_with_both_of_its_files, Serving) {
  // The command in the man page has a fixed port; another program may have it for a moment.
  for (int tries = 0; tries < 20 && !process; ++tries) {
    process = std::make_unique<Process>(
        Command{.argv = command("mqfail-config", {"serve"}), .environment = environment});
    if (process->wait_for_line(Stream::err, "listening on 127\\.0\\.0\\.1:5590$", 10s)) break;
    CHECK_STATUS(*process, 69);
    process.reset();
    std::this_thread::sleep_for(500ms);
  }
  BOOST_REQUIRE(process);
  const std::string page =
      R"(curl -d "@ConfigureRedundantServers.json" -H "Content-Type: application/json" -X PUT )"
      R"("http://localhost:5590/api/v1/configuration/MQTT1/RedundantServers" -sS -w "%{http_code}")";
  std::string canonical;
  for (const std::string name : {"minimal", "full"}) {
    std::filesystem::copy_file(sample(name), scratch / "ConfigureRedundantServers.json",
                               std::filesystem::copy_options::overwrite_existing);
    const Finished put =
        run(Command{.argv = {"sh", "-c", page}, .directory = scratch.path().string()});
    BOOST_TEST(put.out == "204", put.out + put.err);
    canonical = config({"get", "--component", "MQTT1"}).out;
    BOOST_TEST(canonical.find(name == "full" ? "\"RedundantServer2\"" : "\"125.1.1.2\"") !=
                   std::string::npos,
               canonical);
  }
  const Finished got = run({find_program("curl"), "-sS", "http://localhost:5590" + kPath});
  BOOST_TEST(got.out == canonical);
}

BOOST_FIXTURE_TEST_CASE(each_method_does_what_its_verb_does, Serving) {
  serve();
  BOOST_TEST(get().status == 404);
  BOOST_TEST(!std::filesystem::exists(folder));
  BOOST_TEST(ask("PUT", "[" + server("a") + "," + server("b") + "]").status == 204);
  BOOST_TEST(ask("POST", server("c")).status == 204);
  const Reply again = ask("POST", "[" + server("d") + "," + server("B") + "]");
  BOOST_TEST(again.status == 409, again);
  BOOST_TEST(ask("PATCH", R"([{"serverId":"A","port":1},{"serverId":"c","tls":"TLS13"}])").status ==
             204);
  BOOST_TEST(ask("PATCH", R"({"port":2})", "/b").status == 204);
  BOOST_TEST(ask("PATCH", R"({"tls":null})", "/c").status == 204);
  BOOST_TEST(ask("PATCH", R"({"port":2})", "/nobody").status == 404);
  BOOST_TEST(ask("PUT", R"({"hostNameOrIpAddress":"new"})", "/d%20%2F%C3%BC").status == 204);
  BOOST_TEST(ask("PUT", R"({"hostNameOrIpAddress":"changed"})", "/D%20%2f%c3%bc").status == 204);
  const Reply other = ask("PUT", server("x"), "/a");
  BOOST_TEST(other.status == 400, other);
  BOOST_TEST(other.says("\"Pointer\": \"/serverId\""), other);
  const Reply several = ask("PUT", "[" + server("a") + "," + server("a") + "]", "/a");
  BOOST_TEST(several.says("one server is expected"), several);
  BOOST_TEST(ask("DELETE", "", "/b").status == 204);
  BOOST_TEST(ask("DELETE", "", "/b").status == 404);

  const Reply all = get();
  BOOST_TEST(all.status == 200);
  BOOST_TEST(all.body == config({"get", "--component", "MQTT1"}).out);
  const Reply one = get("/d%20%2F%C3%BC");
  BOOST_TEST(one.body == config({"get", "--component", "MQTT1", "--server-id", "d /ü"}).out);
  BOOST_TEST(one.says("\"hostNameOrIpAddress\": \"changed\""), one);
  BOOST_TEST(get("/a").says("\"port\": 1,"));
  BOOST_TEST(get("/c").says("\"tls\": \"Tls12\""));
  BOOST_TEST(get("/b").status == 404);

  const Reply head = curl({"-I", url});
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.head.find("Content-Length: " + std::to_string(all.body.size()) + "\r\n") !=
                 std::string::npos,
             head);
  for (const std::string method : {"OPTIONS", "TRACE", "BREW"}) {
    const Reply reply = ask(method, "");
    BOOST_TEST(reply.status == 405);
    BOOST_TEST(
        reply.head.find("Allow: GET, HEAD, PUT, POST, PATCH, DELETE\r\n") != std::string::npos,
        reply);
  }
  BOOST_TEST(ask("POST", server("a"), "/a").head.find("Allow: GET, HEAD, PUT, PATCH, DELETE\r\n") !=
             std::string::npos);

  // An empty variable at the end of a script's address must not remove the whole list.
  BOOST_TEST(ask("DELETE", "", "/").status == 404);
  BOOST_TEST(get().body == all.body);
  for (const std::string id : {"/c", "/d%20%2F%C3%BC"})
    BOOST_TEST(ask("DELETE", "", id).status == 204);
  BOOST_TEST(ask("DELETE", "", "/a").status == 409);
  BOOST_TEST(ask("DELETE", "").status == 204);
  BOOST_TEST(ask("DELETE", "").status == 404);
  BOOST_TEST(ask("PATCH", "{}", "/a").status == 404);
  BOOST_TEST(!std::filesystem::exists(stored));
  process->signal(SIGTERM);
  CHECK_STATUS(*process, 0);
}

BOOST_FIXTURE_TEST_CASE(a_broken_document_is_answered_with_all_its_errors_and_changes_nothing,
                        Serving) {
  serve();
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  const std::string before = read_file(stored);
  const Reply reply =
      ask("PUT",
          "[\n  {\"hostNameOrIpAddress\": \"h\", \"prt\": 1},\n"
          "  {\"port\": 70000,\n   \"tls\": \"TLS14\", \"password\": \"geheim\"}\n]");
  BOOST_TEST(reply.status == 400);
  BOOST_TEST(is_json(reply.body), reply);
  for (const std::string key : {"OperationId", "Error", "Reason", "Resolution", "Parameters"})
    BOOST_TEST(reply.says("\"" + key + "\": "), reply);
  BOOST_TEST(reply.says("\"ErrorCount\": 5,"), reply);
  for (
      const std::string error :
      {R"("Line": 2, "Column": 32, "Pointer": "/0/prt", "Message": "unknown key)",
       R"("Line": 3, "Column": 3, "Pointer": "/1/hostNameOrIpAddress", "Message": "required")",
       R"("Line": 3, "Column": 12, "Pointer": "/1/port")",
       R"("Line": 4, "Column": 11, "Pointer": "/1/tls")",
       R"("Pointer": "/1/password", "Message": "You cannot specify a Password without specifying a UserName.")"})
    BOOST_TEST(reply.says(error), error << " in " << reply);
  BOOST_TEST(!reply.says("geheim"));
  const Reply merged = ask(
      "PATCH", R"([{"port":1},{"serverId":"b"},{"serverId":"a","userName":null,"password":"p"}])");
  BOOST_TEST(merged.status == 400);
  BOOST_TEST(merged.says("\"ErrorCount\": 3,"), merged);
  for (const std::string broken :
       {"", "[", "nonsense", "[]", "[1,2", "{\"a\":", "\xff\xfe", "<xml/>"}) {
    const Reply refused = ask("PUT", broken);
    BOOST_TEST(refused.status == 400, broken << ": " << refused);
    BOOST_TEST(is_json(refused.body), refused);
  }
  BOOST_TEST(read_file(stored) == before);

  // The stored list has an error: this is not an error of the client, and a new list repairs it.
  write_file(stored, "[{]");
  chmod(stored.c_str(), 0600);
  BOOST_TEST(get().status == 500);
  BOOST_TEST(ask("POST", server("b")).status == 409);
  BOOST_TEST(ask("PUT", server("b")).status == 204);
}

BOOST_FIXTURE_TEST_CASE(passwords_are_sealed_masked_and_seen_nowhere, Serving) {
  serve();
  const std::string secret = "hunter2-Geheimnis";
  BOOST_TEST(ask("PUT", server("a", R"(,"userName":"joe","password":")" + secret + "\"")).status ==
             204);
  BOOST_TEST(ask("PUT", "{\"password\": \"" + secret + "\", \"x\": 1}", "/a").status == 400);
  BOOST_TEST(curl({"-H", "Authorization: Bearer " + secret, url + "?token=" + secret}).status ==
             400);
  const Reply shown = get();
  BOOST_TEST(shown.says("\"password\": \"" + kMask + "\""), shown);
  const std::string before = read_file(stored);
  BOOST_TEST(before.find("\"password\": \"mqf1:") != std::string::npos);
  BOOST_TEST(ask("PUT", shown.body).status == 204);
  BOOST_TEST(ask("PATCH", "{\"password\":\"" + kMask + "\"}", "/a").status == 204);
  BOOST_TEST(ask("PATCH", R"({"userName":"joe"})", "/a").status == 204);
  BOOST_TEST(read_file(stored) == before);
  const Reply unknown =
      ask("PUT", server("b", R"(,"userName":"joe","password":")" + kMask + "\""), "/b");
  BOOST_TEST(unknown.status == 400);
  BOOST_TEST(unknown.says("none is stored"), unknown);
  // The key changes while the service runs. The passwords that the service seals must still open.
  BOOST_TEST(config({"rekey"}).exit.status == 0);
  BOOST_TEST(ask("PATCH", R"({"password":"new"})", "/a").status == 204);
  BOOST_TEST(
      config({"diff", "--component", "MQTT1"}, server("a", R"(,"userName":"joe","password":"new")"))
          .exit.status == 0);

  process->signal(SIGINT);
  CHECK_STATUS(*process, 0);
  const std::string said = process->bytes(Stream::err);
  BOOST_TEST(said.find(secret) == std::string::npos, said);
  BOOST_TEST(said.find("PUT " + kPath + " 204 from 127.0.0.1: stored") != std::string::npos, said);
  BOOST_TEST(said.find("the same was stored already") != std::string::npos, said);
}

BOOST_FIXTURE_TEST_CASE(a_stored_password_stays_with_its_server_whatever_a_request_changes,
                        Serving) {
  serve();
  const std::string secret = R"(,"userName":"joe","password":")";
  BOOST_TEST(ask("PUT", "[" + server("a", secret + "hunter2\"") + "]").status == 204);
  const std::string before = read_file(stored);
  const std::string masked = R"("userName":"joe","password":")" + kMask + "\"";
  const std::vector<std::tuple<std::string, std::string, std::string>> requests = {
      {"PATCH", R"({"hostNameOrIpAddress":"localhost","port":18999,"tls":"None"})", "/a"},
      {"PATCH", R"([{"serverId":"a","port":18999}])", ""},
      {"PATCH", R"({"protocol":"WS"})", "/a"},
      {"PATCH", R"({"validateServerCertificate":false})", "/a"},
      {"PATCH", R"({"port":18999,"password":")" + kMask + "\"}", "/a"},
      {"PATCH", R"({"port":18999,"userName":"jane"})", "/a"},
      {"PUT", R"({"hostNameOrIpAddress":"localhost","port":1883,"tls":"None",)" + masked + "}",
       "/a"},
      {"PUT",
       R"([{"serverId":"A","hostNameOrIpAddress":"::1","port":1883,"tls":"None",)" + masked + "}]",
       ""}};
  for (const auto& [method, document, below] : requests) {
    const Reply reply = ask(method, document, below);
    BOOST_TEST(reply.status == 400, method << " " << document << "\n" << reply);
    BOOST_TEST(reply.says("give the secret again in the same change"), reply);
  }
  BOOST_TEST(ask("POST", server("b", secret + kMask + "\"")).status == 400);
  BOOST_TEST(read_file(stored) == before);
  // Another number of asterisks is not a password.
  for (const std::string few : {"*", "*****", "****************"}) {
    const Reply reply = ask("PATCH", "{\"password\":\"" + few + "\"}", "/a");
    BOOST_TEST(reply.status == 400);
    BOOST_TEST(reply.says("asterisks are no secret; fifteen keep the stored one"), reply);
  }
  BOOST_TEST(read_file(stored) == before);
  BOOST_TEST(ask("PATCH", R"({"port":18999,"password":"hunter2"})", "/a").status == 204);
}

BOOST_FIXTURE_TEST_CASE(a_component_is_one_list_however_its_letters_are_written, Serving) {
  serve();
  BOOST_TEST(ask("PUT", "[" + server("a") + "]").status == 204);
  const std::string other =
      "http://localhost:" + std::to_string(port) + "/API/V1/Configuration/mqtt1/redundantservers";
  const Reply put =
      curl({"-X", "PUT", "-H", kJson, "--data-binary", "@" + file("[" + server("b") + "]"), other});
  BOOST_TEST(put.status == 409);
  BOOST_TEST(put.says("component 'MQTT1' is stored already, and 'mqtt1' differs from it in letter"),
             put);
  const Reply got = curl({other});
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.says("there is 'MQTT1'"), got);
  BOOST_TEST(!std::filesystem::exists(folder / "mqtt1"));
  BOOST_TEST(config({"set", "--component", "Mqtt1"}, server("b")).exit.status == 65);
  const Finished asked = config({"get", "--component", "mqTT1"});
  BOOST_TEST(asked.exit.status == 66);
  BOOST_TEST(asked.err.find("there is 'MQTT1'") != std::string::npos, asked.err);
}

BOOST_FIXTURE_TEST_CASE(strangers_and_web_pages_are_refused, Serving) {
  serve();
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  const std::string at = ":" + std::to_string(port);
  const auto with_host = [&](const std::string& host) {
    return curl({"-H", "Host: " + host, url}).status;
  };
  for (const std::string host : {"localhost", "LocalHost", "127.0.0.1", "[::1]"})
    BOOST_TEST(with_host(host + at) == 200, host);
  for (const std::string& host :
       {"evil.example" + at, std::string("localhost"), std::string("localhost:1"),
        "localhost.evil.example" + at, "127.0.0.1.evil.example" + at, "::1" + at})
    BOOST_TEST(with_host(host) == 403, host);
  for (const std::string& origin :
       {"http://localhost" + at, std::string("null"), std::string("https://evil.example")})
    BOOST_TEST(curl({"-H", "Origin: " + origin, url}).status == 403);
  const Reply form = curl({"-d", server("b"), url});
  BOOST_TEST(form.status == 415, form);
  BOOST_TEST(curl({"-X", "PUT", "-H", "Content-Type:", "-d", server("b"), url}).status == 415);
  BOOST_TEST(curl({"-X", "PUT", "-H", "Content-Type: application/json; charset=latin1", "-d",
                   server("b"), url})
                 .status == 415);
  BOOST_TEST(
      curl({"-X", "PUT", "-H", kJson, "-H", "Content-Encoding: gzip", "-d", server("b"), url})
          .status == 415);
  BOOST_TEST(curl({"-X", "PUT", "-H", "Content-Type: APPLICATION/JSON; charset=UTF-8", "-d",
                   server("a"), url})
                 .status == 204);

  // Only the list of a component has a path.
  const std::string base = "http://localhost" + at;
  const auto status_of_path = [&](const std::string& path) {
    return curl({"--path-as-is", base + path}).status;
  };
  for (const std::string id : {"..", ".", "%2e%2e", "..%2F..%2Fetc", ".lock", "a%00b", "a%2Fb",
                               "a%0Ab", "%ff", "a%zz", "a;b", "%20a", ""})
    BOOST_TEST(status_of_path("/api/v1/configuration/" + id + "/RedundantServers") == 400, id);
  for (const std::string path :
       {"/", "/etc/passwd", "/api/v1/configuration", "/api/v1/configuration/MQTT1",
        "/api/v1/configuration/MQTT1/DataSource", "//api/v1/configuration/MQTT1/RedundantServers",
        "/api/v1/configuration/MQTT1/RedundantServers/a/b",
        "/api/v1/configuration/MQTT1/../MQTT1/RedundantServers"})
    BOOST_TEST(status_of_path(path) == 404, path);
  BOOST_TEST(status_of_path("/API/v1/Configuration/MQTT1/redundantservers") == 200);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder), {}) == 2);  // MQTT1, .lock

  // What curl cannot send.
  const auto answer_to = [&](const std::string& bytes) {
    const Fd fd = open();
    write_all(fd.get(), bytes);
    shutdown(fd.get(), SHUT_WR);
    return receive(fd).substr(0, 12);
  };
  BOOST_TEST(answer_to("GET " + kPath + " HTTP/1.1\r\n\r\n") == "HTTP/1.1 400");
  BOOST_TEST(answer_to(head("GET " + kPath, "Host: localhost" + at + "\r\n")) == "HTTP/1.1 400");
  BOOST_TEST(answer_to(head("GET http://evil.example" + kPath)) == "HTTP/1.1 403");
  BOOST_TEST(answer_to(head("GET http://localhost" + at + kPath)) == "HTTP/1.1 200");
  BOOST_TEST(answer_to("\x16\x03\x01 this is TLS\r\n\r\n") == "HTTP/1.1 400");
  BOOST_TEST(answer_to(head("GET " + kPath, "X: " + std::string(20000, 'x') + "\r\n")) ==
             "HTTP/1.1 431");
  BOOST_TEST(
      answer_to(head("PUT " + kPath, kJson + "\r\nContent-Length: 2\r\nExpect: a miracle\r\n")) ==
      "HTTP/1.1 417");
  // A request that is hidden behind another request is not answered.
  BOOST_TEST(
      answer_to(head("GET " + kPath, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) ==
      "HTTP/1.1 400");
  const std::string colours = head("GET /\x1b[31m" + kPath);
  answer_to(colours);
  BOOST_TEST(process->bytes(Stream::err).find('\x1b') == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_document_may_be_a_mebibyte_and_not_more, Serving) {
  serve();
  std::string large = server("a");
  large.resize(1024 * 1024, ' ');
  BOOST_TEST(ask("PUT", large).status == 204);  // curl asks with Expect: 100-continue
  const Reply more = ask("PUT", large + " ");
  BOOST_TEST(more.status == 413, more);
  large.resize(8 * 1024 * 1024, ' ');
  BOOST_TEST(ask("PUT", large).status == 413);
  const Reply chunked =
      curl({"-X", "PUT", "-H", kJson, "-H", "Transfer-Encoding: chunked", "-H",
            "Expect:", "--data-binary", "@" + file(large.substr(0, 1024 * 1024 + 1)), url});
  BOOST_TEST(chunked.status == 413, chunked);
}

BOOST_FIXTURE_TEST_CASE(a_connection_is_kept_and_slow_clients_are_cut_off, Serving) {
  serve({"--timeout", "400ms"});
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  const Finished twice = run({find_program("curl"), "-sS", "-v", url, url});
  BOOST_TEST(twice.err.find("Re-using existing connection") != std::string::npos, twice.err);
  {
    const Fd fd = open();  // two requests in one breath
    write_all(fd.get(), head("GET " + kPath + "/a") + head("HEAD " + kPath) +
                            head("GET " + kPath + "/b", "Connection: close\r\n"));
    const std::string all = receive(fd);
    const std::size_t second = all.find("HTTP/1.1 200", 12);
    BOOST_TEST(all.starts_with("HTTP/1.1 200"));
    BOOST_REQUIRE(second != std::string::npos);
    BOOST_TEST(all.find("HTTP/1.1 404", second) != std::string::npos, all);
  }
  const Moment start = Clock::now();
  const Fd silent = open(), head_only = open(), body_missing = open();
  write_all(head_only.get(), "GET " + kPath + " HTTP/1.1\r\nHo");
  write_all(body_missing.get(), head("PUT " + kPath, kJson + "\r\nContent-Length: 100\r\n") + "{");
  for (const Fd* fd : {&silent, &head_only, &body_missing}) BOOST_TEST(receive(*fd).empty());
  BOOST_TEST(seconds_between(start, Clock::now()) < 8.0);
  BOOST_TEST(
      process->wait_for_line(Stream::err, "did not come to its end in time", 5s).has_value());
}

BOOST_FIXTURE_TEST_CASE(so_many_connections_and_no_more_are_served_at_once, Serving) {
  serve();
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  std::vector<Fd> held(64);
  for (Fd& fd : held) {
    fd = open();
    write_all(fd.get(), "GET ");
  }
  Fd late = open();
  write_all(late.get(), head("GET " + kPath));
  // 64 heads are under way, so the 65th is not read. When one of them ends, it is served.
  const timeval short_patience{0, 300000};
  setsockopt(late.get(), SOL_SOCKET, SO_RCVTIMEO, &short_patience, sizeof short_patience);
  BOOST_TEST(receive(late).empty());
  held.front().reset();
  const timeval patience{10, 0};
  setsockopt(late.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  BOOST_TEST(receive(late, "]\n").starts_with("HTTP/1.1 200"));
}

BOOST_FIXTURE_TEST_CASE(a_thousand_slow_clients_do_not_keep_a_quick_one_waiting_for_long, Serving) {
  serve();  // each of 64 slow clients would have 10 s: 156 s for all
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  std::vector<Fd> slow(1000);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    slow[i] = open();
    write_all(slow[i].get(), i % 2 == 0
                                 ? "GET " + kPath + " HTTP/1.1\r\nHost: lo"
                                 : head("PUT " + kPath, kJson + "\r\nContent-Length: 9\r\n"));
  }
  const Moment start = Clock::now();
  const Fd quick = open();
  const timeval patience{120, 0};
  setsockopt(quick.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  write_all(quick.get(), head("GET " + kPath));
  BOOST_TEST(receive(quick, "]\n").starts_with("HTTP/1.1 200"));
  BOOST_TEST(seconds_between(start, Clock::now()) < at_most(40.0));
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_fields_ends_at_16_kib_and_takes_no_memory, Serving) {
  serve();
  const auto most_kib = [&] { return process->peak_kib(); };
  BOOST_TEST(get().status == 404);
  const long before = most_kib();
  std::string fields;
  while (fields.size() < 64 * 1024) fields += "X-" + std::to_string(fields.size()) + ": y\r\n";
  std::vector<Fd> floods(60);
  for (Fd& flood : floods) {
    flood = open();
    write_all(flood.get(), "GET " + kPath + " HTTP/1.1\r\n" + fields);
  }
  for (const Fd& flood : floods) BOOST_TEST(receive(flood).starts_with("HTTP/1.1 431"));
  // Without an end: 64 MiB, if they were taken.
  Fd endless = open();
  for (int i = 0; i < 1024 && write_all(endless.get(), fields); ++i) {
  }
  BOOST_TEST(get().status == 404);
  BOOST_TEST(memory_within(most_kib(), before + 8 * 1024), most_kib() << " KiB, before " << before);
}

BOOST_FIXTURE_TEST_CASE(writers_take_turns_and_a_lock_that_stays_taken_is_said, Serving) {
  serve();
  BOOST_TEST(ask("PUT", server("first")).status == 204);
  std::vector<std::unique_ptr<Process>> writers;
  for (int i = 0; i < 8; ++i) {
    const std::string id = "w" + std::to_string(i);
    const std::string path = (scratch / id).string();
    write_file(path, server(id));
    writers.push_back(std::make_unique<Process>(Command{
        .argv = i % 2 == 0 ? Arguments{find_program("curl"), "-fsS", "-X", "POST", "-H", kJson,
                                       "-d", "@" + path, url}
                           : command("mqfail-config", {"add", "--component", "MQTT1", "-f", path}),
        .environment = environment}));
  }
  for (const auto& writer : writers) CHECK_STATUS(*writer, 0);
  for (int i = 0; i < 8; ++i) BOOST_TEST(get("/w" + std::to_string(i)).status == 200);

  Fd lock(::open((folder / ".lock").c_str(), O_RDWR | O_CLOEXEC));
  BOOST_REQUIRE(flock(lock.get(), LOCK_EX) == 0);
  const std::string before = read_file(stored);
  Process waiting(
      Arguments{find_program("curl"), "-sS", "-w", "%{http_code}", "-X", "DELETE", url + "/w0"});
  // A reader does not wait for the lock.
  const Moment start = Clock::now();
  BOOST_TEST(get().status == 200);
  BOOST_TEST(seconds_between(start, Clock::now()) < 4.0);
  CHECK_STATUS(waiting, 0);
  BOOST_TEST(waiting.bytes(Stream::out).ends_with("503"), waiting.bytes(Stream::out));
  BOOST_TEST(read_file(stored) == before);
  lock.reset();
  BOOST_TEST(ask("DELETE", "", "/w0").status == 204);
}

BOOST_FIXTURE_TEST_CASE(other_addresses_want_a_permission_and_a_token, Serving) {
  const std::string token = "0123456789abcdef0123456789abcdef";
  const std::string path = (scratch / "token").string();
  write_file(path, token + "\n");
  chmod(path.c_str(), 0644);
  const auto status = [&](const Arguments& arguments) {
    Arguments all{"serve"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished finished = config(all);
    BOOST_TEST(finished.err.find(token) == std::string::npos);
    return finished.exit.status;
  };
  BOOST_TEST(status({"--listen", "0.0.0.0:0"}) == 64);
  BOOST_TEST(status({"--listen", "[::]:0"}) == 64);
  BOOST_TEST(status({"--listen", "0.0.0.0:0", "--listen-anywhere"}) == 64);
  BOOST_TEST(status({"--listen", "127.0.0.1:0", "--token-file", path}) == 78);
  for (const std::string address :
       {"127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "example.org:80", ":0"})
    BOOST_TEST(status({"--listen", address}) == 64, address);
  chmod(path.c_str(), 0600);
  write_file(path, "short\n");
  BOOST_TEST(status({"--listen", "127.0.0.1:0", "--token-file", path}) == 78);
  write_file(path, token + "\n");

  // All of 127.0.0.0/8 is this machine, so the test needs no address that other machines reach.
  serve({"--listen-anywhere", "--token-file", path});
  const auto with = [&](const std::string& authorization) {
    return curl({"-H", "Authorization: " + authorization, url}).status;
  };
  const Reply without = get();
  BOOST_TEST(without.status == 401);
  BOOST_TEST(without.head.find("WWW-Authenticate: Bearer") != std::string::npos, without);
  for (const std::string& wrong :
       {std::string("Bearer"), "Basic " + token, "Bearer " + token + "0",
        "Bearer " + token.substr(1), "Bearer " + token.substr(0, 31) + "0"})
    BOOST_TEST(with(wrong) == 401, wrong);
  BOOST_TEST(with("Bearer " + token) == 404);
  BOOST_TEST(with("bearer " + token) == 404);
  BOOST_TEST(process->bytes(Stream::err).find(token) == std::string::npos);

  // The port is in use.
  BOOST_TEST(status({"--listen", "127.0.0.1:" + std::to_string(port)}) == 69);
}

BOOST_FIXTURE_TEST_CASE(a_service_manager_hands_over_the_socket_and_is_told, Serving) {
  const Fd listener = listen_on(0);
  const std::uint16_t given = port_of(listener);
  const std::string notify = (scratch / "notify").string();
  const Fd told(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  notify.copy(name.sun_path, sizeof name.sun_path - 1);
  BOOST_REQUIRE(bind(told.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  const timeval patience{10, 0};
  setsockopt(told.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto next_word = [&] {
    char text[256];
    const ssize_t got = recv(told.get(), text, sizeof text, 0);
    return std::string(text, got < 0 ? 0 : static_cast<std::size_t>(got));
  };
  // The shell becomes the service, so its process id is the announced one.
  Fd inherited(fcntl(listener.get(), F_DUPFD, 10));
  const std::string start = "exec 3<&" + std::to_string(inherited.get()) +
                            "; LISTEN_PID=$$ LISTEN_FDS=1 exec " + bin("mqfail-config") + " serve";
  environment["NOTIFY_SOCKET"] = notify;
  process =
      std::make_unique<Process>(Command{.argv = {"bash", "-c", start}, .environment = environment});
  inherited.reset();
  BOOST_TEST(next_word() == "READY=1", process->bytes(Stream::err));
  port = given;
  url = "http://localhost:" + std::to_string(port) + kPath;
  BOOST_TEST(ask("PUT", server("a")).status == 204);
  const Fd idle = open();
  const Fd busy = open();
  write_all(busy.get(), "GET " + kPath + "/a HTTP/1.1\r\n");
  BOOST_TEST(get().status == 200);  // by now both were accepted
  process->signal(SIGTERM);
  BOOST_TEST(next_word() == "STOPPING=1");
  BOOST_TEST(receive(idle).empty());
  write_all(busy.get(), "Host: localhost:" + std::to_string(port) + "\r\n\r\n");
  const std::string last = receive(busy);
  BOOST_TEST(last.starts_with("HTTP/1.1 200"), last);
  BOOST_TEST(last.find("Connection: close\r\n") != std::string::npos, last);
  CHECK_STATUS(*process, 0);

  // A descriptor that is not a socket is refused.
  environment["LISTEN_FDS"] = "1";
  const Finished none = run(Command{
      .argv = {"bash", "-c", "LISTEN_PID=$$ exec " + bin("mqfail-config") + " serve 3</dev/null"},
      .environment = environment});
  BOOST_TEST(none.exit.status == 69, none.err);
}

BOOST_FIXTURE_TEST_CASE(a_second_signal_ends_it_at_once, Serving) {
  serve();
  const Fd slow = open();
  write_all(slow.get(), "GET ");
  BOOST_TEST(get().status == 404);
  process->signal(SIGTERM);
  BOOST_TEST(!process->wait_exit(200ms).has_value());
  const Moment start = Clock::now();
  process->signal(SIGTERM);
  CHECK_STATUS(*process, 0);
  BOOST_TEST(seconds_between(start, Clock::now()) < 5.0);
}

BOOST_FIXTURE_TEST_CASE(a_running_subscriber_takes_what_is_put_without_losing_its_connection,
                        Serving) {
  Mosquitto a, b;
  serve();
  const auto entry = [](const Mosquitto& one, const std::string& id) {
    return R"({"serverId":")" + id + R"(","hostNameOrIpAddress":"127.0.0.1","tls":"None","port":)" +
           std::to_string(one.port()) + "}";
  };
  BOOST_TEST(ask("PUT", entry(a, "a")).status == 204);
  Process reader({.argv = sub({"--component", "MQTT1", "-t", "t", "-q", "1", "-i", "reader"}),
                  .environment = environment});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(ask("PUT", "[" + entry(a, "a") + "," + entry(b, "b") + "]").status == 204);
  REQUIRE_EVENT(reader, events, "list-updated", 5s);
  Client sender(a.port());
  sender.publish({.topic = "t", .payload = "still here", .qos = 1});
  BOOST_TEST(reader.wait_for_line(Stream::out, "still here", 5s).has_value());
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(events.count("connected") == 1U);
  a.kill9();
  BOOST_TEST(b.wait_for_subscriber("reader"), reader.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(requests_are_answered_although_nobody_reads_the_log) {
  Serving one;
  const FullPipe full((one.scratch / "full").string());
  const std::uint16_t port = free_port();
  one.url = "http://localhost:" + std::to_string(port) + kPath;
  one.process = std::make_unique<Process>(
      Command{.argv = {"/bin/sh", "-c", "exec \"$@\" 2>" + full.path(), "sh", bin("mqfail-config"),
                       "serve", "--listen", "127.0.0.1:" + std::to_string(port)},
              .environment = one.environment});
  for (int i = 0; i < 3; ++i) {
    const Reply reply = one.curl({"--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                                  "--max-time", "10", one.url});
    BOOST_TEST(reply.status == 404, reply);
  }
  one.process->signal(SIGTERM);
  CHECK_STATUS(*one.process, 0);
}
