// SPDX-License-Identifier: Apache-2.0
// Reading and writing through OpenSSL for the wire, and the handshake of a connection without Paho.
// The TLS seam (../paho_seams/tls.cpp) defines these functions, for only it reaches the real ones
// behind Paho's.
#pragma once

#include <cstddef>
#include <string>

struct ssl_st;  // SSL

namespace mqfail {

struct TlsRead {
  std::ptrdiff_t got = 0;    ///< as SSL_read
  bool fatal = false;        ///< no more will come, and not in good order
  std::size_t received = 0;  ///< bytes that came in, whether they make up application data or not
  std::string alert;         ///< in words, if the server sent one that ends the connection
};
/// As SSL_read, under the wire's lock.
TlsRead tls_read(ssl_st* ssl, void* into, std::size_t size);

/// As SSL_write, under the wire's lock: bytes taken, 0 if there is no room now, -1 if it failed.
std::ptrdiff_t tls_write(ssl_st* ssl, const void* data, std::size_t size);

enum class TlsStep { done, wants_read, wants_write, failed };
/// As SSL_connect, as far as it goes without waiting. After `failed` OpenSSL's errors are there.
TlsStep tls_handshake(ssl_st* ssl);

}  // namespace mqfail
