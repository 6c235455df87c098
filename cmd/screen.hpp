// SPDX-License-Identifier: Apache-2.0
// The terminal of mqfail-probe --watch while a table is on it: a screen of its own, which goes when
// the watch ends, is stopped (^Z) or fails, so that what was on the terminal before is there again.
#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "probe/live_table.hpp"

namespace mqfail {

/// Thread: one. After Signals::block(), before other threads.
class Screen {
 public:
  /// Errors (temporary): no descriptor.
  static Result<Screen> open();
  Screen(Screen&& other) noexcept;
  Screen& operator=(Screen&&) = delete;
  /// Gives the terminal back.
  ~Screen();

  /// Readable when the size has changed, or the process is to stop or to quit: call react().
  int fd() const { return signals_.get(); }
  /// Quits, if that is wanted; or stops until the shell goes on with the process. Then the table is
  /// to be drawn again.
  void react();

  static ScreenSize size();
  /// Errors: the terminal has gone.
  Result<Done> draw(const std::string& lines);

 private:
  explicit Screen(Descriptor signals) : signals_(std::move(signals)) {}
  void enter();
  void leave();

  Descriptor signals_;
  bool entered_ = false;
};

}  // namespace mqfail
