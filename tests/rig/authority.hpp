// SPDX-License-Identifier: Apache-2.0
// A certificate authority inside the test. It makes every kind of certificate, good and bad, in
// milliseconds.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "rig/basics.hpp"

namespace rig {

/// The properties of a certificate to make.
struct Wanted {
  std::string name = "localhost";                           ///< common name
  std::string alternatives = "DNS:localhost,IP:127.0.0.1";  ///< subjectAltName; "": none
  int from_days = -1, to_days = 30;                         ///< its time, counted from now
  int rsa_bits = 0;                                         ///< 0: an elliptic curve, P-256
  bool self_signed = false;
};

/// A certificate and its key, on the disk as PEM files and in memory.
class Issued {
 public:
  std::string certificate, key;  ///< PEM files
  std::string sha1, sha256;      ///< lower-case hexadecimal digits
  std::string not_before, not_after;

  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> pkey;
};

class Authority {
 public:
  explicit Authority(const std::string& name = "authority");
  /// The certificate of the authority, a PEM file.
  std::string file() const { return root_.certificate; }
  Issued issue(const Wanted& wanted = {});
  /// An intermediate authority. What it issues needs its certificate in the chain.
  Issued issue_authority(const std::string& name);
  Issued issue_by(const Issued& by, const Wanted& wanted);

 private:
  Issued make(const Wanted& wanted, const Issued* by, bool authority);
  Scratch folder_;
  int count_ = 0;
  Issued root_;
};

/// Writes a PKCS#12 file. `with_key` false: only the certificate. `chain`: further certificates in
/// the file. `old`: in the form of OpenSSL 1.1, with RC2 and 3DES.
struct Pfx {
  std::string password;
  bool with_key = true;
  const Issued* chain = nullptr;
  bool old = false;
};
void write_pfx(const std::string& path, const Issued& issued, const Pfx& pfx);

}  // namespace rig
