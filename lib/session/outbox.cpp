// SPDX-License-Identifier: Apache-2.0
#include "session/outbox.hpp"

namespace mqfail {

void Outbox::push(std::string_view payload, std::uint64_t line, std::uint64_t number,
                  TimePoint now) {
  Entry& entry = slots_[(first_ + count_) % slots_.size()];
  entry.line = line;
  entry.number = number;
  entry.payload.assign(payload);
  entry.sent_on.reset();
  entry.packet_id = 0;
  entry.settled = false;
  entry.refusals = 0;
  entry.taken_at = now;
  ++count_;
  ++unsettled_;
}

void Outbox::sent(std::size_t place, AttemptId attempt, std::uint16_t packet_id, TimePoint now) {
  Entry& entry = at(place);
  entry.sent_on = attempt;
  entry.packet_id = packet_id;
  entry.sent_at = now;
  ++in_flight_;
  next_ = place + 1;
  while (next_ < count_ && at(next_).settled) ++next_;
}

Outbox::Entry* Outbox::find(AttemptId attempt, std::uint16_t packet_id) {
  // Servers acknowledge in order, so nearly always the first.
  for (std::size_t place = 0; place < next_; ++place) {
    Entry& entry = at(place);
    if (!entry.settled && entry.packet_id == packet_id && entry.sent_on == attempt) return &entry;
  }
  return nullptr;
}

void Outbox::close(Entry& entry) {
  entry.settled = true;
  if (entry.sent_on) --in_flight_;
  --unsettled_;
  while (count_ > 0 && at(0).settled) {
    // One huge payload must not keep its memory for the rest of the run.
    if (Entry& gone = at(0); gone.payload.capacity() > 65536) gone.payload = {};
    first_ = (first_ + 1) % slots_.size();
    --count_;
    if (next_ > 0) --next_;
  }
  while (next_ < count_ && at(next_).settled) ++next_;
}

void Outbox::rewind() {
  next_ = count_;
  for (std::size_t place = count_; place-- > 0;) {
    Entry& entry = at(place);
    if (entry.settled) continue;
    entry.sent_on.reset();
    next_ = place;
  }
  in_flight_ = 0;
}

const Outbox::Entry* Outbox::oldest_in_flight() const {
  for (std::size_t place = 0; place < next_; ++place) {
    if (!at(place).settled && at(place).sent_on) return &at(place);
  }
  return nullptr;
}

}  // namespace mqfail
