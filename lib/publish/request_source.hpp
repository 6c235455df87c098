// SPDX-License-Identifier: Apache-2.0
// The message of --wait-reply: a request that is over when its reply has come. If its server is
// lost after it has taken the request, the reply may be lost with it; then the next server gets the
// request, once.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "publish/source.hpp"

namespace mqfail {

class RequestSource final : public Source {
 public:
  explicit RequestSource(std::string payload) : payload_(std::move(payload)) {}

  std::optional<Item> next(TimePoint /*now*/) override {
    if (over_ || given_ == wanted_) return std::nullopt;
    ++given_;
    return Item{payload_, 1, given_, false};
  }
  bool at_end() const override { return over_; }
  bool answered() const override { return replied_; }
  std::string trouble() const override { return trouble_; }
  std::optional<TimePoint> due() const override {
    return over_ || given_ == wanted_ ? std::nullopt : std::optional(TimePoint{});
  }
  void stop() override { over_ = true; }
  void connection_ended() override { wanted_ = given_ == 0 ? 1 : 2; }

  /// The reply has come. False: one had come before, or none is waited for any more.
  bool replied() {
    if (std::exchange(over_, true)) return false;
    return replied_ = true;
  }
  /// It could not be printed.
  void not_printed(std::string why) { trouble_ = std::move(why); }

 private:
  const std::string payload_;
  std::uint64_t given_ = 0, wanted_ = 1;
  bool over_ = false, replied_ = false;
  std::string trouble_;
};

}  // namespace mqfail
