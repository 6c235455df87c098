// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a packet of a server: one thing each, in a packet that is right otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hostile/packet.hpp"
#include "rig/basics.hpp"

namespace hostile {

/// Where a packet is wrong, and what follows from it.
struct Flaw {
  const char* name;
  /// Whether a packet of this type and MQTT version (4 or 5) can have it.
  bool (*fits)(rig::Type type, int version);
  void (*make)(Draft& draft, rig::Dice& dice);
  /// The standard calls such a packet malformed, or a protocol error: nothing that the server says
  /// from there on counts.
  bool ends;
  /// It keeps messages out that are right.
  bool limits = false;
};

/// All of them. The first is a packet that is right.
const std::vector<Flaw>& flaws();

/// A text that would command a terminal, end a line, or be taken for another one. It is UTF-8.
std::string commanding_text(rig::Dice& dice);
/// A text that is not UTF-8.
std::string ill_formed_text(rig::Dice& dice);

}  // namespace hostile
