// SPDX-License-Identifier: Apache-2.0
// A document by HTTP from a server that does what a real one will not.
#include "discovery/http_document.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "rig/scripted_http.hpp"

namespace mqfail {
namespace {

using namespace std::chrono_literals;
using rig::http_answer;
using rig::HttpVisit;
using rig::ScriptedHttp;

constexpr Duration kBound = 20s;  // is never reached where the server answers
constexpr Duration kShort = 300ms;

Result<HttpAnswer> get(const std::string& url, Duration bound = kBound) {
  return HttpDocument(url, {}).get(bound, {});
}

// The body, or the error.
std::string told(const Result<HttpAnswer>& answer) {
  if (!answer) return answer.error().message;
  return answer->body.value_or("(unchanged)");
}

// What a client makes of one answer, without the URL before it.
std::string of(const std::string& answer) {
  const ScriptedHttp server([&](const HttpVisit& visit) { visit.send(answer); });
  const std::string text = told(get(server.url()));
  const std::string name = server.url() + ": ";
  return text.starts_with(name) ? text.substr(name.size()) : text;
}

std::optional<Duration> ask_again(const std::string& fields) {
  const ScriptedHttp server(
      [&](const HttpVisit& visit) { visit.send(http_answer("200 OK", "x", fields)); });
  const auto answer = get(server.url());
  BOOST_REQUIRE(answer);
  return answer->ask_again;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_document_comes_in_every_form_of_http) {
  BOOST_TEST(of(http_answer("200 OK", "[1]")) == "[1]");
  BOOST_TEST(of(http_answer("200 OK", "")) == "");
  BOOST_TEST(of("HTTP/1.0 200 OK\r\n\r\nto the end") == "to the end");
  BOOST_TEST(
      of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1;x=y\r\n]\r\n0\r\n"
         "Trailer: x\r\n\r\n") == "[1]");
  BOOST_TEST(of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + http_answer("200 OK", "[1]")) ==
             "[1]");
}

BOOST_AUTO_TEST_CASE(what_has_not_changed_is_asked_for_by_its_validators) {
  const ScriptedHttp server([](const HttpVisit& visit) {
    if (visit.field("if-none-match") == "W/\"v1\"" &&
        visit.field("if-modified-since") == "Sat, 01 Jan 2022 00:00:00 GMT")
      visit.send("HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=7\r\n\r\n");
    else
      visit.send(http_answer("200 OK", "[]",
                             "ETag: W/\"v1\"\r\nLast-Modified: Sat, 01 Jan 2022 00:00:00 GMT\r\n"));
  });
  HttpDocument document(server.url(), {});
  BOOST_TEST(told(document.get(kBound, {})) == "[]");
  const auto second = document.get(kBound, {});
  BOOST_TEST(told(second) == "(unchanged)");
  BOOST_TEST((second->ask_again == 7s));
  BOOST_TEST(told(get(server.url())) == "[]");  // who has nothing asks for all
}

BOOST_AUTO_TEST_CASE(unchanged_is_no_answer_to_who_has_nothing) {
  BOOST_TEST(of("HTTP/1.1 304 Not Modified\r\n\r\n") == "answers 304 Not Modified");
}

BOOST_AUTO_TEST_CASE(the_validators_of_one_url_are_not_sent_to_another) {
  std::atomic<int> asked = 0;
  const ScriptedHttp server([&](const HttpVisit& visit) {
    if (visit.target() == "/") {
      const std::string to = asked++ == 0 ? "/a" : "/b";
      visit.send(http_answer("302 Found", "", "Location: " + to + "\r\n"));
    } else {
      BOOST_TEST(visit.field("if-none-match") == "");
      visit.send(http_answer("200 OK", visit.target(), "ETag: \"same\"\r\n"));
    }
  });
  HttpDocument document(server.url(), {});
  BOOST_TEST(told(document.get(kBound, {})) == "/a");
  BOOST_TEST(told(document.get(kBound, {})) == "/b");
}

