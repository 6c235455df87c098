// SPDX-License-Identifier: Apache-2.0
// What mqfail-sub and mqfail-pub set up in the same way: roster, events, transport, session, exit
// status. They differ in their Work.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/naming/naming.hpp"
#include "session/session.hpp"
#include "tool/events.hpp"
#include "tool/options.hpp"

namespace mqfail {

/// It is made first in main: from then on the descriptors 0, 1 and 2 are open, and -W counts.
struct Program {
  const char* name;  ///< "mqfail-sub", or mosquitto's name
  TimePoint started;
  bool as_mosquitto = false;

  /// `called_as`: argv[0] of a command that has mosquitto's name as well.
  static Program begin(const char* name, const char* called_as = nullptr);
  /// The exit status for `status` under the name of the run.
  int status(int status, std::optional<int> refusal = {}) const;
};

EventWriter make_events(const Program& program, const CommonOptions& options);

/// The servers that the options name. The TLS files on this machine are checked here, too: at the
/// start an error ends the run, later only the server that needs the file fails.
Result<NamedRoster> roster_at_start(const CommonOptions& options);

/// The same with all servers that can be found now, for a command that does not go on looking for
/// them. Blocks for some seconds if there are discoveries. Errors: also those of the look-ups. With
/// `some_suffice`, they are warnings if any server is named.
Result<NamedRoster> roster_now(const CommonOptions& options, bool some_suffice);

/// The error for an errno of standard output.
Error unwritten(int failed);

/// Prints --help or --version. The status is 0, or 74 if the text could not be written.
int print(const Program& program, const Printout& printout);

/// A run over `roster` with the Work that `make_work` makes. It reports start and warnings first,
/// and returns the exit status. `written`: the files and folders that the Work writes later on.
/// `progress_noun`: what is counted on a terminal; empty: nothing is.
int run(const Program& program, const CommonOptions& options, NamedRoster roster,
        SessionSettings settings, EventWriter& events,
        const std::function<std::unique_ptr<Work>(Transport&)>& make_work,
        std::vector<std::string> written, std::string_view progress_noun = {});

/// Ends the process without destroying Paho's threads. Everything is flushed before.
[[noreturn]] void leave(int status);

}  // namespace mqfail
