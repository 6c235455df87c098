// SPDX-License-Identifier: Apache-2.0
#include "certificates/pem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/encoding.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

std::string_view without_blanks(std::string_view line) {
  const auto last = line.find_last_not_of(" \t\r");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

// The label of a line such as "-----BEGIN CERTIFICATE-----", else empty.
std::string_view label(std::string_view line, std::string_view opening) {
  if (!line.starts_with(opening) || !line.ends_with(kDashes) ||
      line.size() < opening.size() + kDashes.size())
    return {};
  return line.substr(opening.size(), line.size() - opening.size() - kDashes.size());
}

// What each letter of base64 stands for, -1 for others. A table, because a bundle of the system's
// authorities has 200 KiB of it, at the start of a run.
constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i)
    values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

// How long the ASN.1 SEQUENCE is that begins here, its head included (X.690, 8.1.3); 0: there is
// none.
std::size_t sequence_size(std::string_view head) {
  const auto byte = [head](std::size_t at) {
    return std::size_t{static_cast<std::uint8_t>(head[at])};
  };
  if (head.size() < 2 || byte(0) != 0x30) return 0;
  if (byte(1) < 0x80) return 2 + byte(1);
  const std::size_t count = byte(1) - 0x80;
  if (count == 0 || count > 4 || head.size() < 2 + count) return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = (length << 8U) | byte(2 + i);
  return 2 + count + length;
}

// Counts what base64 stands for and keeps the first bytes.
class Decoder {
 public:
  void take(std::string_view line) {
    for (const char c : line) {
      if (c == ' ' || c == '\t') continue;
      if (c == '=') {
        ++padding_;
        continue;
      }
      const std::int8_t value = kValues[static_cast<unsigned char>(c)];
      if (value < 0 || padding_ > 0) {
        good_ = false;
        return;
      }
      bits_ = (bits_ << 6U) | static_cast<unsigned>(value);
      if (++digits_ % 4 == 0) put(3);
    }
  }
  // True if it was base64 of an ASN.1 SEQUENCE that is there in full. More may follow it: a trusted
  // certificate has that.
  bool whole_sequence() {
    const std::size_t rest = digits_ % 4;
    if (!good_ || rest == 1 || padding_ > 2 || (rest + padding_) % 4 != 0) return false;
    if (rest != 0) {
      bits_ <<= 6U * (4 - rest);
      put(rest - 1);
    }
    const std::size_t size = sequence_size({head_.data(), std::min(size_, head_.size())});
    return size != 0 && size <= size_;
  }

 private:
  void put(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++size_) {
      if (size_ < head_.size()) head_[size_] = static_cast<char>((bits_ >> (16U - 8U * i)) & 0xFFU);
    }
  }

  std::array<char, 6> head_{};
  std::uint32_t bits_ = 0;
  std::size_t size_ = 0, digits_ = 0, padding_ = 0;
  bool good_ = true;
};

bool is_der(std::string_view bytes) {
  return !bytes.empty() && sequence_size(bytes) == bytes.size();
}

// PFX ::= SEQUENCE { version INTEGER (3), ...: RFC 7292 section 4.
bool is_pkcs12(std::string_view bytes) {
  if (!is_der(bytes)) return false;
  const auto length = static_cast<std::uint8_t>(bytes[1]);
  const std::size_t at = length < 0x80 ? 2 : 2 + (length & 0x7FU);
  return bytes.size() > at + 2 && bytes.substr(at, 3) == std::string_view("\x02\x01\x03", 3);
}

std::string in_words(std::string_view bytes, std::string_view other) {
  if (bytes.empty()) return "is empty";
  if (is_pkcs12(bytes)) return "is a PKCS#12 file, not PEM";
  if (is_der(bytes)) return "is in DER form, not PEM";
  if (other.find("CERTIFICATE REQUEST") != std::string_view::npos)
    return "holds a certificate request";
  if (other.ends_with("PUBLIC KEY")) return "holds a public key";
  if (other == "OPENSSH PRIVATE KEY") return "holds a key of OpenSSH";
  return {};
}

}  // namespace

PemContent look_into_pem(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);  // as editors on Windows write it
  PemContent content;
  std::string_view open, other;  // the block that we are in; one of another kind
  Decoder decoder;
  int number = 0, begin = 0;
  bool headers = false;
  const auto damaged = [&content](int line) {
    if (content.damaged_line == 0) content.damaged_line = line;
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t stop = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = without_blanks(bytes.substr(at, stop - at));
    at = stop + 1;
    ++number;
    if (const std::string_view name = label(line, kBegin); !name.empty()) {
      if (!open.empty()) damaged(begin);
      open = {};
      const bool key = name.ends_with("PRIVATE KEY") && !name.starts_with("OPENSSH");
      const bool certificate =
          name == "CERTIFICATE" || name == "X509 CERTIFICATE" || name == "TRUSTED CERTIFICATE";
      if (!key && !certificate) {
        other = name;
        continue;
      }
      content.certificate = content.certificate || certificate;
      content.key = content.key || key;
      content.encrypted_key = content.encrypted_key || name == "ENCRYPTED PRIVATE KEY";
      open = name;
      decoder = Decoder();
      begin = number;
      headers = false;
    } else if (open.empty()) {
      continue;
    } else if (const std::string_view end = label(line, kEnd); !end.empty()) {
      // What is encrypted in the old way is no ASN.1 before it is decrypted.
      if (end != open || (!headers && !decoder.whole_sequence())) damaged(begin);
      open = {};
    } else if (line.find(':') != std::string_view::npos) {
      headers = true;
      if (line.find("ENCRYPTED") != std::string_view::npos) content.encrypted_key = true;
    } else {
      decoder.take(line);
    }
  }
  if (!open.empty()) damaged(begin);
  if (!content.certificate && !content.key) content.instead = in_words(bytes, other);
  return content;
}

}  // namespace mqfail
