// SPDX-License-Identifier: Apache-2.0
// The few lines that know a clock and poll(2): they wait until something happens or is due, and
// tell the session. As soon as there is a thread that receives, they are its guest.
#pragma once

#include <functional>

#include "session/document_watch.hpp"
#include "session/session.hpp"

namespace mqfail {

/// What there is to wait for. All of it is borrowed.
struct Waiting {
  Mailbox& mailbox;
  Work& work;
  Transport& transport;
  int signal_fd = -1;                            ///< a signalfd of INT, TERM, HUP, USR1; -1: none
  DocumentWatch* documents = nullptr;            ///< notices changed files; null: nothing does
  std::function<void()> documents_changed = {};  ///< is called when it has noticed one
  /// Is called after each turn, and says when it wants to be called again at the latest. Empty:
  /// nobody looks on.
  std::function<std::optional<TimePoint>(TimePoint now)> look = {};
};

/// Runs the session to its end and returns the exit status.
int run(Session& session, const Waiting& waiting);

}  // namespace mqfail
