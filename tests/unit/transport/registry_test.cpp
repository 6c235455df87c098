// SPDX-License-Identifier: Apache-2.0
// A seam finds the wire of a descriptor, and not that of a connection that had the number before.
#include "transport/paho_seams/registry.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <thread>

using namespace mqfail;

namespace {

std::shared_ptr<Wire> wire(int fd) {
  return std::make_shared<Wire>(fd, std::chrono::seconds(0), false, WireCallbacks{});
}

Wire* found_elsewhere(int fd) {
  Wire* found = nullptr;
  std::thread([&] { found = find_wire(fd); }).join();
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_descriptor_has_the_wire_that_was_registered_last) {
  BOOST_TEST(find_wire(1000) == nullptr);
  const auto first = wire(1000), second = wire(1000), other = wire(1001);
  register_wire(first);
  register_wire(other);
  BOOST_TEST(find_wire(1000) == first.get());
  BOOST_TEST(find_wire(1001) == other.get());
  BOOST_TEST(found_elsewhere(1000) == first.get());
  forget_wire(1000);
  BOOST_TEST(find_wire(1000) == nullptr);
  register_wire(second);
  BOOST_TEST(find_wire(1000) == second.get());
  BOOST_TEST(found_elsewhere(1000) == second.get());
  forget_wire(1000);
  forget_wire(1001);
  BOOST_TEST(found_elsewhere(1001) == nullptr);
}

// A seam that is at work with a wire when it is forgotten keeps it until it looks for the next.
BOOST_AUTO_TEST_CASE(a_wire_lives_as_long_as_a_thread_may_use_it) {
  auto shared = wire(1000);
  const std::weak_ptr<Wire> watched = shared;
  register_wire(std::move(shared));
  BOOST_TEST(find_wire(1000) == watched.lock().get());
  forget_wire(1000);
  BOOST_TEST(!watched.expired());
  BOOST_TEST(find_wire(1000) == nullptr);
  BOOST_TEST(watched.expired());
}
