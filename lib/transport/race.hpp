// SPDX-License-Identifier: Apache-2.0
// The TCP connects of one attempt that are under way at the same time (RFC 8305). Nothing here
// waits: the caller polls the descriptors for writing and asks which one has arrived.
#pragma once

#include <string>
#include <vector>

#include "transport/address.hpp"

namespace mqfail {

/// The next address is dialled so long after the one before, if that has not failed sooner.
inline constexpr int kNextAddressAfterMs = 250;

class Race {
 public:
  struct Runner {
    int fd;
    Address address;
  };
  Race() = default;
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;
  ~Race() { clear(); }

  /// Begins a connect. 0 if it runs or has arrived, else errno.
  int start(const Address& address);
  bool empty() const { return runners_.empty(); }
  const std::vector<Runner>& runners() const { return runners_; }
  /// Those that have neither arrived nor failed.
  std::vector<Address> under_way() const;
  /// Closes all that are under way.
  void clear();
  /// The descriptor of one that has arrived, which is the caller's from now on, and its address;
  /// -1: none has. Those that have failed are closed, and `error` is the errno of the last one.
  int arrived(int& error, std::string& address);

 private:
  std::vector<Runner> runners_;
};

/// What the errno of the last connect that failed means: our own limits, or the server's refusal.
bool is_our_limit(int error);

}  // namespace mqfail
