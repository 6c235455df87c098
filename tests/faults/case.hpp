// SPDX-License-Identifier: Apache-2.0
// A case of the fault catalogue: a class, a name, a course. Each file of cases adds its own list.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "faults/trial.hpp"

namespace faults {

struct Case {
  int of = 0;        ///< the class, 1 to 45 (classes.md)
  std::string name;  ///< one word for a command line
  std::function<void(Trial&)> course;
  bool slice = false;  ///< short: it runs in every run of all tests
};
using Cases = std::vector<Case>;

void add_ends_of_servers(Cases& cases);
void add_silences(Cases& cases);
void add_connection_troubles(Cases& cases);
void add_refusals(Cases& cases);
void add_names(Cases& cases);
void add_outages(Cases& cases);
void add_outputs(Cases& cases);
void add_ends_of_commands(Cases& cases);
void add_documents(Cases& cases);
void add_standing_disks(Cases& cases);
void add_clocks(Cases& cases);
void add_limits(Cases& cases);
void add_payloads(Cases& cases);
void add_malformed_packets(Cases& cases);

/// All of them, by class.
Cases all_cases();

}  // namespace faults
