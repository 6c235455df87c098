// SPDX-License-Identifier: Apache-2.0
// What a Work has moved so far, for those who look on: the metrics file and the progress line.
#pragma once

#include <cstdint>
#include <optional>

namespace mqfail {

/// Numbers of messages since the start. A command leaves those of the other one at 0.
struct Counts {
  // mqfail-sub
  std::uint64_t received = 0;
  std::uint64_t printed = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t missing = 0;  ///< numbers of publishers that have not come (delivery.md S2)
  // mqfail-pub
  std::uint64_t taken = 0;         ///< from the input
  std::uint64_t published = 0;     ///< handed to a connection, copies included
  std::uint64_t acknowledged = 0;  ///< settled; at QoS 0 what an answered ping proves
  std::uint64_t unsettled = 0;     ///< that wait now, those of a spool included
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;      ///< that may be lost at QoS 0
  std::optional<double> share{};  ///< 0 to 1: how much of the input is taken, if its size is known
};

}  // namespace mqfail
