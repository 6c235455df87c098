// SPDX-License-Identifier: Apache-2.0
// The two look-ups as a machine is set up: the DNS server of /etc/resolv.conf, and servers that a
// real avahi-daemon announces.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "discovery/multicast.hpp"
#include "discovery/srv_lookup.hpp"
#include "rig/avahi.hpp"
#include "rig/dns_server.hpp"
#include "rig/own_room.hpp"

using namespace mqfail;
using rig::in_own_room;
using rig::OwnRoom;
using namespace std::chrono_literals;

namespace {

BOOST_TEST_GLOBAL_FIXTURE(OwnRoom);

boost::unit_test::precondition as_root() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(::geteuid() == 0);
    result.message() << "avahi-daemon gives its folder to another user, which takes root";
    return result;
  });
}

std::string found(std::string_view group, bool tls_only = false) {
  const auto list = discover_by_multicast(group, tls_only, 1, kMulticastListening, {});
  if (!list) return "error: " + list.error().message;
  std::string all;
  for (const Server& server : list->servers) all += redacted_uri(server) + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_servers_of_resolv_conf_are_asked, *in_own_room()) {
  const rig::DnsServer dns("_secure-mqtt._tcp SRV 0 0 8883 a\n", 53);
  const auto list = discover_by_srv("test", false, 1, {}, {});
  BOOST_REQUIRE_MESSAGE(bool(list), (list ? "" : list.error().message));
  BOOST_TEST(list->servers.front().id == "a.test:8883");
}

BOOST_AUTO_TEST_CASE(a_network_without_multicast_is_told, *in_own_room()) {
  BOOST_TEST(found("default") == "error: no network interface here has multicast and an address");
}

BOOST_AUTO_TEST_CASE(servers_that_avahi_announces_are_found, *in_own_room() * as_root()) {
  rig::allow_multicast_on_loopback();
  BOOST_TEST(found("default") == "error: no MQTT server announces itself on this network");
  rig::Avahi avahi;
  avahi.publish("A name, with dots. And spaces", "_mqtt._tcp", 1884);
  avahi.publish("two", "_mqtt._tcp", 1883, "group=plant-1");
  BOOST_TEST(found("Plant-1") == "tcp://127.0.0.1:1883 ");
  const std::string both = found("default");
  BOOST_TEST(both.size() == 2 * std::string("tcp://127.0.0.1:1883 ").size(), both);
  BOOST_TEST(found("default", true) ==
             "error: no MQTT server with TLS announces itself on this network");
  avahi.publish("three", "_secure-mqtt._tcp", 8883);
  BOOST_TEST(found("default") == "mqtts://broker.local:8883 ");
  avahi.withdraw();
  BOOST_TEST(found("plant-1") == "tcp://127.0.0.1:1883 ");
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_listening, *in_own_room()) {
  rig::allow_multicast_on_loopback();
  // Somebody who hears the question, so that the listening has begun.
  const rig::Fd hearer(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5353);
  ip_mreqn group{{inet_addr("224.0.0.251")}, {inet_addr("127.0.0.1")}, 0};
  BOOST_REQUIRE(::bind(hearer.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::setsockopt(hearer.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) ==
                0);
  std::stop_source stop;
  const std::jthread stopper([&] {
    char bytes[512];
    if (::recv(hearer.get(), bytes, sizeof bytes, 0) > 0) stop.request_stop();
  });
  const auto begin = rig::Clock::now();
  BOOST_TEST(!discover_by_multicast("default", false, 1, 60s, stop.get_token()));
  BOOST_TEST(rig::seconds_between(begin, rig::Clock::now()) < 10);
}
