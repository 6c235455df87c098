// SPDX-License-Identifier: Apache-2.0
// Why a TLS connection was not made, in words: what was wrong, with the date, the names or the
// version that matter. For all other causes OpenSSL's own words are used.
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string_view>

#include "certificates/tls_attempt.hpp"
#include "certificates/x509_text.hpp"

namespace mqfail {
namespace {

std::string_view wanted_version(const TlsSettings& tls) {
  switch (tls.version) {
    case TlsVersion::any:
      return tls.psk ? "TLS 1.2" : "TLS 1.2 or later";
    case TlsVersion::tls11:
      return "TLS 1.1";
    case TlsVersion::tls12:
      return "TLS 1.2";
    case TlsVersion::tls13:
      return "TLS 1.3";
  }
  return "";
}

std::string no_version(const TlsSettings& tls) {
  return "protocol version: the server does not speak " + std::string(wanted_version(tls));
}

std::string in_brackets(const std::string& name) {
  return name.empty() ? "" : " (" + name + ")";
}

std::string openssl_says(unsigned long error) {
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "TLS handshake failed";
}

// RFC 8446 section 6 and RFC 4279: how a server judges what a client has shown.
enum Alert : int {
  bad_record_mac = 20,
  handshake_failure = 40,
  bad_certificate = 42,
  unsupported_certificate = 43,
  certificate_revoked = 44,
  certificate_expired = 45,
  certificate_unknown = 46,
  unknown_ca = 48,
  access_denied = 49,
  decrypt_error = 51,
  protocol_version = 70,
  insufficient_security = 71,
  internal_error = 80,
  unrecognized_name = 112,
  unknown_psk_identity = 115,
  certificate_required = 116,
  no_application_protocol = 120
};

// The alert that the server has sent, else 0.
int alert_of(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET
             ? reason - SSL_AD_REASON_OFFSET
             : 0;
}

}  // namespace

std::string TlsAttempt::about_certificate(int error, const X509* certificate) const {
  const std::string name = certificate != nullptr ? subject(certificate) : "";
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate expired since " + not_after(certificate) + in_brackets(name);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate not yet valid until " + not_before(certificate) + in_brackets(name);
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      // A common slip of authorities made by hand (RFC 5280 section 4.2.1.6).
      if (certificate != nullptr &&
          X509_check_host(const_cast<X509*>(certificate), server_.host.c_str(), server_.host.size(),
                          0, nullptr) == 1) {
        return "host name mismatch: the certificate has " + server_.host +
               " as a name; an address must stand there as one: subjectAltName = IP:" +
               server_.host;
      }
      [[fallthrough]];
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return "host name mismatch: the certificate is not for " + server_.host + " but for " +
             (certificate != nullptr ? names(certificate) : "another");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed certificate" + in_brackets(name);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate of an unknown issuer" +
             in_brackets(certificate != nullptr ? issuer(certificate) : "");
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return "weak key: the certificate has " +
             (certificate != nullptr ? key_size(certificate) : "a short one") + in_brackets(name);
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "weak signature on the certificate" + in_brackets(name);
    default:
      return X509_verify_cert_error_string(error) + in_brackets(name);
  }
}

std::string TlsAttempt::about_alert(int alert) const {
  std::string required = "client certificate required: the server asks for one";
  const std::string refused = "the server refuses our client certificate: ";
  const bool psk = server_.tls.psk.has_value();
  switch (alert) {
    case protocol_version:
      return no_version(server_.tls);
    case certificate_required:
      return required;
    case unknown_psk_identity:
      return "pre-shared key: the server does not know this identity";
    case decrypt_error:
    case bad_record_mac:
      if (psk) return "pre-shared key: the server has another one for this identity";
      break;
    case handshake_failure:
      if (asked_ && !shows_certificate_) return required;
      if (psk) return "pre-shared key: the server takes none";
      return "the server finds no cipher suite that both know, or refuses (handshake failure)";
    case certificate_expired:
    case certificate_revoked:
    case certificate_unknown:
    case unsupported_certificate:
    case bad_certificate:
    case unknown_ca:
    case access_denied:
      if (asked_ && !shows_certificate_) return required;
      return refused + (alert == certificate_expired   ? "expired"
                        : alert == certificate_revoked ? "revoked"
                        : alert == unknown_ca          ? "unknown issuer"
                        : alert == bad_certificate     ? "bad certificate"
                                                       : "not accepted");
    case internal_error:
      // What OpenSSL says that would speak TLS 1.1, but finds no signature allowed for it.
      if (server_.tls.version == TlsVersion::tls11) return no_version(server_.tls);
      break;
    case insufficient_security:
      return "the server asks for stronger ciphers";
    case unrecognized_name:
      return "the server knows no host " + server_.host;
    case no_application_protocol:
      return "ALPN: the server does not speak " + server_.tls.alpn;
    default:
      break;
  }
  return {};
}

std::string TlsAttempt::why() const {
  if (!certificate_.empty()) return certificate_;
  const unsigned long error = ERR_peek_last_error();
  if (const int alert = alert_of(error); alert != 0) {
    const std::string words = about_alert(alert);
    return words.empty() ? openssl_says(error) : words;
  }
  if (error != 0 && ERR_GET_LIB(error) == ERR_LIB_SSL) {
    switch (ERR_GET_REASON(error)) {
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_WRONG_SSL_VERSION:
      case SSL_R_VERSION_TOO_LOW:
      case SSL_R_VERSION_TOO_HIGH:
        return no_version(server_.tls);
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_HTTP_REQUEST:
      case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "the server does not answer in TLS; is it the port of plain text?";
      case SSL_R_EE_KEY_TOO_SMALL:
      case SSL_R_CA_KEY_TOO_SMALL:
      case SSL_R_DH_KEY_TOO_SMALL:
        return "weak key: " + openssl_says(error);
      case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        break;
      default:
        return openssl_says(error);
    }
  } else if (error != 0) {
    return openssl_says(error);
  }
  return "connection closed during the TLS handshake; does this port speak TLS?";
}

std::string TlsAttempt::late_alert() const {
  const int alert = alert_of(ERR_peek_last_error());
  return alert != 0 ? about_alert(alert) : std::string();
}

}  // namespace mqfail
