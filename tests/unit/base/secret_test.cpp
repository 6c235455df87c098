// SPDX-License-Identifier: Apache-2.0
// A secret is overwritten when it dies or moves.
#include "base/secret.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(a_secret_leaves_nothing_behind_when_it_moves) {
  Secret from(std::string("hunter2"));
  const char* bytes = from.reveal().data();
  const Secret to(std::move(from));
  BOOST_TEST(to.reveal() == "hunter2");
  BOOST_TEST(std::string(bytes, 7) == std::string(7, '\0'));  // a short string lives in its object
}
