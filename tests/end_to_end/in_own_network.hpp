// SPDX-License-Identifier: Apache-2.0
// For one source file of a test program. The whole program runs in a network of its own, and a test
// that needs this calls in_own_network().
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

#include "rig/own_network.hpp"

namespace {

// This runs before any test, so before any thread.
struct Network {
  Network() { why_not() = rig::enter_own_network(); }
  static std::string& why_not() {
    static std::string text;
    return text;
  }
};
BOOST_TEST_GLOBAL_FIXTURE(Network);

boost::unit_test::precondition in_own_network() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(Network::why_not().empty());
    result.message() << Network::why_not();
    return result;
  });
}

}  // namespace
