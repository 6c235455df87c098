// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/websocket_frames.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace mqfail {
namespace {

constexpr unsigned kFinal = 0x80, kReserved = 0x70, kOpcode = 0x0F, kMasked = 0x80;
constexpr std::size_t kLongestControl = 125;

bool is_control(unsigned opcode) {
  return opcode >= 8;
}

void append_header(std::vector<char>& out, Opcode opcode, std::uint64_t size, Mask mask) {
  std::array<std::uint8_t, 14> header{};
  std::size_t end = 0;
  header[end++] = static_cast<std::uint8_t>(kFinal | static_cast<unsigned>(opcode));
  unsigned more = 0;
  if (size <= kLongestControl) {
    header[end++] = static_cast<std::uint8_t>(kMasked | size);
  } else {
    more = size <= 0xFFFF ? 2 : 8;
    header[end++] = static_cast<std::uint8_t>(kMasked | (more == 2 ? 126U : 127U));
  }
  while (more-- > 0) header[end++] = static_cast<std::uint8_t>(size >> (8 * more));
  for (const std::uint8_t byte : mask) header[end++] = byte;
  out.insert(out.end(), header.begin(), header.begin() + end);
}

// `at`: how much of the frame was masked before.
void apply_mask(char* bytes, std::size_t size, Mask mask, std::size_t at) {
  std::array<std::uint8_t, 8> twice{};
  for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = mask[(at + i) % mask.size()];
  const auto wide = std::bit_cast<std::uint64_t>(twice);
  std::size_t done = 0;
  for (; done + sizeof wide <= size; done += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + done, sizeof word);
    word ^= wide;
    std::memcpy(bytes + done, &word, sizeof word);
  }
  for (; done < size; ++done) bytes[done] = static_cast<char>(bytes[done] ^ twice[done % 8]);
}

}  // namespace

void append_frame(std::vector<char>& out, Opcode opcode, const iovec* pieces, int count,
                  Mask mask) {
  std::uint64_t size = 0;
  for (int i = 0; i < count; ++i) size += pieces[i].iov_len;
  append_header(out, opcode, size, mask);
  const std::size_t begin = out.size();
  for (int i = 0; i < count; ++i) {
    const auto* const data = static_cast<const char*>(pieces[i].iov_base);
    out.insert(out.end(), data, data + pieces[i].iov_len);
  }
  apply_mask(out.data() + begin, out.size() - begin, mask, 0);
}

const char* close_code_name(int code) {
  switch (code) {
    case 1000:
      return "normal";
    case 1001:
      return "going away";
    case 1002:
      return "protocol error";
    case 1003:
      return "unsupported data";
    case 1007:
      return "invalid data";
    case 1008:
      return "policy violation";
    case 1009:
      return "message too big";
    case 1010:
      return "extension missing";
    case 1011:
      return "internal error";
    case 1012:
      return "service restart";
    case 1013:
      return "try again later";
    case 1014:
      return "bad gateway";
    default:
      return "";
  }
}

std::size_t FrameReader::take(char* bytes, std::size_t size) {
  std::size_t kept = 0;
  std::size_t at = 0;
  while (at < size && broken_ == nullptr && !closing_) {
    if (!in_payload_) {
      header_[have_++] = static_cast<std::uint8_t>(bytes[at++]);
      if (have_ == header_size()) begin_frame();
      continue;
    }
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size - at));
    if (is_control(header_[0] & kOpcode)) {
      control_.append(bytes + at, some);
    } else {
      std::memmove(bytes + kept, bytes + at, some);
      kept += some;
    }
    at += some;
    left_ -= some;
    if (left_ == 0) end_frame();
  }
  return kept;
}

std::size_t FrameReader::header_size() const {
  if (have_ < 2) return 2;
  const unsigned length = header_[1] & ~kMasked;
  return length == 127 ? 10 : length == 126 ? 4 : 2;
}

void FrameReader::begin_frame() {
  const unsigned opcode = header_[0] & kOpcode;
  const bool final = (header_[0] & kFinal) != 0;
  left_ = header_[1] & ~kMasked;
  if (have_ > 2) {
    left_ = 0;
    for (std::size_t i = 2; i < have_; ++i) left_ = left_ << 8U | header_[i];
  }
  if ((header_[0] & kReserved) != 0) return refuse("a frame with reserved bits");
  if ((header_[1] & kMasked) != 0) return refuse("a masked frame");
  if ((have_ == 4 && left_ <= kLongestControl) || (have_ == 10 && left_ <= 0xFFFF)) {
    return refuse("a length in more bytes than it needs");
  }
  if (left_ > kLongest) return refuse("a frame that is too long");
  if (is_control(opcode)) {
    if (opcode > static_cast<unsigned>(Opcode::pong)) return refuse("an unknown frame");
    if (!final || left_ > kLongestControl) return refuse("a control frame in pieces");
  } else if (opcode == static_cast<unsigned>(Opcode::continuation)) {
    if (!in_message_) return refuse("the rest of a message that was not begun");
    in_message_ = !final;
  } else {
    if (opcode == static_cast<unsigned>(Opcode::text)) return refuse("a text message");
    if (opcode != static_cast<unsigned>(Opcode::binary)) return refuse("an unknown frame");
    if (in_message_) return refuse("a message within another one");
    in_message_ = !final;
  }
  in_payload_ = true;
  if (left_ == 0) end_frame();
}

// Of a data frame nothing is kept but the place in the stream.
void FrameReader::end_frame() {
  in_payload_ = false;
  have_ = 0;
  const auto opcode = static_cast<Opcode>(header_[0] & kOpcode);
  if (opcode == Opcode::ping) ping_ = control_;
  if (opcode == Opcode::close) {
    if (control_.size() == 1) return refuse("half a close code");
    Closing closing;
    if (control_.size() >= 2) {
      closing.code =
          static_cast<unsigned char>(control_[0]) << 8U | static_cast<unsigned char>(control_[1]);
      closing.text = control_.substr(2);
    }
    closing_ = std::move(closing);
  }
  control_.clear();
}

std::optional<std::string> FrameReader::take_ping() {
  return std::exchange(ping_, std::nullopt);
}

}  // namespace mqfail
