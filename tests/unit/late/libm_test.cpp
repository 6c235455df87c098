// SPDX-License-Identifier: Apache-2.0
// libm through its trampolines: arguments and results are those of libm, at the first call of a
// function, which looks it up, and at the second.
#include <boost/test/unit_test.hpp>
#include <cfenv>
#include <cmath>

// The compiler must not know the results.
static double opaque(double value) {
  volatile double copy = value;
  return copy;
}

BOOST_AUTO_TEST_CASE(a_function_that_is_loaded_has_its_arguments) {
  for (int call = 0; call < 2; ++call) {
    BOOST_TEST(std::pow(opaque(2), opaque(10)) == 1024);
    BOOST_TEST(std::fmod(opaque(7), opaque(4)) == 3);
    BOOST_TEST(std::log(opaque(1)) == 0);
    BOOST_TEST(std::fegetround() == FE_TONEAREST);
    BOOST_TEST(std::fesetround(FE_UPWARD) == 0);
    BOOST_TEST(std::fegetround() == FE_UPWARD);
    std::fesetround(FE_TONEAREST);
    int exponent = 0;
    BOOST_TEST(std::frexp(static_cast<long double>(opaque(12)), &exponent) == 0.75L);
    BOOST_TEST(exponent == 4);
  }
}
