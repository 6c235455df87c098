// SPDX-License-Identifier: Apache-2.0
// The head of a request as the endpoint judges it. Everything is borrowed from the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqfail {

/// The address of a listener.
struct ListenAddress {
  std::string host;        ///< an IP address, without brackets
  std::uint16_t port = 0;  ///< 0 before it listens: the kernel chooses
  bool loopback = false;   ///< 127.0.0.0/8 or ::1: nobody outside this machine reaches it
  /// `host:port`, an IPv6 address in brackets.
  std::string text() const;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< as written in the request line
  std::string_view host;
  std::size_t hosts = 0;  ///< how many Host fields there are
  std::string_view authorization;
  std::string_view content_type;
  bool content_encoded = false;
  bool has_origin = false;  ///< a browser, on behalf of a page
  const ListenAddress* local = nullptr;
};

}  // namespace mqfail
