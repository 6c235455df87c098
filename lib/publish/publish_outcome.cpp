// SPDX-License-Identifier: Apache-2.0
#include "publish/publish_outcome.hpp"

#include "base/counted.hpp"
#include "base/number.hpp"

namespace mqfail {

int PublishOutcome::conclude(const Ending& ending, bool reached, Notice& exit) const {
  exit.more = {{"published", as_int(published)},
               {"acked", as_int(acked)},
               {"unsettled", as_int(unsettled)},
               {"resent", as_int(resent)},
               {"lost_max", as_int(lost_max)}};
  if (spooled) exit.more.emplace_back("spooled", as_int(kept));
  if (!io_failure.empty()) {
    exit.reason = io_failure;
    return static_cast<int>(ErrorKind::io);
  }
  if (ending.how == Ending::How::gave_up && ending.error == ErrorKind::denied) {
    return static_cast<int>(ErrorKind::denied);
  }
  const bool no_reply = request && !answered;
  if (!no_reply && input_over && unsettled == 0 && (lost_max == 0 || allow_loss)) return 0;
  if (unsettled != 0) {
    exit.reason = counted(unsettled, "message") + (unsettled == 1 ? " is" : " are") +
                  " not acknowledged by " +
                  (acks > 1 ? std::to_string(acks) + " servers" : "any server") +
                  (spooled && kept == unsettled ? "; the spool keeps them" : "");
  }
  if (!input_over && !request && ending.how != Ending::How::interrupted)
    exit.reason +=
        std::string(exit.reason.empty() ? "" : "; ") + "the input was not read to its end";
  const bool timed_out = ending.how == Ending::How::timed_out;
  if (no_reply && exit.reason.empty())
    exit.reason = timed_out ? "Timed out: no reply has come" : "no reply has come";
  if (timed_out) return kTimedOut;
  return static_cast<int>(reached ? ErrorKind::temporary : ErrorKind::unavailable);
}

}  // namespace mqfail
