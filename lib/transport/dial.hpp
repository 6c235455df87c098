// SPDX-License-Identifier: Apache-2.0
// From a host name to a connected descriptor: resolves, tries every address, and can be stopped at
// any moment. It has no timeout of its own: the policy bounds an attempt.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"
#include "transport/address.hpp"

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

/// What attempts have learnt about the addresses of a name: an attempt begins after the address
/// that failed last, so that a server that accepts TCP and then says nothing does not get every
/// attempt (failover.md section 2.5). Any thread.
class AddressMemory {
 public:
  /// This numeric address was tried without success; empty: no address was tried.
  void tried_in_vain(const Server& server, const std::string& address);
  /// The last of them; empty: none.
  std::string last_in_vain(const Server& server) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> last_;  // by endpoint_key()
};

struct Dialled {
  int fd = -1;  ///< connected, non-blocking, close-on-exec, TCP_NODELAY; the caller's to close
  std::string address;  ///< numeric host:port, IPv6 in brackets
  Duration dns{};
  Duration tcp{};
};

/// Dials the addresses of one server, in one attempt. All references outlive it.
class Dialler {
 public:
  Dialler(const Server& server, const StopSwitch& stop, AddressMemory& memory)
      : server_(server), stop_(stop), memory_(memory) {}

  /// Blocks until an address answers, all have failed or `stop` was thrown (then the Reason means
  /// nothing). Addresses in_dialling_order(), a new one every 250 ms or as soon as one fails (RFC
  /// 8305); the first to connect wins. Called again it goes on with the addresses that have neither
  /// failed nor won. What does not connect is noted in the memory; what comes of a connection is
  /// for the caller to note. `resolved` is called once the addresses are known.
  std::variant<Dialled, Reason> next(const std::function<void()>& resolved);
  /// How many addresses another next() would dial.
  std::size_t left() const { return addresses_.size(); }

 private:
  const Server& server_;
  const StopSwitch& stop_;
  AddressMemory& memory_;
  bool resolved_ = false;
  bool several_ = false;  // the name has more than one address
  Duration looked_up_{};
  std::vector<Address> addresses_;  // not tried, or another one was faster
};

}  // namespace mqfail
