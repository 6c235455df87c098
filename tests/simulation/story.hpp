// SPDX-License-Identifier: Apache-2.0
// Plays a story against the engine. A story is a title, a head (transcript.hpp) and blocks: events,
// `----`, and what must come of them. Between events the deadlines tick by themselves, as a session
// would have them; `until T` lets time go by. A trace is a story whose ticks are written down.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/transcript.hpp"

namespace mqfail::test {

struct Played {
  std::string story;       ///< the text again, with what really came of it
  std::string trace;       ///< what --trace would have printed
  std::vector<Error> bad;  ///< lines that could not be read
};

Played play(std::string_view story);

/// Feeds the events of a trace back and returns the trace that comes of it.
std::string replay(std::string_view trace);

}  // namespace mqfail::test
