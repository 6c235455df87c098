// SPDX-License-Identifier: Apache-2.0
// A certificate with its private key out of a PKCS#12 file (*.pfx, *.p12). Rule: the key is in
// memory only, OpenSSL overwrites it when it is freed, and no part of it is ever written to a file.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.hpp"

namespace mqfail {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeX509>;

/// What a file holds.
struct Pkcs12 {
  X509Pointer certificate;  ///< the one that the key belongs to; null if there is none
  KeyPointer key;           ///< null only together with `certificate`
  std::vector<X509Pointer> others;
};

/// Why a file does not open.
enum class Pkcs12Failure {
  unreadable,      ///< the file system says so
  not_pkcs12,      ///< or damaged
  wrong_password,  ///< or it needs one
  old_encryption   ///< an old cipher such as RC2, and OpenSSL's legacy provider is not installed
};
struct Pkcs12Trouble {
  Pkcs12Failure failure;
  std::string words;  ///< what follows the file's name: "cannot be read: Permission denied"
};

/// Reads and opens a file; an empty password also stands for none. Files as OpenSSL 1.1, Java and
/// old Windows wrote them are opened through the legacy provider, if it is installed.
std::variant<Pkcs12, Pkcs12Trouble> open_pkcs12(const std::string& path, const Secret& password);

}  // namespace mqfail
