// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "faults/case.hpp"

namespace faults {

Cases all_cases() {
  Cases cases;
  add_ends_of_servers(cases);
  add_silences(cases);
  add_connection_troubles(cases);
  add_refusals(cases);
  add_names(cases);
  std::stable_sort(cases.begin(), cases.end(),
                   [](const Case& one, const Case& other) { return one.of < other.of; });
  return cases;
}

}  // namespace faults
