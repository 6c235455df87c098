// SPDX-License-Identifier: Apache-2.0
// DNS messages put together by hand, without compression.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace dns_bytes {

using Bytes = std::vector<unsigned char>;

inline void add(Bytes& bytes, std::uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) bytes.push_back((value >> (8 * i)) & 0xFFU);
}

inline Bytes name(const std::string& text) {
  Bytes bytes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    add(bytes, dot - at, 1);
    bytes.insert(bytes.end(), text.begin() + at, text.begin() + dot);
    at = dot + 1;
  }
  bytes.push_back(0);
  return bytes;
}

struct Record {
  int type;
  std::uint32_t ttl;
  Bytes data;
  std::string owner = "_mqtt._tcp.x";
  int kind = 1;
};

inline Record srv(std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
                  const std::string& host, std::uint32_t ttl = 60) {
  Bytes data;
  add(data, priority, 2), add(data, weight, 2), add(data, port, 2);
  const Bytes target = name(host);
  data.insert(data.end(), target.begin(), target.end());
  return {33, ttl, data};
}

inline Record alias(const std::string& owner, const std::string& target, std::uint32_t ttl = 60) {
  return {5, ttl, name(target), owner};
}

inline Bytes message(const std::vector<Record>& records, int flags = 0x8180) {
  Bytes bytes;
  add(bytes, 0xBEEF, 2), add(bytes, flags, 2), add(bytes, 1, 2), add(bytes, records.size(), 2);
  add(bytes, 0, 4);
  const auto join = [&](const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  join(name("_mqtt._tcp.x"));
  add(bytes, 33, 2), add(bytes, 1, 2);
  for (const Record& record : records) {
    join(name(record.owner));
    add(bytes, record.type, 2), add(bytes, record.kind, 2), add(bytes, record.ttl, 4);
    add(bytes, record.data.size(), 2);
    join(record.data);
  }
  return bytes;
}

}  // namespace dns_bytes
