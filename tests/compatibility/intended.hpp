// SPDX-License-Identifier: Apache-2.0
// What mqfail does differently from mosquitto 2.0 under the same name, and is meant to.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compatibility/case.hpp"

namespace rig {

struct Intended {
  std::string name;
  std::string in_manual;  ///< words of the man pages that say so
  std::function<bool(const Case&)> concerns;
  /// Makes the two outcomes the same, as far as this difference goes.
  std::function<void(Outcome& theirs, Outcome& ours)> forgive;
  bool always = true;  ///< false: it depends on the moment whether there is a difference
};

const std::vector<Intended>& intended();

/// The text of mqfail-sub(1) and mqfail-pub(1) as they are read, on one line.
std::string manual();

}  // namespace rig
