// SPDX-License-Identifier: Apache-2.0
// What mqfail-sub and mqfail-pub wire alike: roster, events, transport, session, exit status. The
// difference between the two is the Work that they bring.
#pragma once

#include <functional>
#include <memory>

#include "config/naming/naming.hpp"
#include "session/session.hpp"
#include "tool/events.hpp"
#include "tool/options.hpp"

namespace mqfail {

/// Made first thing in main: descriptors 0, 1 and 2 are open from here on, and -W counts from here.
struct Program {
  const char* name;
  TimePoint started;

  static Program begin(const char* name);
};

/// 64 bits of chance, from the system.
std::uint64_t throw_dice();

EventWriter make_events(const Program& program, const CommonOptions& options);

/// The servers that the options name. What belongs to TLS on this machine is looked at, too: here,
/// at the start, it ends the run, while later only its server fails.
Result<NamedRoster> roster_at_start(const CommonOptions& options);

/// The error for an errno of standard output.
Error unwritten(int failed);

/// Prints --help or --version. Status 0, or 74 if that could not be written.
int print(const Program& program, const Printout& printout);

/// A run over `roster` with the Work that `make_work` makes; tells start and warnings first.
/// Returns the exit status.
int run(const Program& program, const CommonOptions& options, NamedRoster roster,
        SessionSettings settings, EventWriter& events,
        const std::function<std::unique_ptr<Work>(Transport&)>& make_work);

/// Ends the process without taking Paho's threads apart: everything is flushed by now.
[[noreturn]] void leave(int status);

}  // namespace mqfail
