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
  add_outages(cases);
  add_outputs(cases);
  add_ends_of_commands(cases);
  add_documents(cases);
  add_standing_disks(cases);
  add_clocks(cases);
  add_limits(cases);
  add_payloads(cases);
  add_malformed_packets(cases);
  std::stable_sort(cases.begin(), cases.end(),
                   [](const Case& one, const Case& other) { return one.of < other.of; });
  return cases;
}

}  // namespace faults
