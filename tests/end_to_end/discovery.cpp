// SPDX-License-Identifier: Apache-2.0
// Servers that DNS names (failover.md section 5), on a network of the test's own with a real DNS
// server at port 53.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "end_to_end/tools.hpp"
#include "rig/dns_server.hpp"
#include "rig/own_room.hpp"

using namespace rig;

BOOST_TEST_GLOBAL_FIXTURE(OwnRoom);

namespace {

constexpr std::uint16_t kDns = 53;

/// The records of servers at these ports, in the order of preference; all are "a.test".
std::string zone(const std::vector<std::uint16_t>& ports) {
  std::string text = "a A 127.0.0.1\n";
  for (std::size_t i = 0; i < ports.size(); ++i)
    text += "_mqtt._tcp 5 SRV " + std::to_string(i) + " 0 " + std::to_string(ports[i]) + " a\n";
  return text;
}

std::string id_of(std::uint16_t port) {
  return "a.test:" + std::to_string(port);
}

/// A DNS server that hears every question and answers none.
class SilentDns {
 public:
  SilentDns() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kDns);
    address.sin_addr.s_addr = inet_addr("127.0.0.1");
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw Broken("port 53 is taken");
  }

 private:
  Fd fd_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_servers_of_dns_are_used_in_their_order_and_followed, *in_own_room()) {
  Mosquitto a, b, c;
  DnsServer dns(zone({a.port(), b.port()}), kDns);
  for (const Arguments& naming :
       {Arguments{"--srv", "test"}, Arguments{"-s", "discovery:(dns://test)"}}) {
    dns.serve(zone({a.port(), b.port()}));
    a.restart();
    Arguments arguments{"-t", "t"};
    arguments.insert(arguments.end(), naming.begin(), naming.end());
    Process reader(sub(arguments));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    BOOST_TEST(events.last("connected")->get("server") == id_of(a.port()));
    // The records change; SIGHUP does not wait for the TTL.
    dns.serve(zone({c.port(), a.port(), b.port()}));
    reader.signal(SIGHUP);
    REQUIRE_EVENT(reader, events, "list-updated", [](const Said& said) {
      return said.get("added").find(',') == std::string::npos;
    });
    BOOST_TEST(events.last("list-updated")->get("source") == "srv");
    BOOST_TEST(events.count("lost") == 0U);
    a.kill9();
    REQUIRE_EVENT(reader, events, "failover");
    BOOST_TEST(events.last("failover")->get("to") == id_of(c.port()));
  }
}

