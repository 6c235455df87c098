// SPDX-License-Identifier: Apache-2.0
// From a host name to a connected descriptor: resolves, tries every address, and can be told to
// stop at any moment. The policy bounds the time; there is no timeout of its own here.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// A one-way switch that ends a dial, from any thread.
class StopSwitch {
 public:
  StopSwitch();
  ~StopSwitch();
  StopSwitch(const StopSwitch&) = delete;
  StopSwitch& operator=(const StopSwitch&) = delete;
  void stop();
  bool stopped() const { return stopped_; }
  /// errno if there was no descriptor for it; then dial() does not begin.
  int error() const { return fd_ < 0 ? error_ : 0; }
  int fd() const { return fd_; }  ///< readable once stopped

 private:
  const int fd_;
  const int error_;
  std::atomic<bool> stopped_{false};
};

struct Dialled {
  int fd = -1;  ///< connected, non-blocking, close-on-exec, TCP_NODELAY; the caller's to close
  std::string address;  ///< numeric host:port, IPv6 in brackets
  Duration dns{};
  Duration tcp{};
};

/// Blocks until an address answers, all have failed or `stop` was thrown (then the Reason means
/// nothing). Addresses in getaddrinfo's order, a new one every 250 ms or as soon as one fails
/// (RFC 8305); the first to connect wins. `resolved` is called between the two phases.
std::variant<Dialled, Reason> dial(const Server& server, const StopSwitch& stop,
                                   const std::function<void()>& resolved);

/// Whether `host` is an address, so that no name has to be looked up.
bool is_address(const std::string& host);

}  // namespace mqfail
