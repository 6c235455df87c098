// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --watch on a terminal: what one screen shows. Pure; cmd/screen.hpp puts it there.
#pragma once

#include <cstddef>
#include <string>

#include "probe/outcome.hpp"

namespace mqfail {

struct ScreenSize {
  std::size_t columns = 80, rows = 24;
};

/// Lines for a screen of this size, none longer than its width, without the last newline: the
/// verdict, a row for each server with its times and the recent rounds as a sparkline, and `clock`,
/// which is our text. Servers that do not fit are counted.
std::string live_table(const Outcome& outcome, ScreenSize size, const std::string& clock,
                       bool colour);

}  // namespace mqfail