BOOST_AUTO_TEST_CASE(a_list_is_looked_up_again_when_its_time_to_live_is_over, *in_own_room()) {
  Mosquitto a, b;
  DnsServer dns(zone({a.port()}), kDns);
  Process reader(sub({"--srv", "test", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  dns.serve(zone({a.port(), b.port()}));
  REQUIRE_EVENT(
      reader, events, "list-updated",
      [&](const Said& said) { return said.get("added") == "[\"" + id_of(b.port()) + "\"]"; }, 20s);
}

BOOST_AUTO_TEST_CASE(a_list_that_may_not_change_is_looked_up_until_it_is_found, *in_own_room()) {
  Mosquitto a, b;
  DnsServer dns(zone({a.port()}), kDns);
  Process reader(sub({"--srv", "test", "--no-update-uris-supported", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  dns.serve(zone({b.port(), a.port()}));
  reader.signal(SIGHUP);  // would look it up at once
  BOOST_TEST(!events
                  .wait(
                      "list-updated",
                      [&](const Said& said) {
                        return said.get("added") == "[\"" + id_of(b.port()) + "\"]";
                      },
                      2s)
                  .has_value());
}

BOOST_AUTO_TEST_CASE(a_publisher_finds_its_servers_and_once_is_a_pass_over_them, *in_own_room()) {
  Mosquitto a;
  DnsServer dns(zone({a.port()}), kDns);
  for (const Arguments& bound :
       {Arguments{}, {"--once"}, {"--startup-max-reconnect-attempts", "1"}}) {
    Arguments arguments{"--srv", "test", "-t", "t", "-q", "1", "-m", "x"};
    arguments.insert(arguments.end(), bound.begin(), bound.end());
    Process publisher(pub(arguments));
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(Events(publisher).count("backoff") == 0U);
  }
  a.kill9();
  Process in_vain(pub({"--srv", "test", "-t", "t", "-q", "1", "-m", "x", "--once"}));
  CHECK_STATUS(in_vain, 69);
  BOOST_TEST(Events(in_vain).count("trying") == 1U);
}

BOOST_AUTO_TEST_CASE(a_dns_server_that_starts_later_is_waited_for, *in_own_room()) {
  Mosquitto a;
  Process reader(sub({"--srv", "test", "-t", "t", "--startup-timeout", "60s"}));
  Events events(reader);
  const auto warning = events.wait("warning", 20s);
  BOOST_REQUIRE(warning.has_value());
  BOOST_TEST(warning->get("reason").starts_with("the servers stay as they are: "));
  DnsServer dns(zone({a.port()}), kDns);
  REQUIRE_EVENT(reader, events, "subscribed", 20s);
}

BOOST_AUTO_TEST_CASE(a_name_without_servers_ends_the_start_in_its_bound, *in_own_room()) {
  DnsServer dns("a A 127.0.0.1\n", kDns);
  Process reader(sub({"--srv", "test", "-t", "t", "--startup-timeout", "500ms"}));
  CHECK_STATUS(reader, 69);
  Events events(reader);
  BOOST_TEST(events.last("gave-up")->get("bound") == "startupTimeout");
  BOOST_TEST(reader.bytes(Stream::err).find("_mqtt._tcp.test") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_silent_dns_server_does_not_delay_what_is_configured, *in_own_room()) {
  const SilentDns dns;
  Mosquitto a;
  Process reader(sub({"-s", a.uri(), "--srv", "test", "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const Moment start = Clock::now();
  Client(a.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_TEST(reader.wait_for_lines(Stream::out, 1, 10s));
  BOOST_TEST(seconds_between(start, Clock::now()) < 1 * kSlower);
  // The look-up has come to nothing, and the servers are as they were.
  const auto warning = events.wait("warning", 20s);
  BOOST_REQUIRE(warning.has_value());
  BOOST_TEST(events.count("list-updated") == 0U);
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(a_filter_holds_for_what_dns_names, *in_own_room()) {
  Mosquitto a, b;
  DnsServer dns(zone({a.port(), b.port()}), kDns);
  Process reader(sub({"--srv", "test", "--update-cluster-filter",
                      "a\\.test:" + std::to_string(b.port()), "-t", "t"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(events.last("connected")->get("server") == id_of(b.port()));
}

BOOST_AUTO_TEST_CASE(a_plan_names_the_discovery_that_a_server_comes_from, *in_own_room()) {
  DnsServer dns(zone({1881, 1882}), kDns);
  const Arguments arguments{"-s", "mqtt://127.0.0.1:1880", "--srv", "test", "--plan"};
  const Finished text = run(command("mqfail-probe", arguments));
  BOOST_TEST(std::regex_search(text.out, std::regex("127[.]0[.]0[.]1:1880  +[^ ]+  +-s\n")),
             text.out);
  BOOST_TEST(std::regex_search(text.out, std::regex(":1881  +[^ ]+  +srv test\n")), text.out);
  const Finished json = run(command("mqfail-probe", {"-s", "mqtt://127.0.0.1:1880", "--srv", "test",
                                                     "--plan", "--format", "json"}));
  BOOST_TEST(std::regex_search(json.out, std::regex(":1882\",\"origin\":\"srv test\"")), json.out);
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_be_found_is_told_and_hides_no_server, *in_own_room()) {
  Mosquitto a;
  DnsServer dns(zone({a.port()}), kDns);
  const Finished named =
      run(command("mqfail-probe", {"--srv", "nowhere.test", "-s", a.uri(), "--ok-if-any"}));
  BOOST_TEST(named.exit.status == 0, named.out);
  BOOST_TEST(named.err.find("nowhere.test") != std::string::npos, named.err);
  const Finished found =
      run(command("mqfail-probe", {"--srv", "nowhere.test", "--srv", "test", "--ok-if-any"}));
  BOOST_TEST(found.exit.status == 0, found.out);
  BOOST_TEST(found.err.find("nowhere.test") != std::string::npos, found.err);
}

// A silent DNS server keeps a thread of glibc for each name.
BOOST_AUTO_TEST_CASE(a_watch_keeps_a_good_server_although_names_cannot_be_resolved,
                     *in_own_room()) {
  const SilentDns dns;
  Mosquitto a;
  const std::string uri = "mqtt://localhost:" + std::to_string(a.port());
  Arguments arguments{"-s", uri, "--watch", "0.3", "--connect-timeout", "250ms"};
  for (int i = 0; i < 5; ++i)
    arguments.insert(arguments.end(), {"-s", "mqtt://x" + std::to_string(i) + ".dead.test"});
  Process watch(command("mqfail-probe", arguments));
  BOOST_REQUIRE(watch.wait_for_line(Stream::out, "up +localhost", 10s));
  BOOST_TEST(!watch.wait_for_line(Stream::out, "down +localhost", 5s).has_value());
}

BOOST_AUTO_TEST_CASE(a_probe_asks_all_servers_that_dns_names, *in_own_room()) {
  Mosquitto a, b;
  DnsServer dns(zone({a.port(), b.port()}), kDns);
  const Finished probed = run(command("mqfail-probe", {"--srv", "test"}));
  BOOST_TEST(probed.exit.status == 0, probed.out + probed.err);
  BOOST_TEST(probed.out.find(id_of(a.port())) != std::string::npos, probed.out);
  BOOST_TEST(probed.out.find(id_of(b.port())) != std::string::npos, probed.out);
}
