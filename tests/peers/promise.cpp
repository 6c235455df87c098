// SPDX-License-Identifier: Apache-2.0
#include "peers/promise.hpp"

#include <algorithm>

namespace peers {
namespace {

/// What may be under way on one connection: the window of mqfail-pub, and that of a server. Each is
/// sent again if the connection ends.
constexpr std::size_t window = 100;
constexpr double lines_a_second = 2'000;

/// For a machine that is busy: twice the promise, and as much again as it stood still before.
double patience(double promised, const Measured& measured) {
  return 2 * promised + 10 * measured.before.longest_silence;
}

/// What is published while nobody can receive it, at most. A publisher that was away itself has
/// lines that wait, and so has one that the machine has held up.
double explained(const Measured& measured) {
  return lines_a_second * (measured.outage + 0.5 + 3 * measured.before.longest_silence) +
         static_cast<double>(window * (2 + measured.connections_ended));
}

bool is_kept(Order order, const Measured& measured) {
  if (order == Order::any) return true;
  const std::vector<rig::Moment>& late = measured.printed.reordered_at;
  return std::all_of(late.begin(), late.end(), [&](rig::Moment at) {
    return order == Order::until_thaw && measured.thawed && at >= *measured.thawed;
  });
}

}  // namespace

std::vector<Violation> violations(const Measured& measured, const Promise& promise) {
  std::vector<Violation> found;
  const auto check = [&](bool kept, const char* what, bool may_be_the_machine = false) {
    if (!kept) found.push_back({what, may_be_the_machine});
  };
  const fault::Printed& printed = measured.printed;
  check(measured.before.holes == 0, "lost before the fault");
  if (promise.loss == Loss::none) check(printed.lost == 0, "lost");
  if (promise.loss == Loss::explained)
    check(static_cast<double>(printed.lost) <= explained(measured), "lost without an outage");
  if (promise.loss != Loss::silent) check(printed.lost == 0 || measured.told, "SILENT LOSS");
  check(printed.corrupt == 0, "damaged");
  if (promise.once)
    check(printed.duplicated <= window * (1 + measured.connections_ended), "doubled");
  check(is_kept(promise.order, measured), "out of order");
  if (promise.silence)
    check(printed.longest_silence <= patience(*promise.silence, measured), "silence", true);
  check(measured.failovers <= promise.failovers.value_or(measured.failovers),
        "failovers of mqfail-sub", true);
  check(measured.publishers_failovers <=
            promise.publishers_failovers.value_or(measured.publishers_failovers),
        "failovers of mqfail-pub", true);
  check(measured.felt, "mqfail-sub has not felt the fault");
  check(measured.returned || !promise.returns, "no failback");
  check(measured.status == 0, "exit status of mqfail-sub");
  check(std::all_of(measured.publishers_statuses.begin(), measured.publishers_statuses.end(),
                    [](int status) { return status == 0; }),
        "exit status of mqfail-pub");
  return found;
}

}  // namespace peers
