// SPDX-License-Identifier: Apache-2.0
// What a run of mqfail-pub comes to: the exit status and what the exit event says (delivery.md P1,
// product.md section 7). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "session/notice.hpp"
#include "session/work.hpp"

namespace mqfail {

struct PublishOutcome {
  std::uint64_t published = 0, acked = 0, resent = 0;
  std::uint64_t lost_max = 0;   ///< at QoS 0: written to connections that ended
  std::uint64_t unsettled = 0;  ///< all that no server is known to have
  std::uint64_t kept = 0;       ///< of these, what is not lost to a spool
  bool spooled = false;
  bool request = false;    ///< a reply was waited for
  bool answered = true;    ///< it has come
  bool input_over = true;  ///< all of it was taken
  std::string io_failure;  ///< the input, the reply or --undelivered failed; empty: none
  std::size_t acks = 1;
  bool allow_loss = false;

  /// `reached`: some server accepted us in this run. Fills in the exit notice and returns the exit
  /// status.
  int conclude(const Ending& ending, bool reached, Notice& exit) const;
};

}  // namespace mqfail
