// SPDX-License-Identifier: Apache-2.0
// Where client certificates are looked for, and finding one by its thumbprint (product.md section
// 5). Rule: a file counts by what is in it; its name only says which one to open first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "certificates/pkcs12.hpp"

namespace mqfail {

/// Where to look besides the folders that are always searched.
struct CertificateSearch {
  std::vector<std::string> given;          ///< --cert-dir
  std::optional<std::string> environment;  ///< $MQFAIL_CERT_DIR
  std::string home;                        ///< $HOME; empty: no store of .NET
  friend bool operator==(const CertificateSearch&, const CertificateSearch&) = default;
};

/// The environment's part of it.
CertificateSearch certificate_search_of_user();

/// In order: those given, $MQFAIL_CERT_DIR, the component's own folder (unless empty), the AVEVA
/// adapter's folder, .NET's store of the user.
std::vector<std::string> certificate_folders(const CertificateSearch& search,
                                             const std::string& component_folder);

/// What a server is shown: the certificate, its key, and the certificates between it and its
/// authority, in order.
struct ClientCertificate {
  X509Pointer certificate;
  KeyPointer key;
  std::vector<X509Pointer> chain;
  std::string file;  ///< where it was found
};

/// Finds and opens it. `thumbprint`: 40 or 64 lower-case hexadecimal digits. Errors
/// (configuration), each in words of its own: in none of the folders, which are named · the
/// password does not open the file · no private key · expired · not yet valid.
Result<ClientCertificate> find_client_certificate(const std::string& thumbprint,
                                                  const Secret& password,
                                                  const std::vector<std::string>& folders);

/// A certificate of a file, or a file that does not open.
struct ListedCertificate {
  std::string file;
  std::string trouble;  ///< of a file that does not open without a password; else empty
  bool has_key = false;
  std::string sha1, sha256, subject, not_after;
  bool over = false;
};

/// Everything in the folders, in the order of the search; files are opened without a password.
std::vector<ListedCertificate> list_certificates(const std::vector<std::string>& folders);

}  // namespace mqfail
