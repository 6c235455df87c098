// SPDX-License-Identifier: Apache-2.0
// A cursor in the bytes of a DNS message (RFC 1035, section 4). What it reads beyond the end is
// nothing, and so is everything that it is asked for after that, so any bytes are safe.
#pragma once

#include <arpa/nameser.h>
#include <resolv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace mqfail {

/// The head of a message.
struct DnsHead {
  bool is_answer = false;
  std::uint32_t questions = 0;
  std::uint32_t answers = 0;
  std::uint32_t others = 0;  ///< of the authority and the additional section
};

/// One record up to its data, before which the cursor stands.
struct DnsRecord {
  std::string owner;
  std::uint32_t type = 0;
  std::uint32_t kind = 0;  ///< its class
  std::uint32_t ttl = 0;   ///< in seconds
  std::size_t end = 0;     ///< of its data
};

class DnsReader {
 public:
  explicit DnsReader(std::span<const unsigned char> message) : message_(message) {}

  std::optional<std::uint32_t> number(std::size_t bytes) {
    if (!has(bytes)) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | message_[at_++];
    return value;
  }
  /// A domain name without the dot at its end, empty for the root; glibc follows the compression
  /// and escapes what no host name has.
  std::optional<std::string> name() {
    std::array<char, NS_MAXDNAME> text{};
    const int used = dn_expand(message_.data(), message_.data() + message_.size(),
                               message_.data() + at_, text.data(), static_cast<int>(text.size()));
    if (!has(used < 0 ? message_.size() + 1 : static_cast<std::size_t>(used))) return std::nullopt;
    at_ += static_cast<std::size_t>(used);
    return std::string(text.data());
  }
  std::optional<std::span<const unsigned char>> bytes(std::size_t size) {
    if (!has(size)) return std::nullopt;
    at_ += size;
    return message_.subspan(at_ - size, size);
  }

  std::optional<DnsHead> head() {
    constexpr std::uint32_t kIsAnswer = 0x8000;
    const auto id = number(2), flags = number(2), questions = number(2), answers = number(2),
               authority = number(2), additional = number(2);
    if (!id || !additional) return std::nullopt;
    return DnsHead{(*flags & kIsAnswer) != 0, *questions, *answers, *authority + *additional};
  }
  std::optional<DnsRecord> record() {
    auto owner = name();
    const auto type = number(2), kind = number(2), ttl = number(4), size = number(2);
    if (!owner || !size || !has(*size)) return std::nullopt;
    return DnsRecord{std::move(*owner), *type, *kind, *ttl, at_ + *size};
  }
  /// To the end of a record's data, wherever the reading of it ended.
  void leave(const DnsRecord& record) { at_ = record.end; }
  /// How much of a record's data was not read; the reading went too far if it is negative.
  std::ptrdiff_t left(const DnsRecord& record) const {
    return static_cast<std::ptrdiff_t>(record.end) - static_cast<std::ptrdiff_t>(at_);
  }

 private:
  // False, and nothing is left, if there are fewer bytes.
  bool has(std::size_t bytes) {
    if (message_.size() - at_ >= bytes) return true;
    at_ = message_.size();
    return false;
  }

  std::span<const unsigned char> message_;
  std::size_t at_ = 0;
};

/// The data of an SRV record (RFC 2782).
struct DnsSrv {
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string host;
};
inline std::optional<DnsSrv> read_srv_data(DnsReader& reader) {
  const auto priority = reader.number(2), weight = reader.number(2), port = reader.number(2);
  auto host = reader.name();
  if (!port || !host) return std::nullopt;
  return DnsSrv{static_cast<std::uint16_t>(*priority), static_cast<std::uint16_t>(*weight),
                static_cast<std::uint16_t>(*port), std::move(*host)};
}

}  // namespace mqfail
