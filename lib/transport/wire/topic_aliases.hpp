// SPDX-License-Identifier: Apache-2.0
// The topic aliases that a server uses on one connection (MQTT 5, 3.3.2.3.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqfail {

class TopicAliases {
 public:
  /// Our CONNECT announced that the server may use so many; without it none.
  explicit TopicAliases(std::uint16_t most = 0) : most_(most) {}

  /// A PUBLISH with this alias has come, with or without a topic. False: nobody can tell what it
  /// means.
  bool take(std::size_t alias, bool has_topic) {
    if (alias == 0 || alias > most_) return false;
    if (named_.size() < alias) named_.resize(alias);
    if (has_topic) named_[alias - 1] = true;
    return named_[alias - 1];
  }

 private:
  std::uint16_t most_;
  std::vector<bool> named_;  // by alias, from 1 on
};

}  // namespace mqfail
