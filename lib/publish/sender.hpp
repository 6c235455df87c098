// SPDX-License-Identifier: Apache-2.0
// Sends the outbox's messages on a connection, oldest first, as far as the in-flight window, the
// send buffer and a suspect allow.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "publish/outbox.hpp"
#include "publish/publisher_settings.hpp"
#include "publish/publishing_connection.hpp"
#include "publish/settlement.hpp"

namespace mqfail {

class Sender {
 public:
  /// Borrows all of them.
  Sender(const PublisherSettings& settings, Outbox& outbox, Settlement& settlement,
         Transport& transport)
      : settings_(settings), outbox_(outbox), settlement_(settlement), transport_(transport) {}

  /// While it is paused, no connection has room. The owner pauses it as long as it leaves a server.
  void pause(bool paused) { paused_ = paused; }
  bool is_paused() const { return paused_; }

  /// Whether the outbox's message of `position`, which may be the next one to come, may be sent on
  /// this connection now.
  bool has_room(const PublishingConnection& connection, std::uint64_t position) const;
  /// Sends what the outbox holds and this server has not been sent. A message that is larger than
  /// the server takes has failed.
  void send_stored(PublishingConnection& connection, TimePoint now);
  /// Hands one message to the transport. False: the connection is gone or does not take it.
  bool send(PublishingConnection& connection, const Message& message, std::uint64_t number) {
    return hand_over(connection, message, number).has_value();
  }
  /// The PUBLISH of the record with this number. It borrows the record, the settings and, until the
  /// next call, the form. A fault: the record is no message.
  std::optional<RecordForm::Fault> read(std::string_view record, std::uint64_t number,
                                        Message& message);

  std::uint64_t published() const { return published_; }

 private:
  std::optional<std::uint16_t> hand_over(PublishingConnection& connection, const Message& message,
                                         std::uint64_t number);

  const PublisherSettings& settings_;
  Outbox& outbox_;
  Settlement& settlement_;
  Transport& transport_;
  bool paused_ = false;
  std::uint64_t published_ = 0;
  // With a form that is slow: the last message that was read, and its number; 0: none.
  Message last_;
  std::uint64_t read_ = 0;
};

}  // namespace mqfail