BOOST_AUTO_TEST_CASE(when_to_ask_again_is_taken_from_max_age_within_reason) {
  BOOST_TEST((ask_again("") == std::nullopt));
  BOOST_TEST((ask_again("Cache-Control: no-cache\r\n") == std::nullopt));
  BOOST_TEST((ask_again("Cache-Control: public, Max-Age=60\r\n") == 60s));
  BOOST_TEST(
      (ask_again("Cache-Control: public\r\nCache-Control: max-age=\"60\"\r\nAge: 20\r\n") == 40s));
  BOOST_TEST((ask_again("Cache-Control: max-age=0\r\n") == 1s));
  BOOST_TEST((ask_again("Cache-Control: max-age=10\r\nAge: 99\r\n") == 1s));
  BOOST_TEST((ask_again("Cache-Control: max-age=99999999999999999999999\r\n") == 24h));
  BOOST_TEST((ask_again("Cache-Control: max-age=-5, s-maxage=3, max-age=x\r\n") == std::nullopt));
}

BOOST_AUTO_TEST_CASE(every_refusal_is_one_sentence) {
  BOOST_TEST(of(http_answer("404 Not Found", "<html>")) == "answers 404 Not Found");
  BOOST_TEST(of(http_answer("500 \u202Ered", "")) == "answers 500 \\u202ered");
  BOOST_TEST(of(http_answer("500 \x1b[31mred", "")) == "does not answer in HTTP (bad reason)");
  BOOST_TEST(of(http_answer("204 No Content", "")) == "answers 204 No Content");
  BOOST_TEST(of("220 smtp.example ESMTP\r\n") == "does not answer in HTTP");
  BOOST_TEST(of("") == "closes the connection without an answer");
  BOOST_TEST(of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort") == "breaks the answer off");
  BOOST_TEST(of("HTTP/1.1 200 OK\r\nContent-Le") == "breaks the answer off");
  BOOST_TEST(of(http_answer("200 OK", "x", "Content-Encoding: gzip\r\n")) ==
             "sends the document compressed (gzip)");
  const std::uint16_t port = rig::free_port();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  BOOST_TEST(told(get(url)) == url + ": cannot be reached: connection refused");
  const std::string nowhere = told(get("http://nowhere.invalid/x"));
  BOOST_TEST(nowhere.starts_with("http://nowhere.invalid/x: the name of the host is not resolved"),
             nowhere);
  BOOST_TEST(!check_http_url("gopher://x"));
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_told) {
  const std::string large(kLargestHttpDocument + 1, 'x');
  BOOST_TEST(of(http_answer("200 OK", large)) == "sends more than 1 MiB");
  BOOST_TEST(of("HTTP/1.0 200 OK\r\n\r\n" + large) == "sends more than 1 MiB");
  BOOST_TEST(of("HTTP/1.1 200 OK\r\nX: " + large + "\r\n\r\n") ==
             "sends a head of more than 16 KiB");
  const std::string most(kLargestHttpDocument, 'x');
  BOOST_TEST((of(http_answer("200 OK", most)) == most));
}

BOOST_AUTO_TEST_CASE(what_has_no_end_ends) {
  const auto endless = [](const std::string& head, const std::string& part) {
    const ScriptedHttp server([&](const HttpVisit& visit) {
      std::string many;
      while (many.size() < 4096) many += part;
      bool open = visit.send(head);
      while (open) open = visit.send(many);
    });
    const std::string text = told(get(server.url()));
    return text.substr(text.find(": ") + 2);
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  BOOST_TEST(endless(ok, "X: y\r\n") == "sends a head of more than 16 KiB");
  BOOST_TEST(endless(ok, "x") == "sends a head of more than 16 KiB");
  BOOST_TEST(endless("", "y") == "does not answer in HTTP");
  BOOST_TEST(endless(ok + "\r\n", std::string(4096, 'x')) == "sends more than 1 MiB");
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(endless(chunked, "1\r\nx\r\n") == "sends more than 1 MiB");
  BOOST_TEST(endless(chunked, "0") != "");
  BOOST_TEST(endless(chunked + "0\r\n", "X: y\r\n") != "");
  BOOST_TEST(endless("", "HTTP/1.1 100 Continue\r\n\r\n") == "sends more than 1 MiB");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_slow_or_silent_costs_the_bound_and_no_more) {
  const std::string late = ": no whole answer within 300 ms";
  const auto after = [&](const std::function<void(const HttpVisit&)>& script) {
    const ScriptedHttp server(script);
    const rig::Moment begin = rig::Clock::now();
    const std::string text = told(get(server.url(), kShort));
    BOOST_TEST(rig::seconds_between(begin, rig::Clock::now()) >= 0.3);
    BOOST_TEST(rig::seconds_between(begin, rig::Clock::now()) < 5);
    return text == server.url() + late ? "late" : text;
  };
  BOOST_TEST(after([](const HttpVisit& visit) { visit.wait_for_the_end(); }) == "late");
  BOOST_TEST(after([](const HttpVisit& visit) {
               visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
               while (!visit.wait_for_the_end(5ms) && visit.send("x")) continue;
             }) == "late");
  BOOST_TEST(after([](const HttpVisit& visit) {
               visit.send("HTTP/1.1 200 OK\r\n");
               while (!visit.wait_for_the_end(5ms) && visit.send("X: y\r\n")) continue;
             }) == "late");
  // Each hop of a redirection is part of the same bound.
  BOOST_TEST(after([](const HttpVisit& visit) {
               if (visit.target() != "/") visit.wait_for_the_end();
               visit.send(http_answer("307 Temporary Redirect", "", "Location: /x\r\n"));
             }).ends_with("/x" + late));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it_at_once) {
  std::atomic<bool> asked = false;
  const ScriptedHttp server([&](const HttpVisit& visit) {
    asked = true;
    asked.notify_all();
    visit.wait_for_the_end();
  });
  HttpDocument document(server.url(), {});
  rig::Moment ended;
  std::string text;
  std::jthread asker([&](const std::stop_token& stop) {
    text = told(document.get(kBound, stop));
    ended = rig::Clock::now();
  });
  asked.wait(false);
  const rig::Moment stopped = rig::Clock::now();
  asker.request_stop();
  asker.join();
  BOOST_TEST(rig::seconds_between(stopped, ended) < 1);
  BOOST_TEST(text == server.url() + ": was stopped");
  std::stop_source source;
  source.request_stop();
  BOOST_TEST(told(document.get(kBound, source.get_token())) == server.url() + ": was stopped");
  BOOST_TEST(server.requests().size() == 1);
}

BOOST_AUTO_TEST_CASE(three_redirections_are_followed_and_no_fourth) {
  const ScriptedHttp server([](const HttpVisit& visit) {
    const std::string target = visit.target();
    if (target == "/0") return (void)visit.send(http_answer("200 OK", "there"));
    const std::string to = "/" + std::to_string(std::stoi(target.substr(1)) - 1);
    const std::vector<std::string> status = {"301 x", "302 x", "303 x", "307 x", "308 x"};
    visit.send(http_answer(status[static_cast<std::size_t>(std::stoi(target.substr(1)))], "<html>",
                           "Location: " + to + "\r\n"));
  });
  BOOST_TEST(told(get(server.url("/3"))) == "there");
  BOOST_TEST(told(get(server.url("/4"))) == server.url("/1") + ": redirects for the fourth time");
}

BOOST_AUTO_TEST_CASE(credentials_go_to_their_server_only) {
  const ScriptedHttp other([](const HttpVisit& visit) { visit.send(http_answer("200 OK", "[]")); });
  const ScriptedHttp server([&](const HttpVisit& visit) {
    if (visit.field("authorization") != "Basic bWU6Z2VoZWlt")
      return (void)visit.send(http_answer("401 Unauthorized", ""));
    const std::string to = visit.target() == "/" ? "/here" : other.url("/there");
    visit.send(http_answer("302 Found", "", "Location: " + to + "\r\n"));
  });
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  BOOST_TEST(told(get("http://me:geheim@" + host + "/")) == "[]");
  BOOST_TEST(server.requests().size() == 2);
  BOOST_REQUIRE(other.requests().size() == 1);
  BOOST_TEST(other.requests()[0].find("uthorization") == std::string::npos);
  const auto denied = get("http://me:falsch@" + host + "/?falsch");
  BOOST_REQUIRE(!denied);
  BOOST_TEST(denied.error().message == "http://" + host + "/?...: answers 401 Unauthorized");
  BOOST_TEST(denied.error().hint != "");
  const auto plain = get("http://me:geheim@example.com/");
  BOOST_REQUIRE(!plain);
  BOOST_TEST(plain.error().message.find("geheim") == std::string::npos);
}

}  // namespace mqfail
