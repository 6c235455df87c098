// SPDX-License-Identifier: Apache-2.0
#include "fault/printed.hpp"

#include <algorithm>

namespace fault {

Printed settle_printed(std::uint32_t lines, const std::vector<rig::Line>& printed,
                       std::uint32_t publishers) {
  Printed account;
  std::vector<bool> seen(lines + 1, false);
  std::vector<std::uint32_t> last(publishers, 0);
  rig::Moment before{};
  for (const rig::Line& line : printed) {
    if (before != rig::Moment())
      account.longest_silence =
          std::max(account.longest_silence, rig::seconds_between(before, line.at));
    before = line.at;
    const std::uint32_t number = rig::number_of(line.text).value_or(0);
    if (number == 0 || number > lines) {
      ++account.corrupt;
    } else if (seen[number]) {
      ++account.duplicated;
    } else {
      seen[number] = true;
      ++account.distinct;
      std::uint32_t& highest = last[number % publishers];
      if (number < highest) account.reordered_at.push_back(line.at);
      highest = std::max(highest, number);
    }
  }
  account.highest = *std::max_element(last.begin(), last.end());
  for (std::uint32_t number = 1; number <= lines; ++number)
    if (!seen[number]) {
      account.missing.push_back(number);
      if (number < last[number % publishers]) ++account.holes;
    }
  account.lost = account.missing.size();
  account.reordered = account.reordered_at.size();
  return account;
}

}  // namespace fault
