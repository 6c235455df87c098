// SPDX-License-Identifier: Apache-2.0
// Where the payloads of mqfail-pub come from: lines of an input that is read in blocks and only as
// fast as they are taken, or one payload, perhaps repeated; spooled_source keeps either on disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "publish/peek.hpp"

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
  virtual void read_some(TimePoint /*now*/) {}
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

  // -- what a spool adds
  /// What next() has handed out is safe: it may leave the input.
  virtual void release(TimePoint /*now*/) {}
  /// Messages are kept on disk until they are settled: the input is read during an outage, too, and
  /// what is unsettled at the end is not lost.
  virtual bool keeps() const { return false; }
  /// Messages up to this number are done with.
  virtual void settled(std::uint64_t /*number*/) {}
  /// Called often; does what is due. `hungry`: it may take in more.
  virtual void tend(TimePoint /*now*/, bool /*hungry*/) {}
  /// No more will be taken in, though next() may still have something.
  virtual bool dry() const { return at_end(); }
  /// Messages that were taken in and not handed out.
  virtual std::uint64_t waiting() const { return 0; }
  /// Messages that were taken in and can not be read any more; each was told.
  virtual std::uint64_t damaged() const { return 0; }
  /// Why the input is not taken in although it is there, at this moment.
  virtual std::string trouble() const { return {}; }
  /// The run is over: writes down what was settled.
  virtual void close() {}
};

/// A message a line (-l) or a NUL-terminated record (-0). An empty line is an empty message, as in
/// mosquitto_pub 2.0.11 (delivery.md P8).
class LineSource final : public Source {
 public:
  /// `peek`: bytes leave the input only by release(). Null: as soon as they are read.
  LineSource(int fd, char delimiter, std::unique_ptr<Peek> peek = nullptr)
      : fd_(fd), delimiter_(delimiter), peek_(std::move(peek)) {}
  std::optional<Item> next(TimePoint now) override;
  bool at_end() const override {
    return (ended_ && head_ == buffer_.size()) || (stopped_ && !has_line_);
  }
  int fd() const override {
    if (ended_ || stopped_ || has_line_) return -1;
    return peek_ ? peek_->fd(taken_ < buffer_.size()) : fd_;
  }
  void read_some(TimePoint now) override;
  void release(TimePoint now) override;
  std::optional<TimePoint> due() const override { return look_at_; }
  void stop() override;
  std::string_view rest() const override {
    return std::string_view(buffer_).substr(
        head_, peek_ ? taken_ - std::min(head_, taken_) : std::string::npos);
  }
  int unread_fd() const override { return ended_ ? -1 : fd_; }
  int error_number() const override { return error_; }

 private:
  static constexpr std::size_t kBlock = 65536;
  void look();
  void peek_some(TimePoint now);
  void look_again_at(TimePoint now, Duration wait);

  const int fd_;
  const char delimiter_;
  const std::unique_ptr<Peek> peek_;
  std::string buffer_;
  std::optional<TimePoint> look_at_;
  Duration wait_{};
  std::size_t taken_ = 0;    // with a peek: what comes before has left the input
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
