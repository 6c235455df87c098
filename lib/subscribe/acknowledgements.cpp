// SPDX-License-Identifier: Apache-2.0
#include "subscribe/acknowledgements.hpp"

namespace mqfail {

bool Acknowledgements::written(TimePoint now, Duration patience) {
  for (const AckFrom::Batch& one : in_buffer_) {
    if (ack_from_) {
      ack_from_->wait(one, now);
    } else {
      transport_.acknowledge(one.attempt, one.count);
    }
  }
  in_buffer_.clear();
  return take_numbers(now, patience);
}

bool Acknowledgements::take_numbers(TimePoint now, Duration patience) {
  if (!ack_from_) return false;
  const bool stood = ack_from_->stands(now, patience);
  for (const AckFrom::Batch& one : ack_from_->read(now))
    transport_.acknowledge(one.attempt, one.count);
  return stood && !ack_from_->stands(now, patience);
}

}  // namespace mqfail
