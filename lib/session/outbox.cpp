// SPDX-License-Identifier: Apache-2.0
#include "session/outbox.hpp"

#include <algorithm>

namespace mqfail {

bool Outbox::Entry::held_by(ServerKey server) const {
  return std::find(holders.begin(), holders.end(), server) != holders.end();
}

bool Outbox::Entry::refused_by(ServerKey server) const {
  return std::find(refusers.begin(), refusers.end(), server) != refusers.end();
}

void Outbox::push(std::string_view payload, std::uint64_t line, std::uint64_t number,
                  TimePoint now) {
  Entry& entry = at(end_++);
  entry.line = line;
  entry.number = number;
  entry.payload.assign(payload);
  entry.closed = false;
  entry.refusers.clear();
  entry.holders.clear();
  entry.closers.clear();
  entry.endings = 0;
  entry.taken_at = now;
  ++unsettled_;
}

void Outbox::restart(TimePoint now) {
  for (std::uint64_t place = begin_; place < end_; ++place) at(place).taken_at = now;
}

void Outbox::close(std::uint64_t position) {
  at(position).closed = true;
  --unsettled_;
  for (; begin_ < end_ && at(begin_).closed; ++begin_) {
    // One huge payload must not keep its memory for the rest of the run.
    if (Entry& gone = at(begin_); gone.payload.capacity() > 65536) gone.payload = {};
  }
}

}  // namespace mqfail
