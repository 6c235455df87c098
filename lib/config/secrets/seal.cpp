// SPDX-License-Identifier: Apache-2.0
#include "config/secrets/seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>
#include <memory>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kMark = "mqf1:";
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Fetched once: asking for it by EVP_aes_256_gcm() is a search at every use.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());  // NOLINT: OpenSSL's idea of a byte
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: as above
}
int length(std::string_view text) {
  return static_cast<int>(text.size());
}

// No part can hold a NUL, so no two places look alike.
std::string authenticated(const SecretPlace& place) {
  const std::string id = lower_case(place.server_id);
  std::string text("mqfail");
  for (const std::string_view part : {place.component, std::string_view(id), place.field}) {
    text += '\0';
    text += part;
  }
  return text;
}

Error no_cipher() {
  return {ErrorKind::internal, "OpenSSL cannot seal a secret",
          "is its default provider switched off?"};
}

Error does_not_open(const SecretPlace& place) {
  return {ErrorKind::configuration,
          "the sealed " + std::string(place.field) + " of server '" +
              printable(place.server_id, 100) +
              "' does not open: it was changed, or sealed for another component, server or field",
          "store it again with mqfail-config set or edit"};
}

// Key id and the rest, or nothing.
std::pair<std::string_view, std::string_view> parts(std::string_view sealed) {
  if (!is_sealed(sealed)) return {};
  sealed.remove_prefix(kMark.size());
  const std::size_t colon = sealed.find(':');
  if (colon != kIdDigits) return {};
  return {sealed.substr(0, colon), sealed.substr(colon + 1)};
}

}  // namespace

bool is_sealed(std::string_view text) {
  return text.starts_with(kMark);
}

Result<SealingKey> SealingKey::random() {
  SealingKey key;
  if (RAND_bytes(key.key_.data(), static_cast<int>(key.key_.size())) != 1)
    return Error{ErrorKind::internal, "there is no randomness for a key", ""};
  key.name_itself();
  return key;
}

Result<SealingKey> SealingKey::parse(std::string_view digits) {
  SealingKey key;
  if (!from_hexadecimal(digits, key.key_))
    return Error{ErrorKind::configuration, "is not a key: 64 hexadecimal digits",
                 "openssl rand -hex 32 makes one"};
  key.name_itself();
  return key;
}

SealingKey::~SealingKey() {
  explicit_bzero(key_.data(), key_.size());
}

void SealingKey::name_itself() {
  std::string text("mqfail key id");
  text.append(reinterpret_cast<const char*>(key_.data()), key_.size());  // NOLINT: as above
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  explicit_bzero(text.data(), text.size());
  id_ = hexadecimal(std::span(digest).first(kIdDigits / 2));
}

Secret SealingKey::digits() const {
  return Secret(hexadecimal(key_));
}

Result<std::string> SealingKey::seal(std::string_view plain, const SecretPlace& place) const {
  const Context context(EVP_CIPHER_CTX_new());
  const std::string aad = authenticated(place);
  std::string box(kNonce + plain.size() + kTag, '\0');
  unsigned char* text = bytes(box) + kNonce;
  int size = 0;
  const bool good =
      context && cipher() != nullptr && RAND_bytes(bytes(box), kNonce) == 1 &&
      EVP_EncryptInit_ex(context.get(), cipher(), nullptr, key_.data(), bytes(box)) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(aad), length(aad)) == 1 &&
      EVP_EncryptUpdate(context.get(), text, &size, bytes(plain), length(plain)) == 1 &&
      EVP_EncryptFinal_ex(context.get(), text + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + plain.size()) == 1;
  if (!good) return no_cipher();
  return std::string(kMark) + id_ + ":" + base64(box);
}

Result<Secret> SealingKey::open(std::string_view sealed, const SecretPlace& place) const {
  const std::string_view coded = parts(sealed).second;
  std::string box;
  // The second check: padding that is missing, or bits set behind the end, is not what was written.
  if (!from_base64(coded, box) || base64(box) != coded || box.size() < kNonce + kTag)
    return does_not_open(place);
  const Context context(EVP_CIPHER_CTX_new());
  const std::string aad = authenticated(place);
  std::string plain(box.size() - kNonce - kTag, '\0');
  unsigned char* tag = bytes(box) + box.size() - kTag;
  int size = 0;
  const bool ready =
      context && cipher() != nullptr &&
      EVP_DecryptInit_ex(context.get(), cipher(), nullptr, key_.data(), bytes(box)) == 1;
  if (!ready) return no_cipher();
  const bool good =
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(aad), length(aad)) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes(plain), &size, bytes(box) + kNonce, length(plain)) ==
          1 &&
      EVP_DecryptFinal_ex(context.get(), bytes(plain) + size, &size) == 1;
  Secret secret(std::move(plain));
  if (!good) return does_not_open(place);
  return secret;
}

Result<Secret> Keyring::open(std::string_view sealed, const SecretPlace& place) const {
  const std::string_view id = parts(sealed).first;
  if (id.empty()) return does_not_open(place);
  for (const SealingKey& key : keys_) {
    if (key.id() == id) return key.open(sealed, place);
  }
  return Error{ErrorKind::configuration,
               "the " + std::string(place.field) + " of server '" +
                   printable(place.server_id, 100) + "' is sealed with the key " +
                   printable(id, kIdDigits) + ", and this is another one (" + first().id() + ")",
               "name its file with --key-file"};
}

}  // namespace mqfail
