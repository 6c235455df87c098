// SPDX-License-Identifier: Apache-2.0
// The bookkeeping of a subscriber: which of the numbered lines it has printed, how often, in which
// order, and the longest time without any.
#pragma once

#include <cstdint>
#include <vector>

#include "rig/process.hpp"

namespace fault {

struct Printed {
  std::uint32_t highest = 0;              ///< the highest number
  std::size_t distinct = 0;               ///< numbers that were printed
  std::size_t lost = 0;                   ///< numbers that were not
  std::vector<std::uint32_t> missing;     ///< those, in order
  std::size_t holes = 0;                  ///< of those, below one of the same publisher
  std::size_t duplicated = 0;             ///< lines with a number that was printed before
  std::size_t reordered = 0;              ///< new numbers below one of the same publisher
  std::vector<rig::Moment> reordered_at;  ///< when each of those was printed
  std::size_t corrupt = 0;                ///< damaged lines, and numbers that were not published
  double longest_silence = 0;             ///< seconds between two lines that followed each other
};

/// The input was the lines 1 to `lines`. Publisher n % `publishers` published line n.
Printed settle_printed(std::uint32_t lines, const std::vector<rig::Line>& printed,
                       std::uint32_t publishers = 1);

}  // namespace fault
