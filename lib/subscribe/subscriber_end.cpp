// SPDX-License-Identifier: Apache-2.0
// How a run of mqfail-sub ends: its exit status, and what the exit event tells.
#include <cstring>
#include <string>

#include "base/counted.hpp"
#include "base/number.hpp"
#include "subscribe/subscriber.hpp"

namespace mqfail {

void Subscriber::tell_removals(Notice& exit) {
  exit.more.emplace_back("removed", as_int(removal_.removed()));
  exit.more.emplace_back("not_removed", as_int(removal_.left()));
  if (removal_.left() == 0) return;
  Notice warning{.name = NoticeName::warning, .level = Level::warning};
  warning.reason = "it is not known whether the server has removed " +
                   counted(removal_.left(), "retained message");
  announcer_.announce(warning);
}

// Nobody has read the output, and the run does not wait for it any more. Messages of QoS 1 and 2
// are not acknowledged; nobody has the others.
void Subscriber::tell_unwritten(Notice& exit) {
  std::uint64_t lost = put_qos_0_;
  const auto count = [&lost](const Message& message) {
    if (message.qos == 0) ++lost;
    return true;
  };
  for (const ReceivingConnection& one : connections_) {
    if (one.last) {
      for (const OwnMessage& message : *one.last) count(message.message());
      continue;
    }
    if (transport_.paused(one.attempt)) tell_unread(one, 0, kNotRead, {});
    take_all(one, count);
  }
  if (lost == 0) return;
  Notice dropped{.name = NoticeName::dropped, .level = Level::warning};
  dropped.reason = "standard output did not take them before the end";
  dropped.more = {{"count", as_int(lost)}};
  announcer_.announce(dropped);
  exit.more.emplace_back("lost_max", as_int(lost));
}

int Subscriber::finish(const Ending& ending, bool /*reached*/, TimePoint now, Notice& exit) {
  write_out(now);
  removal_.go_on(now);
  for (const ReceivingConnection& connection : connections_) {
    if (connection.last_ping) finished_.push_back(connection.attempt);
  }
  missing_report_.tell(now);
  exit.more = {{"received", as_int(received_)},
               {"printed", as_int(printed_)},
               {"duplicates", as_int(novelty_.copies())},
               {"unchanged", as_int(novelty_.unchanged())},
               {"late", as_int(late_)},
               {"missing", as_int(novelty_.missing())}};
  if (settings_.remove_retained) tell_removals(exit);
  if (output_.pending() && (abandoned_ || output_.state() == Sink::State::open))
    tell_unwritten(exit);
  if (acknowledgements_.by_number())
    exit.more.emplace_back("unacknowledged", as_int(acknowledgements_.unacknowledged()));
  if (output_.state() == Sink::State::failed) {
    exit.reason =
        output_.name() + " could not be written: " + std::strerror(output_.error_number());
    return static_cast<int>(ErrorKind::io);
  }
  if (acknowledgements_.is_over()) {
    exit.reason = "nobody writes to --ack-from any more; " +
                  counted(acknowledgements_.unacknowledged(), "message") +
                  " that it has not acknowledged stay with the server";
    return static_cast<int>(ErrorKind::temporary);
  }
  const bool orderly = ending.how == Ending::How::done || ending.how == Ending::How::timed_out;
  if (orderly && settings_.sequence_gaps && novelty_.missing() != 0) {
    exit.reason = counted(novelty_.missing(), "numbered message") + " did not come";
    return static_cast<int>(ErrorKind::temporary);
  }
  switch (ending.how) {
    case Ending::How::done:
      return 0;
    case Ending::How::gave_up:
      return static_cast<int>(ending.error);
    case Ending::How::timed_out:
      exit.reason = "Timed out";
      return kTimedOut;
    case Ending::How::interrupted:
      return 128 + ending.signal;
  }
  return static_cast<int>(ErrorKind::internal);
}

}  // namespace mqfail
