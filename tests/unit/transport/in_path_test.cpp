// SPDX-License-Identifier: Apache-2.0
// A seam that the linker has left out is found.
#include "transport/paho_seams/in_path.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(a_seam_that_paho_goes_past_is_named) {
  g_seams_used = 0;
  BOOST_TEST(seams_not_in_path(false) ==
             "tracing_off descriptor coalesce read_ahead wakeup run_thread keepalive");
  for (const Seam seam : {Seam::tracing_off, Seam::descriptor, Seam::coalesce, Seam::read_ahead,
                          Seam::wakeup, Seam::run_thread}) {
    in_path(seam);
  }
  BOOST_TEST(seams_not_in_path(true) == "keepalive tls");
  in_path(Seam::keepalive);
  BOOST_TEST(seams_not_in_path(false).empty());
}
