// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/packet_filter.hpp"

#include <algorithm>
#include <utility>

namespace mqfail {

void PacketFilter::expect_answer_to(std::string_view packet) {
  const std::lock_guard lock(asked_mutex_);
  asked_.push_back(read_asked(packet, protocol_));
}

std::optional<std::size_t> PacketFilter::admit(std::string_view bytes) {
  std::size_t at = 0, admitted = 0;
  while (!refused_ && at < bytes.size() && disconnect_packet() == nullptr) {
    const std::size_t begin = at;
    bool fine = true;
    switch (part_) {
      case Part::header:
        fine = take_header(static_cast<std::uint8_t>(bytes[at++]));
        break;
      case Part::length:
        fine = take_length(static_cast<std::uint8_t>(bytes[at++]));
        break;
      case Part::head: {
        const auto taken = take_head(bytes.substr(at, left_));
        fine = taken.has_value();
        at += taken.value_or(0);
        break;
      }
      case Part::payload: {
        const std::size_t some = std::min(left_, bytes.size() - at);
        left_ -= some;
        at += some;
        break;
      }
    }
    refused_ = !fine;
    if (part_ == Part::payload && left_ == 0) part_ = Part::header;
    if (fine && part_ == Part::header) ++ended_;
    if (leaving_) {
      disconnect_ += bytes.substr(begin, at - begin);
    } else {
      admitted = at;
    }
  }
  return refused_ ? std::nullopt : std::optional(admitted);
}

// What needs no more than this byte to be refused is refused here.
bool PacketFilter::take_header(std::uint8_t byte) {
  type_ = static_cast<PacketType>(byte >> 4U);
  flags_ = byte & 0x0FU;
  part_ = Part::length;
  length_ = 0;
  shift_ = 0;
  if (!std::exchange(begun_, true)) return type_ == PacketType::connack;
  bool fine = false;
  switch (type_) {
    case PacketType::publish:
      fine = (flags_ & 0x06U) != 0x06U;  // QoS 3 does not exist
      break;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      fine = true;
      break;
    case PacketType::suback:
    case PacketType::unsuback: {
      const std::lock_guard lock(asked_mutex_);
      fine = std::any_of(asked_.begin(), asked_.end(),
                         [this](const Asked& asked) { return asked.answer == type_; });
      break;
    }
    case PacketType::pingresp:
      fine = pingresps_-- > 0;
      break;
    case PacketType::disconnect:
      fine = protocol_ == Protocol::mqtt5;  // MQTT 3 has none for servers
      leaving_ = fine;
      break;
    default:
      break;
  }
  if (!fine) flaw_ = "unexpected " + std::string(name(type_));
  return fine;
}

bool PacketFilter::take_length(std::uint8_t byte) {
  length_ |= static_cast<std::size_t>(byte & 0x7FU) << shift_;
  shift_ += 7;
  if ((byte & 0x80U) != 0) {
    if (shift_ < 28) return true;
    flaw_ = std::string(name(type_)) + " with a length of more than four bytes";
    return false;
  }
  left_ = length_;
  part_ = Part::head;
  if (type_ != PacketType::publish && length_ > kLongestAnswer) {
    flaw_ = of_size(type_, length_);
    return false;
  }
  return length_ != 0 || judge({});
}

std::optional<std::size_t> PacketFilter::head_size(std::string_view begin) const {
  if (type_ != PacketType::publish) return length_;
  const auto size = publish_head_size(flags_, begin, protocol_);
  return size && *size <= length_ ? size : std::nullopt;
}

// Nearly always all of the head is here at once, and is judged where it is.
std::optional<std::size_t> PacketFilter::take_head(std::string_view here) {
  std::size_t taken = 0;
  while (true) {
    const bool in_pieces = !head_.empty();
    const std::string_view have = in_pieces ? std::string_view(head_) : here;
    const auto size = head_size(have);
    if (!size) {
      flaw_ = of_size(type_, length_);
      return std::nullopt;
    }
    if (have.size() >= *size) {
      if (!in_pieces) taken = *size;
      left_ -= taken;
      if (!judge(have.substr(0, *size))) return std::nullopt;
      head_.clear();
      return taken;
    }
    const std::size_t more = std::min(*size - have.size(), here.size() - taken);
    if (!in_pieces) {
      head_ = here;
      taken = here.size();
    } else if (more != 0) {
      head_ += here.substr(taken, more);
      taken += more;
    } else {
      left_ -= taken;
      return taken;
    }
  }
}

bool PacketFilter::judge(std::string_view head) {
  part_ = left_ != 0 ? Part::payload : Part::header;
  flaw_ = flaw_of_packet(head);
  if (flaw_.empty() && type_ == PacketType::connack) connack_ = head;
  if (type_ == PacketType::pubrec && head.size() > 2 && head[2] == kNoMatchingSubscribers)
    no_subscriber_ = true;
  return flaw_.empty();
}

std::string PacketFilter::flaw_of_packet(std::string_view head) {
  const Protocol protocol = protocol_;
  if (type_ == PacketType::publish) {
    // The length of its head was never asked for, as no byte of it came.
    if (head.empty()) return of_size(type_, 0);
    return flaw_of_publish(flags_, head, protocol, aliases_);
  }
  Asked asked;
  bool found = false;
  if (type_ == PacketType::suback || type_ == PacketType::unsuback) {
    const std::lock_guard lock(asked_mutex_);
    const auto one = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& any) {
      return any.answer == type_ && any.id == packet_id(head);
    });
    found = one != asked_.end();
    if (found) {
      asked = *one;
      asked_.erase(one);
    }
  }
  return flaw_of_answer(type_, flags_, head, protocol, found ? &asked : nullptr);
}

}  // namespace mqfail
