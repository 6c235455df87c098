// SPDX-License-Identifier: Apache-2.0
#include "certificates/pkcs12.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <cstring>
#include <utility>

#include "certificates/small_file.hpp"

namespace mqfail {
namespace {

struct FreePkcs12 {
  void operator()(PKCS12* file) const { PKCS12_free(file); }
};
using Pkcs12Pointer = std::unique_ptr<PKCS12, FreePkcs12>;

// Old algorithms, for as long as it lives. The default provider stays.
class LegacyProvider {
 public:
  LegacyProvider() : provider_(OSSL_PROVIDER_try_load(nullptr, "legacy", 1)) {}
  ~LegacyProvider() {
    if (provider_ != nullptr) OSSL_PROVIDER_unload(provider_);
  }
  LegacyProvider(const LegacyProvider&) = delete;
  LegacyProvider& operator=(const LegacyProvider&) = delete;
  explicit operator bool() const { return provider_ != nullptr; }

 private:
  OSSL_PROVIDER* provider_;
};

bool password_fits(PKCS12* file, const std::string& password) {
  if (PKCS12_mac_present(file) == 0) return true;  // nobody can tell
  if (PKCS12_verify_mac(file, password.c_str(), static_cast<int>(password.size())) == 1)
    return true;
  return password.empty() && PKCS12_verify_mac(file, nullptr, 0) == 1;
}

bool parse(PKCS12* file, const std::string& password, Pkcs12& into) {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(file, password.c_str(), &key, &certificate, &others) != 1) return false;
  into.certificate.reset(certificate);
  into.key.reset(certificate != nullptr ? key : nullptr);
  if (certificate == nullptr) EVP_PKEY_free(key);
  const int count = others != nullptr ? sk_X509_num(others) : 0;
  for (int i = 0; i < count; ++i) into.others.emplace_back(sk_X509_value(others, i));
  sk_X509_free(others);
  return true;
}

}  // namespace

std::variant<Pkcs12, Pkcs12Trouble> open_pkcs12(const std::string& path, const Secret& password) {
  const SmallFile content = read_small_file(path);
  if (content.error != 0) {
    return Pkcs12Trouble{Pkcs12Failure::unreadable,
                         std::string("cannot be read: ") + std::strerror(content.error)};
  }
  if (!content.fits) return Pkcs12Trouble{Pkcs12Failure::not_pkcs12, "is no file of at most 1 MiB"};
  const std::string& bytes = content.bytes.reveal();
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());  // NOLINT: OpenSSL's bytes
  const Pkcs12Pointer file(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
  Pkcs12 result;
  Pkcs12Trouble trouble{Pkcs12Failure::not_pkcs12, "is not a PKCS#12 file, or damaged"};
  bool good = false;
  if (file != nullptr) {
    if (!password_fits(file.get(), password.reveal())) {
      trouble = {Pkcs12Failure::wrong_password, "does not open with this password"};
    } else if (good = parse(file.get(), password.reveal(), result); !good) {
      const bool certain = PKCS12_mac_present(file.get()) != 0;
      const LegacyProvider legacy;
      good = legacy && parse(file.get(), password.reveal(), result);
      if (!good && !legacy && certain) {
        trouble = {Pkcs12Failure::old_encryption,
                   "is encrypted in an old way (RC2?) and OpenSSL's legacy provider is not "
                   "installed: export it anew"};
      } else if (!good && !certain) {
        trouble = {Pkcs12Failure::wrong_password, "does not open with this password"};
      }
    }
  }
  ERR_clear_error();
  if (!good) return trouble;
  return result;
}

}  // namespace mqfail
