// SPDX-License-Identifier: Apache-2.0
// A group of messages between the input, the spool and the publisher. The payloads stand one after
// the other in one piece of memory, which is reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqfail {

class Batch {
 public:
  struct Record {
    std::size_t begin, size;
    std::uint64_t number, line;
  };

  void add(std::string_view payload, std::uint64_t number, std::uint64_t line) {
    records_.push_back({bytes_.size(), payload.size(), number, line});
    bytes_ += payload;
  }
  void clear() {
    // One huge payload must not keep its memory for the rest of the run.
    if (bytes_.capacity() > kKept) std::string().swap(bytes_);  // an assignment would keep it
    bytes_.clear();
    records_.clear();
  }
  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  /// Of payload, and one for each message, so that empty messages have a bound, too.
  std::size_t bytes() const { return bytes_.size() + records_.size(); }
  const Record& at(std::size_t place) const { return records_[place]; }
  std::string_view payload(const Record& record) const {
    return std::string_view(bytes_).substr(record.begin, record.size);
  }

 private:
  static constexpr std::size_t kKept = 1U << 20U;
  std::string bytes_;
  std::vector<Record> records_;
};

}  // namespace mqfail
