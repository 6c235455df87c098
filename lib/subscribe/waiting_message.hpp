// SPDX-License-Identifier: Apache-2.0
// Messages that wait: with what a server that is left still held, or until it is known whether they
// are copies (kept_copies.hpp), or behind such a one.
#pragma once

#include <cstddef>
#include <string>

#include "subscribe/novelty.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Owns what the message refers to.
class OwnMessage {
 public:
  explicit OwnMessage(const Message& message)
      : topic_(message.topic),
        payload_(message.payload),
        publisher_(message.publisher),
        message_(message) {
    if (message.properties != nullptr) properties_ = *message.properties;
  }

  /// Views into this object.
  Message message() const {
    Message message = message_;
    message.topic = topic_;
    message.payload = payload_;
    message.publisher = publisher_;
    if (message.properties != nullptr) message.properties = &properties_;
    return message;
  }

 private:
  std::string topic_, payload_, publisher_;
  MessageProperties properties_;
  Message message_;  // its views are not valid
};

class WaitingMessage {
 public:
  /// `before`: so many messages were taken from its connection before it.
  WaitingMessage(const Message& message, const Novelty::Identity& identity, Novelty::News news,
                 std::size_t before)
      : identity_(identity), news_(news), before_(before), message_(message) {}

  Message message() const { return message_.message(); }
  const Novelty::Identity& identity() const { return identity_; }
  bool is_doubtful() const { return news_ == Novelty::News::doubtful; }
  std::size_t before() const { return before_; }

 private:
  Novelty::Identity identity_;
  Novelty::News news_;
  std::size_t before_;
  OwnMessage message_;
};

}  // namespace mqfail
