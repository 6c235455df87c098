// SPDX-License-Identifier: Apache-2.0
#include "rest/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

using namespace mqfail;

namespace {

std::string parsed(std::string_view text) {
  const auto address = parse_listen_address(text);
  if (!address) return "error";
  return address->text() + (address->loopback ? " loopback" : "");
}

// As long as this object exists, descriptor 3 is the socket, and the variables say so.
class Inherited {
 public:
  Inherited(int socket, pid_t pid, const char* count) : saved_(dup(3)) {
    dup2(socket, 3);
    setenv("LISTEN_PID", std::to_string(pid).c_str(), 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", "rest", 1);
  }
  ~Inherited() {
    close(3);
    if (saved_ >= 0) {
      dup2(saved_, 3);
      close(saved_);
    }
  }
  Inherited(const Inherited&) = delete;
  Inherited& operator=(const Inherited&) = delete;

 private:
  int saved_;
};

bool none_is_set() {
  return std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
         std::getenv("LISTEN_FDNAMES") == nullptr;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_address_is_numeric_or_localhost_and_has_a_port) {
  BOOST_TEST(parsed("127.0.0.1:5590") == "127.0.0.1:5590 loopback");
  BOOST_TEST(parsed("127.1.2.3:1") == "127.1.2.3:1 loopback");
  BOOST_TEST(parsed("LocalHost:5590") == "127.0.0.1:5590 loopback");
  BOOST_TEST(parsed("0.0.0.0:65535") == "0.0.0.0:65535");
  BOOST_TEST(parsed("[::1]:5590") == "[::1]:5590 loopback");
  BOOST_TEST(parsed("[::]:0") == "[::]:0");
  for (const char* bad : {"", "5590", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1",
                          "::1:5590", "[127.0.0.1]:5590", "host.example:5590", ":5590", "[]:5590"})
    BOOST_TEST(parsed(bad) == "error", bad);
}

BOOST_AUTO_TEST_CASE(a_listener_knows_its_port_and_a_taken_one_is_unavailable) {
  const auto first = listen_at({"127.0.0.1", 0, true});
  BOOST_REQUIRE(first);
  BOOST_TEST(first->address.port != 0);
  BOOST_TEST(first->address.loopback);
  const auto second = listen_at(first->address);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().kind == ErrorKind::unavailable));
  BOOST_TEST(second.error().hint.find("another program") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_listening_socket_of_the_service_manager_is_taken_over) {
  const auto own = listen_at({"127.0.0.1", 0, true});
  BOOST_REQUIRE(own);
  const Inherited inherited(own->socket.get(), getpid(), "1");
  const auto listeners = inherited_listeners();
  BOOST_REQUIRE(listeners);
  BOOST_REQUIRE(listeners->size() == 1U);
  BOOST_TEST((*listeners)[0].address.text() == own->address.text());
  BOOST_TEST(none_is_set());
}

BOOST_AUTO_TEST_CASE(sockets_for_another_process_are_left_alone) {
  const Inherited inherited(0, getpid() + 1, "1");
  const auto listeners = inherited_listeners();
  BOOST_REQUIRE(listeners);
  BOOST_TEST(listeners->empty());
  BOOST_TEST(none_is_set());
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_no_listening_socket_is_an_error) {
  const int unconnected = socket(AF_INET, SOCK_STREAM, 0);
  const Inherited inherited(unconnected, getpid(), "1");
  const auto listeners = inherited_listeners();
  BOOST_REQUIRE(!listeners);
  BOOST_TEST((listeners.error().kind == ErrorKind::unavailable));
  close(unconnected);
}
