// SPDX-License-Identifier: Apache-2.0
#include "publish/sender.hpp"

#include <algorithm>
#include <utility>

namespace mqfail {
namespace {

// The transport's send buffer is kept below this (bytes).
constexpr std::size_t kMostBacklog = 262144;

bool has_number(const Message& message) {
  return message.properties != nullptr &&
         std::any_of(message.properties->user.begin(), message.properties->user.end(),
                     [](const auto& one) { return one.first == kNumberProperty; });
}

}  // namespace

bool Sender::has_room(const PublishingConnection& connection, std::uint64_t position) const {
  if (paused_ || connection.lost || transport_.backlog(connection.attempt) >= kMostBacklog)
    return false;
  const InflightWindow::Sent* const oldest = connection.inflight.oldest();
  if (oldest != nullptr && settlement_.is_suspect(oldest->position)) return false;
  if (!settlement_.is_suspect(position)) return connection.inflight.open() < connection.window;
  if (oldest != nullptr) return false;
  // If a connection ended with this message alone, the connection itself may have been bad: the
  // next one must answer a ping first.
  return outbox_.at(position).endings == 0 || connection.has_answered_suspect_ping(transport_);
}

void Sender::send_stored(PublishingConnection& connection, TimePoint now) {
  std::uint64_t position = std::max(connection.inflight.next(), outbox_.begin());
  for (; position < outbox_.end(); ++position) {
    const Outbox::Slot& slot = outbox_.at(position);
    if (slot.closed || slot.held_by(connection.server)) continue;
    if (settlement_.is_suspect(position) && !connection.suspect_ping && connection.is_in_use()) {
      connection.suspect_ping = transport_.ping(connection.attempt);
    }
    if (!has_room(connection, position)) break;
    Message message;
    if (read(slot.payload, slot.number, message)) {  // it was right when it came: its time is over
      settlement_.expire(position);
      continue;
    }
    if (std::string why = connection.why_not(message); !why.empty()) {
      settlement_.fail(position, why);
      continue;
    }
    connection.inflight.go_on_at(position);
    const auto packet_id = hand_over(connection, message, slot.number);
    if (!packet_id) return;
    if (message.qos > 0) {
      connection.inflight.sent(*packet_id, now);
    } else {
      outbox_.close(position);
    }
  }
  connection.inflight.go_on_at(position);
}

std::optional<RecordForm::Fault> Sender::read(std::string_view record, std::uint64_t number,
                                              Message& message) {
  if (settings_.form && number == read_) {
    message = last_;
    return std::nullopt;
  }
  message = {settings_.topic, record, settings_.qos, settings_.retain};
  if (!settings_.properties.empty()) message.properties = &settings_.properties;
  if (!settings_.publisher_id.empty()) {
    message.publisher = settings_.publisher_id;
    message.number = number;
  }
  if (!settings_.form) return std::nullopt;
  read_ = 0;
  if (auto fault = settings_.form->read(record, message)) return fault;
  if (has_number(message)) message.publisher = {};  // it keeps the one that it came with
  // The time that an expiry interval has left is another one the next time.
  if (settings_.mixed && !(message.properties && message.properties->message_expiry)) {
    last_ = message;
    read_ = number;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> Sender::hand_over(PublishingConnection& connection,
                                               const Message& message, std::uint64_t number) {
  const auto packet_id = transport_.publish(connection.attempt, message);
  if (!packet_id) return std::nullopt;
  ++published_;
  if (!connection.mqtt5 && message.properties != nullptr && !message.properties->empty() &&
      !std::exchange(connection.dropped_properties, true))
    settlement_.warn_of_properties(connection);
  if (message.qos == 0) connection.barrier.published(number);
  return packet_id;
}

}  // namespace mqfail
