// SPDX-License-Identifier: Apache-2.0
#include "rig/authority.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "rig/process.hpp"

namespace rig {
namespace {

constexpr int kDay = 24 * 60 * 60;

void must(bool good, const char* what) {
  if (!good) throw Broken(std::string("authority: ") + what);
}

std::string digest(const X509* certificate, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  must(X509_digest(certificate, kind, bytes.data(), &size) == 1, "digest");
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", bytes[i]);
    out += two.data();
  }
  return out;
}

std::string shown(const ASN1_TIME* time) {
  std::tm when{};
  must(ASN1_TIME_to_tm(time, &when) == 1, "time");
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &when)};
}

void extend(X509* certificate, X509* by, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, by, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  must(file != nullptr && write(file) == 1 && std::fclose(file) == 0, "PEM file");
}

}  // namespace

Authority::Authority(const std::string& name)
    : root_(make({.name = name, .alternatives = "", .to_days = 60, .self_signed = true}, nullptr,
                 true)) {}

Issued Authority::issue(const Wanted& wanted) {
  return make(wanted, &root_, false);
}
Issued Authority::issue_authority(const std::string& name) {
  return make({.name = name, .alternatives = ""}, &root_, true);
}
Issued Authority::issue_by(const Issued& by, const Wanted& wanted) {
  return make(wanted, &by, false);
}

Issued Authority::make(const Wanted& wanted, const Issued* by, bool authority) {
  Issued made;
  EVP_PKEY* const key = wanted.rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(wanted.rsa_bits))
                                            : EVP_EC_gen("P-256");
  must(key != nullptr, "key");
  made.pkey.reset(key, EVP_PKEY_free);
  made.x509.reset(X509_new(), X509_free);
  X509* const certificate = made.x509.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++count_);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.to_days * kDay);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(wanted.name.c_str()),  // NOLINT: OpenSSL's bytes
      -1, -1, 0);
  const bool alone = wanted.self_signed || by == nullptr;
  X509* const issuer = alone ? certificate : by->x509.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (!wanted.alternatives.empty())
    extend(certificate, issuer, NID_subject_alt_name, wanted.alternatives);
  extend(certificate, issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  must(X509_sign(certificate, alone ? key : by->pkey.get(), EVP_sha256()) > 0, "signature");

  const std::string stem = (folder_ / std::to_string(count_)).string();
  made.certificate = stem + ".crt";
  made.key = stem + ".key";
  write_pem(made.certificate, [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
  write_pem(made.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  made.sha1 = digest(certificate, EVP_sha1());
  made.sha256 = digest(certificate, EVP_sha256());
  made.not_before = shown(X509_get0_notBefore(certificate));
  made.not_after = shown(X509_get0_notAfter(certificate));
  return made;
}

void write_pfx(const std::string& path, const Issued& issued, const Pfx& pfx) {
  if (pfx.old) {
    const Finished done =
        run({"openssl", "pkcs12", "-export", "-legacy", "-in", issued.certificate, "-inkey",
             issued.key, "-passout", "pass:" + pfx.password, "-out", path});
    if (done.exit.status != 0) throw Broken("openssl pkcs12: " + done.err);
    return;
  }
  STACK_OF(X509)* const others = sk_X509_new_null();
  if (pfx.chain != nullptr) sk_X509_push(others, pfx.chain->x509.get());
  if (!pfx.with_key) sk_X509_push(others, issued.x509.get());
  PKCS12* const file =
      PKCS12_create(pfx.password.empty() ? nullptr : pfx.password.c_str(), nullptr,
                    pfx.with_key ? issued.pkey.get() : nullptr,
                    pfx.with_key ? issued.x509.get() : nullptr, others, 0, 0, 0, 0, 0);
  must(file != nullptr, "PKCS#12");
  write_pem(path, [&](std::FILE* out) { return i2d_PKCS12_fp(out, file); });
  PKCS12_free(file);
  sk_X509_free(others);
}

}  // namespace rig
