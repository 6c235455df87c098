// SPDX-License-Identifier: Apache-2.0
// Host names looked up without waiting: getaddrinfo_a(3), so that the answers are those of every
// other program on this machine (getaddrinfo). glibc has at most 20 threads for it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "transport/address.hpp"

namespace mqfail {

/// Thread: one. A look-up that is given up goes on in glibc until it has its answer.
class NameLookups {
 public:
  NameLookups();

  /// Readable once a look-up has ended; drain() makes it wait for the next. -1: `error()`.
  int fd() const;
  int error() const { return error_; }
  void drain() const;

  struct Answer {
    bool known = false;  ///< false: it is not here yet
    int failure = 0;     ///< of getaddrinfo(3)
    std::vector<Address> addresses = {};
  };
  /// The addresses of `host`, with this port. The first call for a name begins the look-up; all
  /// others share it until forget(). The address of an address is known at once.
  Answer of(const std::string& host, std::uint16_t port);
  /// Names are looked up again. What is being looked up goes on and is shared: glibc has few
  /// threads, and a name whose server is silent keeps one for long.
  void forget();

 private:
  struct Lookup;
  std::shared_ptr<Descriptor> bell_;
  int error_ = 0;
  std::map<std::string, std::shared_ptr<Lookup>> begun_;
};

}  // namespace mqfail
