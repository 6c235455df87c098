// SPDX-License-Identifier: Apache-2.0
// The bookkeeping of a fault run. N numbered lines go in; what was sent, acknowledged and left over
// shows what was lost, duplicated, reordered or damaged. A loss that is not reported is the worst
// fault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rig/recording_proxy.hpp"

namespace fault {

/// The record of one server.
struct Book {
  std::vector<rig::Passed> passed;
};

struct Account {
  std::uint32_t lines = 0;
  std::size_t acknowledged = 0;     ///< distinct lines that some server acknowledged
  std::size_t lost = 0;             ///< neither acknowledged nor left over
  std::size_t duplicated = 0;       ///< PUBLISHes of a line beyond the first
  std::size_t reordered = 0;        ///< numbers that fall on one connection
  std::size_t corrupt = 0;          ///< damaged payloads and left-over lines
  std::size_t left_over = 0;        ///< lines in the file of undelivered ones
  std::size_t left_over_wrong = 0;  ///< of those: out of order, twice, or no line of ours
  std::size_t possibly_stored = 0;  ///< left over, though a server had acknowledged it
  std::size_t connections = 0;      ///< that carried a PUBLISH
  double longest_gap = 0;           ///< seconds between two PUBLISHes that followed each other
};

/// `undelivered` is the content of that file. The input was the lines 1 to `lines`.
Account settle(std::uint32_t lines, const std::vector<Book>& books, const std::string& undelivered);

}  // namespace fault
