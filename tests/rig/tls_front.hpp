// SPDX-License-Identifier: Apache-2.0
// A TLS server in front of a plain one, so that a scripted server can speak TLS.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <list>
#include <memory>
#include <thread>

#include "rig/authority.hpp"

namespace rig {

class TlsFront {
 public:
  /// Any certificate will do, and any version of TLS up to `newest` (0: the newest one).
  TlsFront(std::uint16_t upstream, const Issued& issued, int newest = 0);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void run();
  void serve(const Fd& client);

  std::uint16_t port_ = 0, upstream_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  Fd listener_;
  Waker waker_;  ///< stays readable for every thread once it is awake
  std::list<std::thread> pairs_;
  std::thread thread_;
};

}  // namespace rig
