// SPDX-License-Identifier: Apache-2.0
// What the thread of an attempt has ready for Paho while it is inside MQTTClient_connect5: a
// connected descriptor with its Wire, and the TLS rules of that one server.
#pragma once

#include <memory>
#include <string>

#include "certificates/search.hpp"
#include "policy/server.hpp"
#include "transport/wire/wire.hpp"

namespace mqfail {

/// Lives on the stack of an attempt's thread; the seams find it through current().
class Handover {
 public:
  /// `certificate`: to show to the server; null if there is none, or it is in the PEM files that
  /// the server's entry names. `until`: the wire is shut then, which ends Paho's call.
  Handover(std::shared_ptr<Wire> wire, const Server& server,
           const ClientCertificate* certificate = nullptr, TimePoint until = TimePoint::max());
  ~Handover();
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  static Handover* current();

  /// The socket seam takes the descriptor, once; afterwards Paho closes it.
  int take();
  bool taken() const { return taken_; }
  /// Before each step in which Paho waits for an answer: sends what was written, and looks at the
  /// time.
  void before_waiting();
  /// The wire of a subscribe has ended, so that no answer will come: Paho would wait ten seconds
  /// for it. The end of a connect Paho sees by itself.
  bool in_vain() const { return !taken_ && wire_->end() != WireEnd::open; }
  /// `until` has passed, and the wire was shut because of it.
  bool expired() const { return expired_; }
  Wire& wire() const { return *wire_; }
  const Server& server() const { return server_; }
  const ClientCertificate* certificate() const { return certificate_; }

 private:
  std::shared_ptr<Wire> wire_;
  const Server& server_;
  const ClientCertificate* const certificate_;
  const TimePoint until_;
  bool taken_ = false;
  bool expired_ = false;
};

/// While it lives, Paho's process-wide lock around connects or subscribes does not hold this thread
/// (parallel_calls.cpp).
class ParallelCall {
 public:
  ParallelCall();
  ~ParallelCall();
  ParallelCall(const ParallelCall&) = delete;
  ParallelCall& operator=(const ParallelCall&) = delete;
};

}  // namespace mqfail
