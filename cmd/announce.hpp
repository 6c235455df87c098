// SPDX-License-Identifier: Apache-2.0
// mqfail-pub --announce: the list of servers itself is the message, for every server of it.
#pragma once

#include <string>

#include "tool/events.hpp"
#include "tool/options.hpp"
#include "wiring.hpp"

namespace mqfail {

/// Publishes the roster to each of its servers, retained, and returns the exit status: 0 if all
/// have acknowledged it, 75 if some have not, 69 or 77 if none was reached.
int announce(const Program& program, const PubOptions& options, EventWriter& events);

/// The `failed` event of a server that was not reached, or has not taken a list.
void tell_failed(EventWriter& events, const Server& server, const Reason& reason);

}  // namespace mqfail
