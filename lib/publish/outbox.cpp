// SPDX-License-Identifier: Apache-2.0
#include "publish/outbox.hpp"

#include <algorithm>

namespace mqfail {

// What the free slots keep is within the bound, too; one huge payload must not keep its memory for
// the rest of the run.
Outbox::Outbox(std::size_t window, std::uint64_t most_bytes)
    : slots_(window),
      most_bytes_(most_bytes),
      kept_(static_cast<std::size_t>(std::min<std::uint64_t>(65536, most_bytes / window))) {}

bool Outbox::Slot::held_by(ServerKey server) const {
  return std::find(holders.begin(), holders.end(), server) != holders.end();
}

bool Outbox::Slot::refused_by(ServerKey server) const {
  return std::find(refusers.begin(), refusers.end(), server) != refusers.end();
}

void Outbox::push(std::string_view payload, std::uint64_t line, std::uint64_t number,
                  TimePoint now) {
  Slot& slot = at(end_++);
  slot.line = line;
  slot.number = number;
  slot.payload.assign(payload);
  bytes_ += payload.size();
  slot.closed = false;
  slot.refusers.clear();
  slot.refusals = 0;
  slot.holders.clear();
  slot.closers.clear();
  slot.endings = 0;
  slot.taken_at = now;
  ++unsettled_;
}

void Outbox::restart(TimePoint now) {
  for (std::uint64_t place = begin_; place < end_; ++place) at(place).taken_at = now;
}

void Outbox::close(std::uint64_t position) {
  Slot& slot = at(position);
  slot.closed = true;
  --unsettled_;
  bytes_ -= slot.payload.size();
  // An assignment would keep the memory.
  if (slot.payload.capacity() > kept_) std::string().swap(slot.payload);
  while (begin_ < end_ && at(begin_).closed) ++begin_;
}

}  // namespace mqfail
