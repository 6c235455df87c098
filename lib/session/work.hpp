// SPDX-License-Identifier: Apache-2.0
// What a command does with live connections: the Subscriber and the Publisher are Works. The
// session says which connections are live; the Work moves messages and says when it has had enough.
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "policy/event.hpp"
#include "session/counts.hpp"
#include "session/notice.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// The earlier of two deadlines; empty means never.
constexpr std::optional<TimePoint> earlier(std::optional<TimePoint> one,
                                           std::optional<TimePoint> other) {
  if (!one || !other) return one ? one : other;
  return *one < *other ? one : other;
}

/// The exit status of -W: mosquitto's MOSQ_ERR_TIMEOUT.
inline constexpr int kTimedOut = 27;

/// How a run came to its end.
struct Ending {
  enum class How {
    done,         ///< the work had enough: -C reached, everything settled, output closed
    gave_up,      ///< the policy did; `error` says which
    timed_out,    ///< -W
    interrupted,  ///< a second signal; `signal` is its number
  };
  How how = How::done;
  ErrorKind error = ErrorKind::unavailable;
  int signal = 0;
};

/// A connection that is no good any more, and why.
struct Trouble {
  AttemptId attempt;
  Reason reason;
  Duration silent{};  ///< as of event::Lost
};

/// Thread: the session's. Nothing here waits. Several connections may be live at a time, at most
/// one a server (FailoverSettings::width); a Work that asks for no more is given one.
class Work {
 public:
  virtual ~Work() = default;

  /// `attempt` is live now, until offline() or leave() names it. A reason back means that this
  /// server cannot do the work: the session drops it, by offline(), and goes on to the next.
  virtual std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                                       const ConnectionFacts& facts, TimePoint now) = 0;
  /// The servers as they are now; told before the first online() and after each change. The
  /// pointers hold for the call.
  virtual void listed(const std::vector<const Server*>& /*roster*/) {}
  /// A try to connect to `server` came to nothing.
  virtual void failed(const Server& /*server*/, const Reason& /*reason*/) {}
  /// A connection that is live or being left ended by itself; offline() follows at once.
  virtual void lost(AttemptId /*attempt*/, const Reason& /*reason*/, TimePoint /*now*/) {}
  /// A live connection is gone. What it still holds may be taken, until the Work says by
  /// take_finished() that it has.
  virtual void offline(AttemptId attempt, TimePoint now) = 0;
  /// Another server is live in its place, and this one is as good as before: what is under way on
  /// it may end, soon. take_finished() says when it has; offline() follows only if the connection
  /// ends by itself before.
  virtual void leave(AttemptId attempt, TimePoint now) = 0;
  /// Does what can be done now, on all live connections. Those in the answer are lost to the
  /// session: it names each to offline().
  virtual std::vector<Trouble> pump(TimePoint now) = 0;
  /// The connections that the Work needs no longer, each once: the session ends them. Asked after
  /// offline(), pump() and finish().
  virtual std::vector<AttemptId> take_finished() = 0;

  /// What to wait for besides the mailbox. `on_poll` has the same entries with their revents.
  virtual void poll_fds(std::vector<pollfd>& fds) const = 0;
  virtual void on_poll(const pollfd* fds, std::size_t count, TimePoint now) = 0;
  /// When pump() wants to be called without a stir.
  virtual std::optional<TimePoint> deadline() const = 0;

  /// What was moved so far. Asked by those who look on, some times a second at most.
  virtual Counts counts() const { return {}; }
  virtual bool done() const = 0;
  /// While no connection is live: when the run ends at the latest; empty: that is not known.
  virtual std::optional<TimePoint> ends_by() const { return std::nullopt; }
  /// It waits until a disk has what it writes, which can take long: it gets a thread of its own, so
  /// that the connections live on meanwhile.
  virtual bool waits_for_disk() const { return false; }
  /// The user wants an orderly end (first SIGINT or SIGTERM).
  virtual void stop(TimePoint now) = 0;
  /// The last chance to move anything; then the exit status of product.md section 7. `reached`:
  /// some server accepted us in this run. Adds its counts to the exit notice.
  virtual int finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) = 0;
};

}  // namespace mqfail
