// SPDX-License-Identifier: Apache-2.0
// The addresses of a host name, and the order in which they are dialled. Nothing here waits.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <string>
#include <vector>

namespace mqfail {

/// An address to dial.
struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  int family() const { return bytes.ss_family; }
  std::string text() const;  ///< numeric host:port, IPv6 in brackets; empty if it has none
};

/// Those that a look-up has found.
std::vector<Address> addresses_in(const addrinfo* found);

/// The order to dial in: families alternate, beginning with that of the first address (RFC 8305
/// section 4), and the one behind `last_in_vain` comes first.
std::vector<Address> in_dialling_order(const std::vector<Address>& resolved,
                                       const std::string& last_in_vain);

/// Why the look-up of `host` failed, for people. `failure` is of getaddrinfo(3), and errno too with
/// EAI_SYSTEM. It does not say by itself that the zone of an address is no interface.
std::string lookup_failure(const std::string& host, int failure);

/// Whether `host` is an address, so that no name has to be looked up.
bool is_address(const std::string& host);

}  // namespace mqfail
