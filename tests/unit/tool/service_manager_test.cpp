// SPDX-License-Identifier: Apache-2.0
// What a service manager hears, and that it can hold nothing up.
#include "tool/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kNow(1h);

// A service manager in the abstract namespace.
class Listener {
 public:
  Listener() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address),
                         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) ==
                  0);
  }
  ~Listener() { ::close(fd_); }
  // The next datagram, "" if there is none.
  std::string heard() const {
    char text[256] = {};
    const ssize_t got = ::recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return {text, got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  const std::string name = "@mqfail-test-" + std::to_string(::getpid());

 private:
  int fd_ = -1;
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_state_is_one_datagram) {
  const Listener listener;
  ServiceManager manager(listener.name);
  BOOST_TEST(manager.listens());
  manager.ready();
  manager.status("connected a");
  manager.reloading(kNow);
  manager.stopping();
  BOOST_TEST(listener.heard() == "READY=1");
  BOOST_TEST(listener.heard() == "STATUS=connected a");
  BOOST_TEST(listener.heard() == "RELOADING=1\nMONOTONIC_USEC=3600000000");
  BOOST_TEST(listener.heard() == "STOPPING=1");
  BOOST_TEST(!manager.tend(kNow));
  BOOST_TEST(listener.heard() == "");
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_told_twice_in_its_time) {
  const Listener listener;
  ServiceManager manager(listener.name, 10s);
  BOOST_TEST((manager.tend(kNow) == kNow + 5s));
  BOOST_TEST(listener.heard() == "WATCHDOG=1");
  BOOST_TEST((manager.tend(kNow + 4s) == kNow + 5s));
  BOOST_TEST(listener.heard() == "");
  BOOST_TEST((manager.tend(kNow + 7s) == kNow + 12s));
  BOOST_TEST(listener.heard() == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(a_manager_that_takes_no_more_hears_what_matters_later) {
  const Listener listener;
  ServiceManager manager(listener.name);
  for (int i = 0; i < 2000; ++i) manager.status("full");  // the kernel keeps a few hundred at most
  manager.ready();
  while (listener.heard() == "STATUS=full") {
  }
  const auto again = manager.tend(kNow);
  BOOST_TEST(!again);
  BOOST_TEST(listener.heard() == "READY=1");
  BOOST_TEST(listener.heard() == "");
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_no_error) {
  for (const std::string& socket :
       {std::string(), std::string("relative"), "/" + std::string(200, 'x')}) {
    ServiceManager manager(socket, 1s);
    BOOST_TEST(!manager.listens());
    manager.ready();
    BOOST_TEST(!manager.tend(kNow));
  }
  ServiceManager manager("/nonexistent/socket");
  manager.ready();
  BOOST_TEST(!manager.tend(kNow));
}

BOOST_AUTO_TEST_CASE(the_environment_is_for_this_process_only) {
  const Listener listener;
  const auto begin = [&](const std::string& pid) {
    ::setenv("NOTIFY_SOCKET", listener.name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", pid.c_str(), 1);
    ServiceManager manager = ServiceManager::of_process();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
      BOOST_TEST(::getenv(name) == nullptr, name);
    return manager;
  };
  ServiceManager ours = begin(std::to_string(::getpid()));
  BOOST_TEST(ours.listens());
  BOOST_TEST((ours.tend(kNow) == kNow + 1500ms));
  BOOST_TEST(listener.heard() == "WATCHDOG=1");
  ServiceManager another = begin("1");
  BOOST_TEST(another.listens());
  BOOST_TEST(!another.tend(kNow));
  BOOST_TEST(!ServiceManager::of_process().listens());
}
