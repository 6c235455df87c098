// SPDX-License-Identifier: Apache-2.0
#include "tool/signals.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(blocked_signals_are_read_and_closed_pipes_are_errors) {
  auto signals = Signals::block();
  BOOST_REQUIRE(signals);
  BOOST_TEST(!signals->take());
  ::kill(::getpid(), SIGTERM);
  ::kill(::getpid(), SIGUSR1);
  BOOST_TEST(signals->take().value_or(0) == SIGUSR1);
  BOOST_TEST(signals->take().value_or(0) == SIGTERM);
  BOOST_TEST(!signals->take());

  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  BOOST_TEST(::write(ends[1], "x", 1) == -1);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(systemd_hears_the_state_in_one_datagram) {
  const std::string path = "@mqfail-test-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, path.data() + 1, path.size() - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())) == 0);
  BOOST_TEST(notify_systemd(path, "READY=1"));
  char text[64] = {};
  BOOST_TEST(::recv(fd, text, sizeof text, MSG_DONTWAIT) == 7);
  BOOST_TEST(std::string(text) == "READY=1");
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_no_error) {
  BOOST_TEST(!notify_systemd("", "READY=1"));
  BOOST_TEST(!notify_systemd("relative", "READY=1"));
  BOOST_TEST(!notify_systemd("/nonexistent/socket", "READY=1"));
  BOOST_TEST(!notify_systemd("/" + std::string(200, 'x'), "READY=1"));
}
