// SPDX-License-Identifier: Apache-2.0
// Client certificates that were found before. Opening a PKCS#12 file is slow on purpose (thousands
// of rounds over its password), and a failover must not wait for it again.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file_identity.hpp"
#include "base/secret.hpp"
#include "certificates/search.hpp"

namespace mqfail {

/// Thread-safe. A certificate that it returns may be used by several threads and may outlive it.
class CertificateCache {
 public:
  /// As find_client_certificate(), of the same arguments. What was found is given again as long as
  /// its file is the same and its time is not over.
  Result<std::shared_ptr<const ClientCertificate>> find(const std::string& thumbprint,
                                                        const Secret& password,
                                                        const std::vector<std::string>& folders);

 private:
  struct Opened {
    std::string thumbprint;
    Secret password;
    std::vector<std::string> folders;
    FileIdentity file;
    std::shared_ptr<const ClientCertificate> certificate;
  };
  std::mutex mutex_;
  std::vector<Opened> opened_;  // one a thumbprint
};

}  // namespace mqfail
