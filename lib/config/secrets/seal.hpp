// SPDX-License-Identifier: Apache-2.0
// Secrets as they stand on the disk: mqf1:KEYID:BASE64(nonce, ciphertext, tag), AES-256-GCM by
// OpenSSL. Rule: a sealed text opens only for the component, server and field that it was sealed
// for, because these are authenticated along with it (product.md section 5).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace mqfail {

/// What a secret belongs to. Letter case of the server's id does not count, as everywhere.
struct SecretPlace {
  std::string_view component;
  std::string_view server_id;
  std::string_view field;  ///< "password", "clientCertificatePassword"
};

/// True if `text` has the mark of a sealed text; it may still not open.
bool is_sealed(std::string_view text);

/// 256 random bits, overwritten when the key is destroyed.
class SealingKey {
 public:
  /// Errors: internal, if there is no randomness.
  static Result<SealingKey> random();
  /// 64 hexadecimal digits. Errors: configuration.
  static Result<SealingKey> parse(std::string_view digits);
  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  ~SealingKey();

  /// 8 hexadecimal digits that tell keys apart and nothing else about them.
  const std::string& id() const { return id_; }
  Secret digits() const;
  /// A new text each time, for the nonce is random. Errors: internal.
  Result<std::string> seal(std::string_view plain, const SecretPlace& place) const;
  /// Errors: configuration, if it was sealed for another place or with another key, or changed.
  Result<Secret> open(std::string_view sealed, const SecretPlace& place) const;

 private:
  SealingKey() = default;
  void name_itself();
  std::array<unsigned char, 32> key_{};
  std::string id_;
};

/// The key that seals, first, and older ones that only open (rekey keeps them while it works).
class Keyring {
 public:
  explicit Keyring(std::vector<SealingKey> keys) : keys_(std::move(keys)) {}
  const SealingKey& first() const { return keys_.front(); }
  const std::vector<SealingKey>& keys() const { return keys_; }
  Result<Secret> open(std::string_view sealed, const SecretPlace& place) const;

 private:
  std::vector<SealingKey> keys_;  // not empty
};

}  // namespace mqfail
