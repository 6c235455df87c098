// SPDX-License-Identifier: Apache-2.0
#include "certificates/tls_files.hpp"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "certificates/pem.hpp"
#include "certificates/small_file.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kShownPath = 1024;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, FreeContext>;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::string named(std::string_view option, const std::string& path) {
  return std::string(option) + " " + printable(path, kShownPath);
}

Error unreadable(std::string_view option, const std::string& path, int error) {
  const std::string hint = option == "cafile" && error == EISDIR    ? "give a directory as capath"
                           : option == "capath" && error == ENOTDIR ? "give a file as cafile"
                                                                    : "";
  return {ErrorKind::no_input, named(option, path) + " cannot be read: " + std::strerror(error),
          hint};
}

Error unusable(std::string message, std::string hint) {
  return {ErrorKind::configuration, std::move(message), std::move(hint)};
}

// How to make PEM of what the file is.
std::string way_to_pem(const PemContent& content, bool key) {
  if (content.instead.find("PKCS#12") != std::string::npos) {
    return std::string("take it out: openssl pkcs12 -in FILE -nodes ") +
           (key ? "-nocerts" : "-nokeys") +
           " -out NEW.pem; or name it by its thumbprint, mqfail-servers(5)";
  }
  if (content.instead.find("DER") != std::string::npos)
    return std::string("convert it: openssl ") + (key ? "pkey" : "x509") +
           " -inform DER -in FILE -out NEW.pem";
  return key ? "give a PEM file that has a line -----BEGIN PRIVATE KEY-----"
             : "give a PEM file that has a line -----BEGIN CERTIFICATE-----";
}

// One PEM file of certificates (cafile, cert), or of a key.
Result<Done> check_pem(std::string_view option, const std::string& path) {
  if (path.empty()) return Done{};
  const SmallFile file = read_small_file(path);
  if (file.error != 0) return unreadable(option, path, file.error);
  if (!file.fits) return Done{};
  const PemContent content = look_into_pem(file.bytes.reveal());
  const bool wants_key = option == "key";
  if (wants_key ? !content.key : !content.certificate) {
    std::string what = content.instead;
    if (what.empty() && (content.key || content.certificate))
      what = wants_key ? "holds a certificate, not a private key"
                       : "holds a private key, not a certificate";
    if (what.empty()) what = wants_key ? "holds no private key" : "holds no certificate";
    return unusable(named(option, path) + " " + what, way_to_pem(content, wants_key));
  }
  if (content.damaged_line != 0) {
    return unusable(named(option, path) + " is damaged: what begins in line " +
                        std::to_string(content.damaged_line) + " cannot be decoded",
                    "write the file anew");
  }
  if (wants_key && content.encrypted_key) {
    return unusable(named(option, path) + " holds an encrypted key",
                    "nobody can be asked for its passphrase: decrypt it with openssl pkey -in FILE "
                    "-out NEW.pem, or name a PKCS#12 file by its thumbprint, mqfail-servers(5)");
  }
  return Done{};
}

// OpenSSL finds an authority in a directory by the hash of its name: "5a2b3c4d.0".
bool is_hash_name(std::string_view name) {
  return name.size() >= 10 && name[8] == '.' && all_hexadecimal(name.substr(0, 8));
}

Result<Done> check_capath(const TlsSettings& tls) {
  if (tls.capath.empty()) return Done{};
  const std::unique_ptr<DIR, CloseFolder> folder(opendir(tls.capath.c_str()));
  if (!folder) return unreadable("capath", tls.capath, errno);
  if (!tls.cafile.empty() || tls.use_os_certs) return Done{};  // it is not all that is trusted
  while (const dirent* const entry = readdir(folder.get())) {
    if (is_hash_name(entry->d_name)) return Done{};
  }
  return unusable(
      named("capath", tls.capath) + " holds no certificate under the name that OpenSSL looks for",
      "make the names: openssl rehash DIR");
}

bool is_regular(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string openssl_says() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "no reason given";
}

Result<Done> use_pair(SSL_CTX* context, const TlsSettings& tls) {
  if (SSL_CTX_use_certificate_chain_file(context, tls.cert.c_str()) != 1) {
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL) {
      return unusable(named("cert", tls.cert) + " has a weak key (" + openssl_says() + ")",
                      "RSA needs 2048 bits");
    }
    return unusable(named("cert", tls.cert) + " cannot be used: " + openssl_says(),
                    "write the file anew");
  }
  const bool read = SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) == 1;
  const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                        ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
  if (read && SSL_CTX_check_private_key(context) == 1) return Done{};
  if (read || mismatch) {
    return unusable(named("key", tls.key) + " does not belong to the certificate in " +
                        printable(tls.cert, kShownPath),
                    "give the key that the certificate was made for");
  }
  return unusable(named("key", tls.key) + " cannot be used: " + openssl_says(),
                  "write the file anew");
}

// What only OpenSSL can tell.
Result<Done> ask_openssl(const TlsSettings& tls) {
  const bool pair = !tls.cert.empty() && !tls.key.empty();
  if (!pair && tls.ciphers.empty()) return Done{};
  ERR_clear_error();
  const ContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Done{};  // no memory: the connection will say so
  // As the connection has it (tls_attempt.cpp).
  SSL_CTX_set_security_level(context.get(), tls.version == TlsVersion::tls11 ? 0 : 2);
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
  Result<Done> result = Done{};
  if (!tls.ciphers.empty() && SSL_CTX_set_cipher_list(context.get(), tls.ciphers.c_str()) != 1) {
    result = unusable("OpenSSL knows no cipher in '" + printable(tls.ciphers, 100) + "' (ciphers)",
                      "openssl ciphers -v LIST shows what it means; those of TLS 1.3 are not "
                      "chosen here");
  }
  if (result && pair && is_regular(tls.cert) && is_regular(tls.key))
    result = use_pair(context.get(), tls);
  ERR_clear_error();
  return result;
}

}  // namespace

Result<Done> check_tls_files(const TlsSettings& tls) {
  for (const auto& [option, path] :
       {std::pair("cafile", &tls.cafile), {"cert", &tls.cert}, {"key", &tls.key}}) {
    if (auto good = check_pem(option, *path); !good) return good;
  }
  if (auto good = check_capath(tls); !good) return good;
  return ask_openssl(tls);
}

Result<Done> check_tls_files(const ServerList& servers) {
  const auto what = [](const TlsSettings& tls) {
    return std::tie(tls.cafile, tls.capath, tls.cert, tls.key, tls.ciphers, tls.version,
                    tls.use_os_certs);
  };
  const TlsSettings* last = nullptr;
  for (const Server& server : servers) {
    if (!is_tls(server.scheme) || (last != nullptr && what(*last) == what(server.tls))) continue;
    last = &server.tls;
    if (const auto good = check_tls_files(server.tls); !good) {
      Error error = good.error();
      error.message = printable(server.id) + ": " + error.message;
      return error;
    }
  }
  return Done{};
}

}  // namespace mqfail
