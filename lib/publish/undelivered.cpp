// SPDX-License-Identifier: Apache-2.0
#include "publish/undelivered.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "base/write.hpp"
#include "session/clock.hpp"

namespace mqfail {
namespace {
constexpr Duration kLook = std::chrono::milliseconds(100);  // for a signal that ends the run
}

void Undelivered::put(std::string_view payload) {
  // Another message than the last one is there only from the spool of an earlier run.
  if (!delimiter_) {
    const std::size_t hash = std::hash<std::string_view>()(payload);
    if (std::exchange(written_, hash) == hash) return;
  }
  put_input(payload);
  if (delimiter_) put_input({&*delimiter_, 1});
}

void Undelivered::put_input(std::string_view bytes) {
  if (wanted() && !failed_) failed_ = write_unless_ended(fd_, bytes) != 0;
}

void Undelivered::put_unread(int input, Duration patience) {
  if (!wanted()) return;
  std::vector<char> block(65536);
  pollfd more{input, POLLIN, 0};
  const TimePoint until = steady_now() + patience;
  while (!failed_ && steady_now() < until && !end_waits()) {
    const Duration look = std::min<Duration>(until - steady_now(), kLook);
    if (poll(&more, 1, static_cast<int>(milliseconds(look))) <= 0) continue;
    const ssize_t got = read(input, block.data(), block.size());
    if (got <= 0) return;
    put_input({block.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace mqfail
