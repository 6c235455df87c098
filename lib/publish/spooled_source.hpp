// SPDX-License-Identifier: Apache-2.0
// A source whose messages are on disk before they count as read (delivery.md P6). It stores what
// another source gives in a spool, one group of messages at a time, and gives what the spool holds,
// the oldest message first. During an outage it stores on until the disk is full.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "publish/source.hpp"
#include "publish/spool.hpp"
#include "session/notice.hpp"

namespace mqfail {

class SpooledSource final : public Source {
 public:
  /// Announces what the spool found when it was opened. The announcer outlives the source.
  SpooledSource(std::unique_ptr<Source> input, std::unique_ptr<Spool> spool, Announcer& announcer);

  std::optional<Item> next(TimePoint now) override;
  bool at_end() const override;
  int fd() const override;
  void read_some(TimePoint now) override;
  std::optional<TimePoint> due() const override;
  void stop() override;
  int error_number() const override { return input_->error_number(); }
  bool keeps() const override { return true; }
  std::string_view rest() const override { return input_->rest(); }
  bool cut_short() const override { return input_->cut_short(); }
  void settled(std::uint64_t number) override;
  void tend(TimePoint now, bool hungry) override;
  bool dry() const override { return input_->at_end() || broken_; }
  std::uint64_t waiting() const override;
  std::uint64_t unsaved() const override { return group_.size() - stored_; }
  std::uint64_t damaged() const override { return damaged_; }
  std::string trouble() const override;
  void settled_behind(const std::vector<std::uint64_t>& numbers) override {
    spool_->settle_behind(numbers);
  }
  void close() override { spool_->close(); }

 private:
  /// The size of a group, more or less. Each group waits for the disk once.
  static constexpr std::size_t kGroupBytes = 262144;

  bool on_disk() const { return handed_on_ < spool_->last(); }
  bool stuck() const { return stored_ < group_.size(); }
  void absorb(TimePoint now);
  void store(TimePoint now);
  void load();
  void tell_stuck(TimePoint now);
  void give_up();
  void tell_damage(std::uint64_t from, std::uint64_t count);

  std::unique_ptr<Source> input_;
  std::unique_ptr<Spool> spool_;
  Announcer& announcer_;

  Batch group_;  // read from the input; [stored_, end) is not on disk yet
  std::size_t stored_ = 0;
  Batch ready_;  // to be given, from next_ on
  std::size_t next_ = 0;
  std::uint64_t handed_on_;    // the last number that went into ready_
  std::uint64_t given_ = 0;    // the last number that next() gave
  std::optional<Item> unfit_;  // longer than a message can be
  std::string unfit_payload_;
  std::optional<TimePoint> retry_at_;
  bool told_stuck_ = false, stopped_ = false, unreadable_ = false;
  bool broken_ = false;                // nothing is stored any more
  bool began_ = false, more_ = false;  // an input without a descriptor: was asked; has more at once
  std::uint64_t damaged_ = 0;
};

}  // namespace mqfail
