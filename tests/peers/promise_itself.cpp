// SPDX-License-Identifier: Apache-2.0
// The judge of a row fails what mqfail must not do, and only that.
#include <boost/test/unit_test.hpp>

#include "peers/promise.hpp"

using namespace peers;

namespace {

/// A row in which a server dies and everything goes well.
Measured good() {
  Measured row;
  row.lines = 10'000;
  row.printed.distinct = 10'000;
  row.printed.longest_silence = 0.2;
  row.before.longest_silence = 0.01;
  row.failovers = row.publishers_failovers = 1;
  row.connections_ended = 2;
  row.felt = true;
  row.status = 0;
  row.publishers_statuses = {0, 0, 0};
  return row;
}

void lose(Measured& row, std::size_t lines) {
  row.printed.lost = lines;
  row.printed.distinct -= lines;
}

std::string all_of(const Measured& row, const Promise& promise) {
  std::string text;
  for (const Violation& one : violations(row, promise))
    text += (text.empty() ? "" : ", ") + one.what + (one.may_be_the_machine ? " (machine?)" : "");
  return text;
}

const Promise kept{};
const Promise explained{.loss = Loss::explained};
const Promise servers_own{.loss = Loss::told,
                          .once = false,
                          .order = Order::any,
                          .silence = {},
                          .failovers = {},
                          .publishers_failovers = {},
                          .returns = false};

}  // namespace

BOOST_AUTO_TEST_CASE(a_good_row_keeps_every_promise) {
  for (const Promise& promise : {kept, explained, servers_own})
    BOOST_TEST(all_of(good(), promise) == "");
}

BOOST_AUTO_TEST_CASE(a_loss_is_never_the_machines) {
  Measured row = good();
  lose(row, 1);
  BOOST_TEST(all_of(row, kept) == "lost, SILENT LOSS");
  BOOST_TEST(all_of(row, explained) == "SILENT LOSS");
  BOOST_TEST(all_of(row, servers_own) == "SILENT LOSS");
  BOOST_TEST(all_of(row, {.loss = Loss::silent}) == "");
  row.told = true;
  BOOST_TEST(all_of(row, kept) == "lost");
  BOOST_TEST(all_of(row, explained) == "");
}

BOOST_AUTO_TEST_CASE(an_outage_that_is_told_explains_no_more_than_was_published_meanwhile) {
  Measured row = good();
  row.told = true;
  row.outage = 0.1;
  lose(row, 3'000);
  BOOST_TEST(all_of(row, explained) == "lost without an outage");
  BOOST_TEST(all_of(row, servers_own) == "");
  row.outage = 1;
  BOOST_TEST(all_of(row, explained) == "");
}

BOOST_AUTO_TEST_CASE(nothing_explains_a_loss_before_the_fault) {
  Measured row = good();
  row.told = true;
  lose(row, 1);
  row.before.holes = 1;
  BOOST_TEST(all_of(row, explained) == "lost before the fault");
  BOOST_TEST(all_of(row, {.loss = Loss::told}) == "lost before the fault");
}

BOOST_AUTO_TEST_CASE(a_window_comes_again_for_each_connection_that_has_ended) {
  Measured row = good();
  row.printed.duplicated = 300;
  BOOST_TEST(all_of(row, kept) == "");
  row.printed.duplicated = 301;
  BOOST_TEST(all_of(row, kept) == "doubled");
  BOOST_TEST(all_of(row, servers_own) == "");
  row.connections_ended = 3;
  BOOST_TEST(all_of(row, kept) == "");
}

BOOST_AUTO_TEST_CASE(silence_is_compared_with_the_silence_before_the_fault) {
  Measured row = good();
  row.printed.longest_silence = 3;
  BOOST_TEST(all_of(row, kept) == "silence (machine?)");
  BOOST_TEST(all_of(row, servers_own) == "");
  row.before.longest_silence = 0.1;
  BOOST_TEST(all_of(row, kept) == "");
}

BOOST_AUTO_TEST_CASE(a_frozen_server_brings_late_lines_when_it_thaws_and_no_sooner) {
  const Promise freezes{.order = Order::until_thaw};
  Measured row = good();
  row.thawed = rig::Clock::now();
  row.printed.reordered_at = {*row.thawed};
  BOOST_TEST(all_of(row, freezes) == "");
  BOOST_TEST(all_of(row, kept) == "out of order");
  row.printed.reordered_at.push_back(*row.thawed - rig::milliseconds(1));
  BOOST_TEST(all_of(row, freezes) == "out of order");
  BOOST_TEST(all_of(row, {.order = Order::any}) == "");
  row.thawed.reset();
  BOOST_TEST(all_of(row, freezes) == "out of order");
}

BOOST_AUTO_TEST_CASE(everything_else_is_told_by_its_name) {
  Measured row = good();
  row.printed.corrupt = 1;
  row.printed.reordered_at.push_back(rig::Moment());
  row.failovers = row.publishers_failovers = 2;
  row.felt = row.returned = false;
  row.status = 1;
  row.publishers_statuses[1] = 75;
  BOOST_TEST(all_of(row, kept) ==
             "damaged, out of order, failovers of mqfail-sub (machine?), failovers of mqfail-pub "
             "(machine?), mqfail-sub has not felt the fault, no failback, exit status of "
             "mqfail-sub, exit status of mqfail-pub");
  BOOST_TEST(
      all_of(row, servers_own) ==
      "damaged, mqfail-sub has not felt the fault, exit status of mqfail-sub, exit status of "
      "mqfail-pub");
}
