// SPDX-License-Identifier: Apache-2.0
// How long mqfail-probe takes, and how much memory.
#pragma once

#include "bench/figures.hpp"

namespace rig {

/// One server beside mosquitto_pub, a thousand servers, and --help.
void probe_figures(Table& table, int rounds);

}  // namespace rig
