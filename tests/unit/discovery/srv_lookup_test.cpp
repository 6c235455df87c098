// SPDX-License-Identifier: Apache-2.0
// SRV records as a real DNS server has them, and what a broken one costs.
#include "discovery/srv_lookup.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "rig/dns_server.hpp"

using namespace mqfail;
using rig::DnsServer;
using namespace std::chrono_literals;

namespace {

// A UDP socket on 127.0.0.1 that answers each question with what `answer` makes of it; without
// `answer` it never does.
class FakeDns {
 public:
  using Answer = std::function<std::vector<std::string>(const std::string&)>;
  explicit FakeDns(Answer answer = {}) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), any, size) != 0 || ::getsockname(fd_.get(), any, &size) != 0)
      throw rig::Broken("no UDP port");
    port_ = ntohs(address.sin_port);
    if (answer) thread_ = std::thread([this, answer] { serve(answer); });
  }
  ~FakeDns() {
    waker_.wake();
    if (thread_.joinable()) thread_.join();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(const Answer& answer) {
    while (true) {
      pollfd wanted[] = {{fd_.get(), POLLIN, 0}, {waker_.fd(), POLLIN, 0}};
      ::poll(wanted, 2, -1);
      if (wanted[1].revents != 0) return;
      char bytes[4096];
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      auto* const any = reinterpret_cast<sockaddr*>(&from);
      const ssize_t got = ::recvfrom(fd_.get(), bytes, sizeof bytes, 0, any, &size);
      if (got < 12) continue;
      for (const std::string& reply : answer(std::string(bytes, got)))
        ::sendto(fd_.get(), reply.data(), reply.size(), 0, any, size);
    }
  }

  rig::Fd fd_;
  rig::Waker waker_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// The question with another second half of its header: an answer with this code and nothing else.
std::string coded(std::string question, int code) {
  question[2] = '\x81';
  question[3] = static_cast<char>(0x80 | code);
  return question;
}

Result<SrvAnswer> ask(const std::string& name, const std::string& server, Duration bound = 5s) {
  return look_up_srv(name, {bound, server}, {});
}

std::string found(std::string_view name, const std::string& server, bool tls_only = false) {
  const auto list = discover_by_srv(name, tls_only, 1, {5s, server}, {});
  if (!list) return "error: " + list.error().message + " | " + list.error().hint;
  std::string all;
  for (const Server& one : list->servers) all += redacted_uri(one) + " ";
  for (const std::string& warning : list->warnings) all += "| " + warning;
  return all;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = rig::Clock::now();
  work();
  return rig::seconds_between(begin, rig::Clock::now());
}

}  // namespace

#ifdef MQFAIL_LATE
// The first of all tests, as the library stays.
BOOST_AUTO_TEST_CASE(c_ares_is_loaded_by_the_first_look_up_and_not_before) {
  const auto loaded = [] {
    return rig::read_file("/proc/self/maps").find("libcares") != std::string::npos;
  };
  BOOST_TEST(!loaded());
  const FakeDns silent;
  BOOST_TEST(!ask("_mqtt._tcp.test", silent.address(), 1ms));
  BOOST_TEST(loaded());
}
#endif

BOOST_AUTO_TEST_CASE(a_zone_is_read_as_it_is_written) {
  const DnsServer dns(
      "_mqtt._tcp 300 SRV 10 5 1883 a\n_mqtt._tcp 300 SRV 20 0 1884 b.elsewhere.example.\n");
  const auto answer = ask("_mqtt._tcp.test", dns.address());
  BOOST_REQUIRE(bool(answer));
  BOOST_TEST(answer->targets.size() == 2);
  BOOST_TEST(answer->ttl.count() == 300);
  BOOST_TEST(found("mqtt://test", dns.address()) ==
             "tcp://a.test:1883 tcp://b.elsewhere.example:1884 ");
}

BOOST_AUTO_TEST_CASE(tls_comes_first_and_plain_text_only_if_there_is_none) {
  DnsServer dns("_mqtt._tcp SRV 0 0 1883 a\n_secure-mqtt._tcp SRV 0 0 8883 b\n");
  BOOST_TEST(found("test", dns.address()) == "mqtts://b.test:8883 ");
  dns.serve("_mqtt._tcp SRV 0 0 1883 a\n");
  BOOST_TEST(found("test", dns.address()) ==
             "tcp://a.test:1883 | _secure-mqtt._tcp.test does not exist (NXDOMAIN): the servers of "
             "_mqtt._tcp.test are used in plain text");
  BOOST_TEST(found("test", dns.address(), true)
                 .starts_with("error: _secure-mqtt._tcp.test does not exist (NXDOMAIN) | add SRV "
                              "records, such as: "));
  dns.serve("_mqtt._tcp SRV 0 0 1883 a\n_secure-mqtt._tcp SRV 0 0 0 .\n");
  BOOST_TEST(found("test", dns.address()).find("not here (target \".\"): the servers of _mqtt") !=
             std::string::npos);
  dns.serve("_mqtt._tcp SRV 0 0 0 .\n_secure-mqtt._tcp TXT x\n");
  BOOST_TEST(found("test", dns.address())
                 .starts_with("error: _secure-mqtt._tcp.test has no SRV records; _mqtt._tcp.test "
                              "says that the service is "
                              "not here (target \".\") | "));
}

