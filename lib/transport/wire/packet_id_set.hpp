// SPDX-License-Identifier: Apache-2.0
// Packet ids that are under way in one direction. No input or output. It takes no memory until the
// first id comes, and then 8 KiB.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>

namespace mqfail {

class PacketIdSet {
 public:
  bool has(std::uint16_t id) const { return ids_ && ids_->test(id); }
  void insert(std::uint16_t id) {
    if (!ids_) ids_ = std::make_unique<std::bitset<65536>>();
    ids_->set(id);
  }
  void erase(std::uint16_t id) {
    if (ids_) ids_->reset(id);
  }

 private:
  std::unique_ptr<std::bitset<65536>> ids_;
};

}  // namespace mqfail
