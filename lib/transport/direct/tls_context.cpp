// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/tls_context.hpp"

#include <openssl/err.h>

#include <ctime>

#include "certificates/tls_attempt.hpp"
#include "certificates/tls_files.hpp"
#include "certificates/x509_text.hpp"
#include "transport/address.hpp"

namespace mqfail {
namespace {

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// What Paho does for a connection of mqfail-sub (paho_options.cpp), so that a probe judges alike.
bool set_up(SSL_CTX* context, const TlsSettings& tls) {
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  // As tls_attempt.cpp has it: a weak key is refused when it is read.
  SSL_CTX_set_security_level(context, tls.version == TlsVersion::tls11 ? 0 : 2);
  const bool named = !tls.cafile.empty() || !tls.capath.empty();
  bool good = !named ||
              SSL_CTX_load_verify_locations(context, or_null(tls.cafile), or_null(tls.capath)) == 1;
  if (!named || tls.use_os_certs) good = SSL_CTX_set_default_verify_paths(context) == 1 && good;
  if (!tls.cert.empty()) {
    const std::string& key = tls.key.empty() ? tls.cert : tls.key;
    good = good && SSL_CTX_use_certificate_chain_file(context, tls.cert.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  }
  if (!tls.ciphers.empty())
    good = good && SSL_CTX_set_cipher_list(context, tls.ciphers.c_str()) == 1;
  return good;
}

// In the words of the start, for a file that has gone bad since.
std::string why_unusable(const TlsSettings& tls) {
  if (const auto good = check_tls_files(tls); !good) return good.error().message;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "the TLS settings cannot be used";
}

// What the macro SSL_set_tlsext_host_name does, which has a cast of C.
void set_server_name(SSL* ssl, std::string host) {
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm when{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &when) != 1) return std::nullopt;
  return timegm(&when);
}

}  // namespace

void FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

void TlsContexts::FreeContext::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

SSL_CTX* TlsContexts::context_for(const TlsSettings& settings, std::string& why) {
  for (const Made& one : made_) {
    if (one.settings == settings) return one.context.get();
  }
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (!context || !set_up(context.get(), settings)) {
    why = why_unusable(settings);
    ERR_clear_error();
    return nullptr;
  }
  made_.push_back({settings, files_of(settings), std::move(context)});
  return made_.back().context.get();
}

TlsContexts::Files TlsContexts::files_of(const TlsSettings& settings) {
  return {FileIdentity::of(settings.cafile), FileIdentity::of(settings.capath),
          FileIdentity::of(settings.cert), FileIdentity::of(settings.key)};
}

void TlsContexts::prepare(const TlsSettings& settings) {
  std::erase_if(made_, [&](const Made& one) {
    return one.settings == settings && one.files != files_of(settings);
  });
  std::string why;  // begin() says it
  context_for(settings, why);
}

SslPointer TlsContexts::begin(const Server& server, int fd, std::string& why) {
  SSL_CTX* const context = context_for(server.tls, why);
  if (context == nullptr) return nullptr;
  std::shared_ptr<const ClientCertificate> certificate;
  if (!server.tls.thumbprint.empty()) {
    auto found = certificates_.find(server.tls.thumbprint,
                                    server.tls.certificate_password.value_or(Secret()),
                                    server.tls.certificate_folders);
    if (!found) {
      why = found.error().message;
      return nullptr;
    }
    certificate = std::move(*found);
  }
  SslPointer ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) {
    why = "no memory";
    return nullptr;
  }
  why = TlsAttempt::begin(ssl.get(), server, certificate.get());
  if (!why.empty()) return nullptr;
  if (!is_address(server.host)) set_server_name(ssl.get(), server.host);
  return ssl;
}

TlsPeer peer_of(SSL* ssl) {
  TlsPeer peer;
  peer.version = SSL_get_version(ssl);
  if (const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl))
    peer.cipher = SSL_CIPHER_get_name(cipher);
  const X509Pointer accepted(SSL_get1_peer_certificate(ssl));
  const TlsAttempt* const attempt = TlsAttempt::of(ssl);
  const X509* certificate = accepted.get();
  if (certificate == nullptr && attempt != nullptr) certificate = attempt->refused_certificate();
  if (certificate == nullptr) return peer;  // a pre-shared key
  peer.subject = subject(certificate);
  peer.issuer = issuer(certificate);
  peer.not_after = not_after(certificate);
  peer.expires = seconds_of(X509_get0_notAfter(certificate));
  return peer;
}

}  // namespace mqfail
