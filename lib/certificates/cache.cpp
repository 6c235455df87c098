// SPDX-License-Identifier: Apache-2.0
#include "certificates/cache.hpp"

#include <algorithm>
#include <utility>

#include "certificates/x509_text.hpp"

namespace mqfail {

Result<std::shared_ptr<const ClientCertificate>> CertificateCache::find(
    const std::string& thumbprint, const Secret& password,
    const std::vector<std::string>& folders) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(opened_.begin(), opened_.end(), [&](const Opened& one) {
      return one.thumbprint == thumbprint;
    });
    if (known != opened_.end()) {
      const ClientCertificate& kept = *known->certificate;
      if (known->password == password && known->folders == folders &&
          !is_over(kept.certificate.get()) && FileIdentity::of(kept.file) == known->file) {
        return known->certificate;
      }
      opened_.erase(known);
    }
  }
  auto found = find_client_certificate(thumbprint, password, folders);
  if (!found) return found.error();
  Opened opened{thumbprint,
                password,
                folders,
                {},
                std::make_shared<const ClientCertificate>(std::move(*found))};
  const auto certificate = opened.certificate;
  // If the file was replaced meanwhile, by one that fits as well: the thumbprint is the same.
  opened.file = FileIdentity::of(certificate->file);
  if (opened.file == FileIdentity()) return certificate;
  const std::lock_guard lock(mutex_);
  std::erase_if(opened_, [&](const Opened& other) { return other.thumbprint == thumbprint; });
  opened_.push_back(std::move(opened));
  return certificate;
}

}  // namespace mqfail
