// SPDX-License-Identifier: Apache-2.0
// mqfail-pub --json: a record is a JSON object as mqfail-sub --json prints it (product.md
// section 3). Its strings are views where they have no escapes, so that most records need no memory
// of their own.
#pragma once

#include <chrono>
#include <memory>

#include "publish/record_form.hpp"

namespace mqfail {

class JsonRecord final : public RecordForm {
 public:
  using Clock = std::chrono::system_clock::time_point (*)();
  /// `clock` is asked only for a message with an expiry interval and a time stamp: what has passed
  /// since then is taken off.
  explicit JsonRecord(Clock clock = std::chrono::system_clock::now);
  ~JsonRecord() override;
  std::optional<Fault> read(std::string_view record, Message& message) override;
  std::uint64_t ack() const override;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace mqfail
