// SPDX-License-Identifier: Apache-2.0
// Where the payloads of mqfail-pub come from. LineSource reads an input in blocks, only as fast as
// its lines are taken. RepeatSource gives one payload, once or several times. spooled_source keeps
// the payloads of either on disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "publish/peek.hpp"

namespace mqfail {

/// The largest payload that fits into a PUBLISH without topic and properties (MQTT 5, 2.1.4).
inline constexpr std::size_t kLargestPayload = 268'435'455;

class Source {
 public:
  virtual ~Source() = default;
  struct Item {
    std::string_view payload;  ///< until the next call
    std::uint64_t line = 0;    ///< from 1
    std::uint64_t number = 0;  ///< of the message: 1, 2, 3 ... (delivery.md P7)
    bool too_long = false;     ///< longer than a message can be; the payload is its beginning
  };
  /// The next payload, if it has arrived.
  virtual std::optional<Item> next(TimePoint now) = 0;
  /// No more payloads will arrive, and next() has given all that arrived.
  virtual bool at_end() const = 0;
  /// The descriptor to wait for; read_some() is called when it is readable. -1: none.
  virtual int fd() const { return -1; }
  virtual void read_some(TimePoint /*now*/) {}
  /// When next() has a payload without a readable descriptor.
  virtual std::optional<TimePoint> due() const { return std::nullopt; }
  /// Reads no more. What was read is still given, but not an incomplete last line.
  virtual void stop() = 0;
  /// The bytes that were read and not given, as they were read.
  virtual std::string_view rest() const { return {}; }
  /// The descriptor that may have more to read, also after stop(). -1: there is none, or it is at
  /// its end.
  virtual int unread_fd() const { return -1; }
  /// stop() has left a part of a file, which waits for no other reader, or repetitions.
  virtual bool cut_short() const { return false; }
  /// How much of the input was given, 0 to 1, if its size is known.
  virtual std::optional<double> share() const { return std::nullopt; }
  /// A connection has ended on which everything that was given is settled.
  virtual void connection_ended() {}
  /// The reply that was waited for has come; nothing was waited for.
  virtual bool answered() const { return true; }
  /// errno of a failed read, or 0.
  virtual int error_number() const { return 0; }

  // -- what a spool adds
  /// What next() has given is stored elsewhere, so it may leave the input, and its memory be given
  /// back.
  virtual void release(TimePoint /*now*/) {}
  /// The same for the first items since the last release().
  virtual void release_first(std::size_t /*items*/, TimePoint /*now*/) {}
  /// Messages are kept on disk until they are settled. So the input is read during an outage as
  /// well, and what is unsettled at the end is not lost.
  virtual bool keeps() const { return false; }
  /// All messages up to this number are settled.
  virtual void settled(std::uint64_t /*number*/) {}
  /// Does what is due. It is called in every turn. `hungry`: more may be read from the input.
  virtual void tend(TimePoint /*now*/, bool /*hungry*/) {}
  /// No more is read from the input. next() may still have payloads.
  virtual bool dry() const { return at_end(); }
  /// How many messages were read and not given.
  virtual std::uint64_t waiting() const { return 0; }
  /// How many of them are not on the disk.
  virtual std::uint64_t unsaved() const { return waiting(); }
  /// How many messages were stored and cannot be read again. An event names each of them.
  virtual std::uint64_t damaged() const { return 0; }
  /// Why nothing is read now, although the input has something, or why its reply was not printed.
  /// Empty: there is no such reason.
  virtual std::string trouble() const { return {}; }
  /// The run is over, and these are settled as well.
  virtual void settled_behind(const std::vector<std::uint64_t>& /*numbers*/) {}
  /// The run is over. What is settled is written down.
  virtual void close() {}
};

/// Each line (-l), or each record that ends with NUL (-0), is one message. An empty line is an
/// empty message, as in mosquitto_pub 2.0.11 (delivery.md P8).
class LineSource final : public Source {
 public:
  /// With `peek`, bytes leave the input when release() is called; without, when they are read.
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
  void release(TimePoint now) override { release_until(head_, now); }
  void release_first(std::size_t items, TimePoint now) override;
  std::optional<TimePoint> due() const override { return look_at_; }
  void stop() override;
  std::string_view rest() const override {
    return std::string_view(buffer_).substr(
        head_, peek_ ? taken_ - std::min(head_, taken_) : std::string::npos);
  }
  int unread_fd() const override { return ended_ ? -1 : fd_; }
  bool cut_short() const override { return stopped_ && unread_in_file().value_or(0) > 0; }
  std::optional<double> share() const override;
  int error_number() const override { return error_; }

 private:
  static constexpr std::size_t kBlock = 65536;
  /// Bytes behind those that were read; none: it is no regular file.
  std::optional<std::int64_t> unread_in_file() const;
  void release_until(std::size_t end, TimePoint now);
  void look();
  void peek_some(TimePoint now);
  void look_again_at(TimePoint now, Duration wait);

  const int fd_;
  const char delimiter_;
  const std::unique_ptr<Peek> peek_;
  std::string buffer_;
  std::optional<TimePoint> look_at_;
  Duration wait_{};
  std::size_t taken_ = 0;    // with a peek: the bytes before it have left the input
  std::size_t head_ = 0;     // the bytes before it were given
  std::size_t scanned_ = 0;  // there is no delimiter between head_ and here
  std::size_t line_end_ = 0;
  std::vector<std::size_t> ends_;  // with a peek: of the items that were given and not released
  std::uint64_t line_ = 0, number_ = 0;
  std::uint64_t read_ = 0;  // bytes in all, without a peek
  bool has_line_ = false, ended_ = false, stopped_ = false, skipping_ = false;
  int error_ = 0;
};

/// One payload, given `times` times with `delay` between (-m -n -f -s, --repeat, --repeat-delay).
class RepeatSource final : public Source {
 public:
  RepeatSource(std::string payload, std::uint64_t times, Duration delay)
      : payload_(std::move(payload)), times_(times), delay_(delay) {}
  std::optional<Item> next(TimePoint now) override;
  void release(TimePoint now) override;
  bool at_end() const override { return given_ >= times_; }
  std::optional<double> share() const override;
  std::optional<TimePoint> due() const override;
  void stop() override {
    const std::uint64_t most = std::max<std::uint64_t>(given_, 1);
    cut_short_ = cut_short_ || times_ > most;
    times_ = std::min(times_, most);
  }
  bool cut_short() const override { return cut_short_; }

 private:
  std::string payload_;
  std::uint64_t times_;
  const Duration delay_;
  std::uint64_t given_ = 0;
  bool cut_short_ = false;
  std::optional<TimePoint> due_;
};

}  // namespace mqfail
