// SPDX-License-Identifier: Apache-2.0
// What a file that should be PEM really holds, told without OpenSSL (RFC 7468).
#pragma once

#include <string>
#include <string_view>

namespace mqfail {

/// The blocks of a file, and what it is if it has none.
struct PemContent {
  bool certificate = false;
  bool key = false;            ///< a private key, encrypted or not
  bool encrypted_key = false;  ///< a passphrase is needed
  int damaged_line = 0;        ///< of the first certificate or key that cannot be decoded; 0: none
  /// What the file is if there is neither certificate nor key: "is empty", "is in DER form, not
  /// PEM", "is a PKCS#12 file, not PEM", "holds a certificate request"; else empty.
  std::string instead;
};

PemContent look_into_pem(std::string_view bytes);

}  // namespace mqfail
