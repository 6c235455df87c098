// SPDX-License-Identifier: Apache-2.0
// The two courses that most cases take: lines are published, or read, through a fault.
#pragma once

#include "faults/case.hpp"

namespace faults {

struct Publishing {
  Arguments options;
  std::uint32_t lines = 5000;
  std::size_t length = 0;                   ///< of a line; 0: short
  std::function<void(Running&)> meanwhile;  ///< when the lines begin to flow
  Promise promise{.gap = 0.25, .must = {"failover"}};
  Arguments before{};  ///< a command that starts this one
};
/// All lines are acknowledged, and the run ends with 0.
void publish_through(Trial& trial, Publishing publishing);

struct Reading {
  Arguments options;
  std::function<void(Running&)> fault;
  std::string after = "failover";  ///< the event behind which lines come again; empty: none
  rig::StreamSettings stream{.qos = 2, .every = 1ms};
  std::size_t subscriptions = 1;  ///< before the first line
  bool whole = false;             ///< no line may be missing
  std::size_t batch = 50;         ///< lines before the fault and behind it, at least
  /// The line that is under way to both servers at a change may be printed twice.
  Promise promise{.gap = 0.25, .doubled = 1};
  Arguments before{};
  std::function<std::size_t()> more_doubled{};  ///< at the end: how many more lines may be
};
/// Lines flow on all servers before, during and after the fault. What is acknowledged is printed,
/// what is missing is told.
void read_through(Trial& trial, Reading reading);

/// mqfail-pub or mqfail-sub ("pub", "sub") fails at the first server, in no more than `budget`
/// seconds, and uses the second one.
void passed_over(Trial& trial, const std::string& tool, const Arguments& options = {},
                 double budget = 0);

/// What differs between the cases of a fault for mqfail-pub and mqfail-sub.
struct Variant {
  std::string name;
  Arguments options;
};
/// pub-q1-v5, pub-q1-v311, pub-q2-v5, pub-q2-v311.
const std::vector<Variant>& publishers();
/// sub-q0, sub-q1, sub-q2-v311.
const std::vector<Variant>& readers();

/// The entry of a server in a document, with its login; and a document of such entries.
std::string entry(const Scripted& server);
std::string document(const std::vector<const Scripted*>& servers);

/// Kills a real server and its proxy, from any thread but the proxy's.
void kill(Real& server);

}  // namespace faults
