// SPDX-License-Identifier: Apache-2.0
// The contents of a certificate as text. Rule: names come from another party, so the result is not
// fit for a terminal; the caller escapes it.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace mqfail {

/// SHA-1 of the certificate as 40 lower-case hexadecimal digits, or SHA-256 as 64.
enum class Fingerprint { sha1, sha256 };
std::string fingerprint(const X509* certificate, Fingerprint kind);

/// "CN=a,O=b" (RFC 2253); "" if it has no name.
std::string subject(const X509* certificate);
std::string issuer(const X509* certificate);

/// RFC 3339, UTC; "" for a time that is none.
std::string not_before(const X509* certificate);
std::string not_after(const X509* certificate);

/// The DNS names and addresses that it is for, with commas between; the common name if there are
/// none.
std::string names(const X509* certificate);

/// "RSA 1024 bits".
std::string key_size(const X509* certificate);

/// True if its time is over, or has not begun.
bool is_over(const X509* certificate);
bool is_too_early(const X509* certificate);

}  // namespace mqfail
