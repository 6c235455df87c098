// SPDX-License-Identifier: Apache-2.0
#include "certificates/x509_text.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include "base/encoding.hpp"

namespace mqfail {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* list) const { GENERAL_NAMES_free(list); }
};

std::string shown(const X509_NAME* name) {
  const std::unique_ptr<BIO, FreeBio> text(BIO_new(BIO_s_mem()));
  if (!text || name == nullptr) return {};
  // Without ESC_MSB letters beyond ASCII stay as they are (UTF-8).
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  std::string out;
  std::array<char, 512> piece{};
  for (int got = 0; (got = BIO_read(text.get(), piece.data(), piece.size())) > 0;)
    out.append(piece.data(), static_cast<std::size_t>(got));
  return out;
}

std::string shown(const ASN1_TIME* time) {
  std::tm when{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &when) != 1) return {};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &when)};
}

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),  // NOLINT: OpenSSL's bytes
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string shown(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return bytes_of(name->d.dNSName);
  if (name->type != GEN_IPADD) return {};
  const std::string address = bytes_of(name->d.iPAddress);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  if (address.size() != 4 && address.size() != 16) return {};
  return inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

std::string fingerprint(const X509* certificate, Fingerprint kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* const hash = kind == Fingerprint::sha1 ? EVP_sha1() : EVP_sha256();
  if (X509_digest(certificate, hash, digest.data(), &size) != 1) return {};
  return hexadecimal(std::span(digest).first(size));
}

std::string subject(const X509* certificate) {
  return shown(X509_get_subject_name(certificate));
}
std::string issuer(const X509* certificate) {
  return shown(X509_get_issuer_name(certificate));
}
std::string not_before(const X509* certificate) {
  return certificate == nullptr ? "" : shown(X509_get0_notBefore(certificate));
}
std::string not_after(const X509* certificate) {
  return certificate == nullptr ? "" : shown(X509_get0_notAfter(certificate));
}

std::string names(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string out;
  const int count = list ? sk_GENERAL_NAME_num(list.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const std::string one = shown(sk_GENERAL_NAME_value(list.get(), i));
    if (!one.empty()) out += (out.empty() ? "" : ", ") + one;
  }
  if (!out.empty()) return out;
  const X509_NAME* const name = X509_get_subject_name(certificate);
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return "nobody";
  return bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place)));
}

std::string key_size(const X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  const char* const kind = EVP_PKEY_get0_type_name(key);
  return std::string(kind != nullptr ? kind : "") + " " + std::to_string(EVP_PKEY_get_bits(key)) +
         " bits";
}

bool is_over(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0;
}
bool is_too_early(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0;
}

}  // namespace mqfail
