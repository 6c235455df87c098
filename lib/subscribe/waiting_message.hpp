// SPDX-License-Identifier: Apache-2.0
// A message that waits until it is known whether it is a copy (kept_copies.hpp), or behind one.
#pragma once

#include <cstddef>
#include <string>

#include "subscribe/novelty.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Owns what it needs of the message, which has no number.
class WaitingMessage {
 public:
  /// `before`: so many messages were taken from its connection before it.
  WaitingMessage(const Message& message, const Novelty::Identity& identity, Novelty::News news,
                 std::size_t before)
      : identity_(identity),
        news_(news),
        before_(before),
        topic_(message.topic),
        payload_(message.payload),
        message_(message) {
    if (message.properties != nullptr) properties_ = *message.properties;
  }

  /// Views into this object.
  Message message() const {
    Message message = message_;
    message.topic = topic_;
    message.payload = payload_;
    if (message.properties != nullptr) message.properties = &properties_;
    return message;
  }
  const Novelty::Identity& identity() const { return identity_; }
  bool is_doubtful() const { return news_ == Novelty::News::doubtful; }
  std::size_t before() const { return before_; }

 private:
  Novelty::Identity identity_;
  Novelty::News news_;
  std::size_t before_;
  std::string topic_, payload_;
  MessageProperties properties_;
  Message message_;  // its views are not valid
};

}  // namespace mqfail
