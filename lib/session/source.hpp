// SPDX-License-Identifier: Apache-2.0
// Where the payloads of mqfail-pub come from: lines of an input that is read in blocks and only as
// fast as they are taken, or one payload, perhaps repeated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace mqfail {

/// The largest payload that fits any PUBLISH (MQTT 5 section 2.1.4), topic and properties aside.
inline constexpr std::size_t kLargestPayload = 268'435'455;

class Source {
 public:
  virtual ~Source() = default;
  struct Item {
    std::string_view payload;  ///< until the next call
    std::uint64_t line = 0;    ///< from 1
    std::uint64_t number = 0;  ///< of the message: 1, 2, 3 ... (delivery.md P7)
    bool too_long = false;     ///< cannot be a message; the payload is its beginning
  };
  /// The next payload if it is here already.
  virtual std::optional<Item> next(TimePoint now) = 0;
  /// No payload will come any more (what next() still has comes first).
  virtual bool at_end() const = 0;
  /// The descriptor to wait for, or -1; then read_some().
  virtual int fd() const { return -1; }
  virtual void read_some() {}
  /// When next() will have something although nothing happens.
  virtual std::optional<TimePoint> due() const { return std::nullopt; }
  /// Read no more; what was read is still handed out, but not an incomplete last line.
  virtual void stop() = 0;
  /// Bytes read and not handed out, verbatim.
  virtual std::string_view rest() const { return {}; }
  /// The descriptor that may hold more than was read, also after stop(); -1: none or at its end.
  virtual int unread_fd() const { return -1; }
  /// errno of a failed read, or 0.
  virtual int error_number() const { return 0; }
};

/// A message a line (-l) or a NUL-terminated record (-0). Blank lines are not sent, as
/// mosquitto_pub.
class LineSource final : public Source {
 public:
  LineSource(int fd, char delimiter) : fd_(fd), delimiter_(delimiter) {}
  std::optional<Item> next(TimePoint now) override;
  bool at_end() const override {
    return (ended_ && head_ == buffer_.size()) || (stopped_ && !has_line_);
  }
  int fd() const override { return ended_ || stopped_ || has_line_ ? -1 : fd_; }
  void read_some() override;
  void stop() override;
  std::string_view rest() const override { return std::string_view(buffer_).substr(head_); }
  int unread_fd() const override { return ended_ ? -1 : fd_; }
  int error_number() const override { return error_; }

 private:
  static constexpr std::size_t kBlock = 65536;
  void look();

  const int fd_;
  const char delimiter_;
  std::string buffer_;
  std::size_t head_ = 0;     // what comes before was handed out
  std::size_t scanned_ = 0;  // no delimiter between head_ and here
  std::size_t line_end_ = 0;
  std::uint64_t line_ = 0, number_ = 0;
  bool has_line_ = false, ended_ = false, stopped_ = false, skipping_ = false;
  int error_ = 0;
};

/// One payload, `times` times, `delay` apart (-m -n -f -s, --repeat, --repeat-delay).
class RepeatSource final : public Source {
 public:
  RepeatSource(std::string payload, std::uint64_t times, Duration delay)
      : payload_(std::move(payload)), times_(times), delay_(delay) {}
  std::optional<Item> next(TimePoint now) override;
  bool at_end() const override { return given_ >= times_; }
  std::optional<TimePoint> due() const override;
  void stop() override { times_ = given_; }

 private:
  const std::string payload_;
  std::uint64_t times_;
  const Duration delay_;
  std::uint64_t given_ = 0;
  std::optional<TimePoint> due_;
};

}  // namespace mqfail
