// SPDX-License-Identifier: Apache-2.0
// The parts of the benchmark. Each adds rows to the table and throws Broken if it cannot measure.
// `rounds`: how many times each side is measured, by turns.
#pragma once

#include "bench/figures.hpp"
#include "bench/loads.hpp"

namespace rig {

// start_figures.cpp
void start_to_exit(Table& table, int rounds);
// publish_figures.cpp, subscribe_figures.cpp
void publish_rate(Table& table, int rounds, const Load& load);
void subscribe_rate(Table& table, int rounds, const Load& load);
// bare_figures.cpp
void bare_publish(Table& table, int rounds);
void bare_subscribe(Table& table, int rounds);
// lone_figures.cpp
void lone_messages(Table& table, int rounds);
// limit_figures.cpp
void physical_limits(Table& table, int rounds);
// gap_figures.cpp
void failover_gap(Table& table, int kills, const std::string& standby, bool tls);
void hot_silence(Table& table, int kills);
// found_figures.cpp
void frozen(Table& table, int rounds);
void connects(Table& table, int rounds);
// server_figures.cpp
void many_servers(Table& table, int rounds);
// document_figures.cpp
void documents(Table& table, int rounds);
// promise_figures.cpp
void promises(Table& table, int rounds);
void pipelines(Table& table, int rounds);
// memory_figures.cpp
void idle(Table& table);
void peak_memory(Table& table, int rounds);
void giant_payload(Table& table, int rounds);
// rest_figures.cpp
void rest_endpoint(Table& table, int rounds);

}  // namespace rig
