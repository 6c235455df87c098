// SPDX-License-Identifier: Apache-2.0
#include "transport/address.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace mqfail {

std::string Address::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&bytes), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return bracketed(host.data()) + ":" + port.data();
}

std::vector<Address> addresses_in(const addrinfo* found) {
  std::vector<Address> out;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address& address = out.emplace_back();
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  return out;
}

std::vector<Address> in_dialling_order(const std::vector<Address>& resolved,
                                       const std::string& last_in_vain) {
  std::vector<Address> first, others;
  for (const Address& one : resolved) {
    (one.family() == resolved.front().family() ? first : others).push_back(one);
  }
  std::vector<Address> order;
  for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < others.size()) order.push_back(others[i]);
  }
  if (last_in_vain.empty()) return order;
  const auto last = std::find_if(order.begin(), order.end(),
                                 [&](const Address& one) { return one.text() == last_in_vain; });
  if (last != order.end()) std::rotate(order.begin(), last + 1, order.end());
  return order;
}

std::string lookup_failure(const std::string& host, int failure) {
  const int error = errno;
  const std::size_t percent = host.find('%');
  if (percent != std::string::npos) {
    const std::string zone = host.substr(percent + 1);
    if (if_nametoindex(zone.c_str()) == 0) {
      const std::string none = "this machine has no network interface " + zone;
      // RFC 6874 writes the "%" of the zone as %25 in a URI, and only there.
      if (!zone.starts_with("25") || zone.size() == 2) return none;
      return none + "; outside of a URI write %" + zone.substr(2);
    }
  }
  return failure == EAI_SYSTEM ? std::strerror(error) : gai_strerror(failure);
}

bool is_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const bool is = getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0;
  if (is) freeaddrinfo(found);
  return is;
}

}  // namespace mqfail