// That nothing is known of TLS does not mean that there is none.
BOOST_AUTO_TEST_CASE(a_failure_of_the_tls_question_does_not_lead_to_plain_text) {
  std::atomic<int> plain = 0;
  const FakeDns dns([&](const std::string& question) -> std::vector<std::string> {
    if (question.find("\5_mqtt") != std::string::npos) ++plain;
    return {coded(question, 2)};
  });
  const std::string said = found("test", dns.address());
  BOOST_TEST(said.find("cannot answer for _secure-mqtt._tcp.test (SERVFAIL) | ") !=
             std::string::npos);
  BOOST_TEST(plain == 0);
}

// 300 records do not fit into a datagram.
BOOST_AUTO_TEST_CASE(three_hundred_records_come_by_tcp) {
  std::string records;
  for (int i = 0; i < 300; ++i)
    records += "_secure-mqtt._tcp SRV " + std::to_string(i) + " 0 8883 host-" + std::to_string(i) +
               ".some.where.example.\n";
  const DnsServer dns(records);
  const auto list = discover_by_srv("test", false, 1, {5s, dns.address()}, {});
  BOOST_REQUIRE(bool(list));
  BOOST_TEST(list->servers.size() == 300);
  BOOST_TEST(list->servers.at(299).host == "host-299.some.where.example");
  BOOST_TEST(list->warnings.empty());
}

BOOST_AUTO_TEST_CASE(aliases_are_followed_and_circles_are_named) {
  const DnsServer dns(
      "_mqtt._tcp.alias 7 CNAME _mqtt._tcp.real\n_mqtt._tcp.real 60 SRV 0 0 1883 a\n"
      "_mqtt._tcp.round CNAME _mqtt._tcp.back\n_mqtt._tcp.back CNAME _mqtt._tcp.round\n"
      "_mqtt._tcp.nowhere CNAME a.elsewhere.example.\n");
  const auto alias = ask("_mqtt._tcp.alias.test", dns.address());
  BOOST_REQUIRE(bool(alias));
  BOOST_TEST(alias->targets.size() == 1);
  BOOST_TEST(alias->ttl.count() == 7);
  BOOST_TEST(found("mqtt://round.test", dns.address()).find("leads back to itself") !=
             std::string::npos);
  BOOST_TEST(found("mqtt://nowhere.test", dns.address()).find("of a.elsewhere.example, which") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_is_said_in_words) {
  const DnsServer dns("a A 127.0.0.1\n");
  BOOST_TEST(found("not.mine.example", dns.address()).find("(REFUSED) | it answers for its own") !=
             std::string::npos);
  const std::uint16_t closed = rig::free_port();
  BOOST_TEST(found("test", "127.0.0.1:" + std::to_string(closed)).find("its port is closed") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_silent_server_costs_the_bound_and_no_more) {
  const FakeDns silent;
  const double took = seconds_of([&] {
    const auto answer = ask("_mqtt._tcp.test", silent.address(), 300ms);
    BOOST_REQUIRE(!answer);
    BOOST_TEST(answer.error().message.find("has not answered for _mqtt._tcp.test within 300 ms") !=
               std::string::npos);
  });
  BOOST_TEST(took >= 0.3);
  BOOST_TEST(took < 0.9);  // c-ares itself would end after 1.1 s
}

BOOST_AUTO_TEST_CASE(another_server_is_asked_when_the_first_is_silent) {
  const FakeDns silent;
  const DnsServer dns("_mqtt._tcp SRV 0 0 1883 a\n");
  BOOST_TEST(bool(ask("_mqtt._tcp.test", silent.address() + "," + dns.address())));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_look_up_at_once) {
  std::stop_source stop;
  const FakeDns silent([&](const std::string&) -> std::vector<std::string> {
    stop.request_stop();
    return {};
  });
  const double took = seconds_of([&] {
    BOOST_TEST(!look_up_srv("_mqtt._tcp.test", {60s, silent.address()}, stop.get_token()));
  });
  BOOST_TEST(took < 1.5);  // c-ares itself would wake up after 2 s
}

BOOST_AUTO_TEST_CASE(garbage_is_an_error_within_the_bound) {
  const auto seeded = [](const std::string& question) -> std::vector<std::string> {
    rig::Dice dice(question.size());
    std::vector<std::string> replies;
    for (int i = 0; i < 50; ++i) {
      std::string reply(dice.between(0, 400), '\0');
      for (char& byte : reply) byte = static_cast<char>(dice.next());
      if (i % 2 == 1) reply = question.substr(0, 2) + "\x81\x80" + reply;  // the right number
      replies.push_back(std::move(reply));
    }
    return replies;
  };
  const FakeDns noise(seeded);
  const double took =
      seconds_of([&] { BOOST_TEST(!ask("_mqtt._tcp.test", noise.address(), 500ms)); });
  BOOST_TEST(took < 1.5);
}

BOOST_AUTO_TEST_CASE(half_an_answer_is_malformed) {
  const FakeDns half([](const std::string& question) -> std::vector<std::string> {
    std::string reply = coded(question, 0);
    reply[7] = 1;  // one record, of which only the first byte is there
    reply.resize(12 + 17 + 4 + 1);
    return {reply};
  });
  const auto answer = ask("_mqtt._tcp.test", half.address());
  BOOST_REQUIRE(!answer);
  BOOST_TEST(answer.error().message.find("malformed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_none_can_be_is_refused) {
  const FakeDns silent;
  const auto answer = ask("_mqtt._tcp." + std::string(64, 'x'), silent.address());
  BOOST_REQUIRE(!answer);
  BOOST_TEST(int(answer.error().kind) == int(ErrorKind::usage));
}
