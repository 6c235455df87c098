// SPDX-License-Identifier: Apache-2.0
// What the options of mqfail-pub mean for its messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "publish/record_form.hpp"
#include "transport/message.hpp"

namespace mqfail {

struct PublisherSettings {
  std::shared_ptr<RecordForm> form;  ///< null: a record of the input is a payload
  bool mixed = false;                ///< messages say their own QoS and retain (--json)
  std::string topic;                 ///< with a form: of messages that name none; may be empty
  int qos = 0;
  bool retain = false;
  MessageProperties properties;
  bool request = false;      ///< --wait-reply: the message names a topic for its reply
  std::string publisher_id;  ///< --sequence: mqfail-id of the messages; empty: they have no numbers
  std::size_t window = 100;
  std::uint64_t max_cache_bytes = UINT64_MAX;  ///< of unsettled payload; then the input waits
  std::size_t servers = 1;  ///< how many there are to take what one does not acknowledge
  bool single = false;      ///< the run has one message
  Duration drain_timeout = std::chrono::seconds(10);
  /// Until a server was reached, the bounds on reconnecting end the run, and not the drain timeout.
  bool waits_for_first_server = false;
  Duration ack_timeout = std::chrono::seconds(10);
  std::optional<Duration> timeout;  ///< --timeout: an older unsettled message has failed
  bool allow_loss = false;
  std::size_t acks = 1;     ///< how many servers must acknowledge a message; 1 at QoS 0
  int undelivered_fd = -1;  ///< --undelivered, open for writing
  char delimiter = '\n';
  bool delimited = false;  ///< payloads are lines: the delimiter follows each in --undelivered
  /// Messages are kept until a server has acknowledged them, at least some of them.
  bool keeps() const { return qos > 0 || mixed; }
  bool may_be_qos_2() const { return qos == 2 || mixed; }
};

}  // namespace mqfail
