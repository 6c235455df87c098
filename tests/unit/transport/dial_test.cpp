// SPDX-License-Identifier: Apache-2.0
// In which order the addresses of a name are dialled, and that none of them holds the name.
#include "transport/dial.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "loopback.hpp"

namespace mqfail::test {
namespace {

Address address(const std::string& host) {
  Address out;
  if (host.find(':') == std::string::npos) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.bytes);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(1883);
    inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
    out.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out.bytes);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(1883);
    inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
    out.size = sizeof v6;
  }
  return out;
}

// "1 2 3": the last figure of each address, in the order of dialling.
std::string order(const std::vector<std::string>& resolved, const std::string& in_vain = {}) {
  std::vector<Address> addresses;
  for (const std::string& one : resolved) addresses.push_back(address(one));
  std::string out;
  for (const Address& one : in_dialling_order(addresses, in_vain)) {
    const std::string text = one.text();
    out += (out.empty() ? "" : " ") + text.substr(text.find(":1883") - 1, 1);
    if (text.starts_with('[')) out.back() = text[text.find(']') - 1];
  }
  return out;
}

Server at(std::uint16_t port) {
  Server server;
  server.id = server.host = "127.0.0.1";
  server.port = port;
  return server;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_families_alternate_from_that_of_the_first_address) {
  BOOST_TEST(order({"::1", "::2", "::3", "10.0.0.4", "10.0.0.5"}) == "1 4 2 5 3");
  BOOST_TEST(order({"10.0.0.1", "10.0.0.2", "::3"}) == "1 3 2");
  BOOST_TEST(order({"10.0.0.1"}) == "1");
  BOOST_TEST(order({}) == "");
}

BOOST_AUTO_TEST_CASE(an_attempt_starts_behind_the_address_last_tried_in_vain) {
  const std::vector<std::string> three{"10.0.0.1", "10.0.0.2", "10.0.0.3"};
  BOOST_TEST(order(three, "10.0.0.1:1883") == "2 3 1");
  BOOST_TEST(order(three, "10.0.0.3:1883") == "1 2 3");
  BOOST_TEST(order(three, "10.0.0.9:1883") == "1 2 3");  // no longer one of them
  BOOST_TEST(order({"::1", "10.0.0.2"}, "[::1]:1883") == "2 1");
}

BOOST_AUTO_TEST_CASE(what_was_tried_in_vain_is_remembered_for_its_name_and_port) {
  AddressMemory memory;
  BOOST_TEST(memory.last_in_vain(at(1)) == "");
  memory.tried_in_vain(at(1), "127.0.0.1:1");
  memory.tried_in_vain(at(1), "");
  BOOST_TEST(memory.last_in_vain(at(1)) == "127.0.0.1:1");
  BOOST_TEST(memory.last_in_vain(at(2)) == "");
}

BOOST_AUTO_TEST_CASE(a_name_is_dialled_and_its_address_is_told) {
  Listener listener;
  const Server server = listener.server();
  AddressMemory memory;
  const StopSwitch stop;
  bool resolved = false;
  Dialler dialler(server, stop, memory);
  const auto found = dialler.next([&] { resolved = true; });
  BOOST_REQUIRE(std::holds_alternative<Dialled>(found));
  BOOST_TEST(resolved);
  BOOST_TEST(std::get<Dialled>(found).address == "127.0.0.1:" + std::to_string(server.port));
  close(std::get<Dialled>(found).fd);
  listener.close();
  const auto refused = Dialler(server, stop, memory).next([] {});
  BOOST_REQUIRE(std::holds_alternative<Reason>(refused));
  BOOST_TEST((std::get<Reason>(refused).cause == Cause::refused));
}

BOOST_AUTO_TEST_CASE(a_zone_that_is_no_interface_is_told) {
  AddressMemory memory;
  const StopSwitch stop;
  const auto why = [&](const std::string& host) {
    Server server = at(1883);
    server.host = host;
    const auto found = Dialler(server, stop, memory).next([] {});
    BOOST_REQUIRE(std::holds_alternative<Reason>(found));
    return std::get<Reason>(found).text;
  };
  BOOST_TEST(why("fe80::1%nowhere0") == "this machine has no network interface nowhere0");
  BOOST_TEST(why("fe80::1%25nowhere0") ==
             "this machine has no network interface 25nowhere0; outside of a URI write %nowhere0");
}

BOOST_AUTO_TEST_CASE(a_name_is_dialled_again_at_its_other_addresses_only) {
  const Listener listener;
  Server server = listener.server();
  server.host = "localhost";  // perhaps with ::1, where nobody listens
  AddressMemory memory;
  const StopSwitch stop;
  Dialler dialler(server, stop, memory);
  const auto found = dialler.next([] {});
  BOOST_REQUIRE(std::holds_alternative<Dialled>(found));
  close(std::get<Dialled>(found).fd);
  const auto other = dialler.next([] {});
  BOOST_REQUIRE(std::holds_alternative<Reason>(other));
  BOOST_TEST((std::get<Reason>(other).cause == Cause::refused));
  BOOST_TEST(dialler.left() == 0U);
}

}  // namespace mqfail::test
