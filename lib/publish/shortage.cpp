// SPDX-License-Identifier: Apache-2.0
#include "publish/shortage.hpp"

#include <string>
#include <utility>

#include "base/counted.hpp"
#include "base/number.hpp"

namespace mqfail {

void Shortage::joined(std::size_t live, TimePoint now) {
  if (wanted_ == 1) return;
  due_.reset();
  if (is_short(live)) {
    if (!told_) due_ = now + kPatience;
  } else if (std::exchange(told_, false)) {
    announcer_.announce(
        {.name = NoticeName::warning,
         .reason = "enough servers for --acks " + std::to_string(wanted_) + " again"});
  }
}

void Shortage::left(std::size_t live, TimePoint now) {
  if (wanted_ == 1) return;
  due_.reset();
  if (is_short(live) && !told_) due_ = now;
}

void Shortage::tend(std::size_t live, bool done, TimePoint now) {
  if (!due_ || now < *due_) return;
  due_.reset();
  if (done) return;
  told_ = true;
  Notice notice{.name = NoticeName::warning, .level = Level::warning};
  notice.reason = "--acks " + std::to_string(wanted_) + ": " + counted(live, "server") +
                  (live == 1 ? " is" : " are") + " live; messages wait until there are enough";
  notice.more = {{"live", as_int(live)}, {"wanted", as_int(wanted_)}};
  announcer_.announce(notice);
}

}  // namespace mqfail
