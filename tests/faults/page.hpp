// SPDX-License-Identifier: Apache-2.0
// The report: a row for each class with the worst figures of its cases, a row for each case.
#pragma once

#include <string>
#include <vector>

#include "faults/case.hpp"

namespace faults {

constexpr int kClasses = 45;

/// A case that was run.
struct Done {
  const Case* of = nullptr;
  Record record;
  bool second_try = false;
};

struct Sum {
  std::size_t cases = 0, failed = 0, skipped = 0, second_tries = 0, classes = 0;
  double seconds = 0;
};
Sum add_up(const std::vector<Done>& done, double seconds);
/// "231 cases of 45 classes: 230 passed, 0 failed, 1 skipped, 0 second tries; 180 s"
std::string in_words(const Sum& sum);
std::string page(const std::vector<Done>& done, const Sum& sum);

}  // namespace faults
