// SPDX-License-Identifier: Apache-2.0
// A conversation with a hostile server, as it follows from a seed: a command with its options, and
// the one thing that the server does wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hostile/flaws.hpp"

namespace hostile {

enum class Tool { sub, pub, probe };

/// When the server does it: at a packet that it has to send, once it has answered the nth packet of
/// the client, or behind the DISCONNECT of the client.
enum class Moment {
  connack,
  suback,
  unsuback,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  pingresp,
  idle,
  after_disconnect,
};
enum class Place { instead, before, behind };
/// What the server does next.
enum class Then { go_on, close, reset, silent };
/// How its bytes go out. `cut`: the wrong packet ends in the middle.
enum class Sending { whole, single_bytes, slow, cut };

struct Plan {
  std::uint64_t seed = 0;
  Tool tool{};
  int version = 5;  ///< 4 is 3.1.1
  int qos = 0;
  std::vector<std::string> arguments;  ///< without the servers
  std::string input;                   ///< of mqfail-pub
  unsigned messages = 1;               ///< that sub waits for, or that pub sends
  unsigned acks = 1;                   ///< servers that must have each message of mqfail-pub
  bool unsubscribes = false;
  bool terminal = false;    ///< standard output and standard error are one
  bool countable = true;    ///< a line of the output is a message
  bool json_lines = false;  ///< ... as JSON
  bool json_events = false;
  bool commanding_payloads = false;

  Moment moment{};
  unsigned nth = 1;
  Place place{};
  rig::Type type{};  ///< of the wrong packet
  const Flaw* flaw = nullptr;
  unsigned times = 1;  ///< that it is sent
  Then then{};
  Sending sending{};
  bool after_garbage = false;  ///< what is not MQTT comes first

  /// Whether what the server says behind it does not count, in this version of MQTT.
  bool ends(int spoken) const;
};

Plan make_plan(std::uint64_t seed);

/// In one line.
std::string described(const Plan& plan);

}  // namespace hostile
