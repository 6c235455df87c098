// SPDX-License-Identifier: Apache-2.0
#include "fault/ledger.hpp"

#include <algorithm>
#include <map>

namespace fault {

Account settle(std::uint32_t lines, const std::vector<Book>& books,
               const std::string& undelivered) {
  Account account;
  account.lines = lines;
  std::vector<std::uint8_t> sent(lines + 1, 0), acknowledged(lines + 1, 0), left(lines + 1, 0);
  std::vector<rig::Moment> moments;
  for (const Book& book : books) {
    std::map<int, std::uint32_t> last;
    for (const rig::Passed& passed : book.passed) {
      moments.push_back(passed.at);
      const std::uint32_t number = rig::number_of(passed.payload).value_or(0);
      if (number == 0 || number > lines) {
        ++account.corrupt;
        continue;
      }
      if (sent[number] != 0) ++account.duplicated;
      sent[number] = 1;
      if (passed.acknowledged) acknowledged[number] = 1;
      std::uint32_t& before = last[passed.connection];
      if (number <= before) ++account.reordered;
      before = number;
    }
    account.connections += last.size();
  }
  std::uint32_t before = 0;
  for (std::size_t at = 0; at < undelivered.size();) {
    const std::size_t end = undelivered.find('\n', at);
    const std::string line = undelivered.substr(at, end - at);
    at = end == std::string::npos ? undelivered.size() : end + 1;
    const std::uint32_t number = rig::number_of(line).value_or(0);
    if (number == 0 || number > lines || end == std::string::npos) {
      ++account.corrupt;
      continue;
    }
    if (number <= before) ++account.left_over_wrong;
    before = number;
    ++account.left_over;
    left[number] = 1;
    if (acknowledged[number] != 0) ++account.possibly_stored;
  }
  for (std::uint32_t number = 1; number <= lines; ++number) {
    account.acknowledged += acknowledged[number];
    if (acknowledged[number] == 0 && left[number] == 0) ++account.lost;
  }
  std::sort(moments.begin(), moments.end());
  for (std::size_t i = 1; i < moments.size(); ++i)
    account.longest_gap =
        std::max(account.longest_gap, rig::seconds_between(moments[i - 1], moments[i]));
  return account;
}

}  // namespace fault
