// SPDX-License-Identifier: Apache-2.0
// How a record of the input (a line of -l, or what ends with NUL) becomes a message. Without a form
// the record is the payload. The outbox, the spool and --undelivered keep the record as it came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transport/message.hpp"

namespace mqfail {

class RecordForm {
 public:
  struct Fault {
    std::string why;         ///< without the place
    std::size_t column = 0;  ///< in bytes, from 1; 0: the record as a whole
    bool expired = false;    ///< nothing is wrong with it, but its time is over
  };
  virtual ~RecordForm() = default;

  /// Puts what the record says into `message`, which has the defaults of the run. The views are
  /// valid until the next call, as long as the record is. A fault: the record is no message.
  virtual std::optional<Fault> read(std::string_view record, Message& message) = 0;

  /// The `ack` of the last record that was read, also of one with a fault (delivery.md P8). 0: it
  /// has none.
  virtual std::uint64_t ack() const { return 0; }
};

/// --topic-separator: TOPIC, separator, payload. The first separator divides.
class TopicRecord final : public RecordForm {
 public:
  /// `separator` is not empty.
  explicit TopicRecord(std::string separator) : separator_(std::move(separator)) {}
  std::optional<Fault> read(std::string_view record, Message& message) override;

 private:
  const std::string separator_;
};

}  // namespace mqfail
