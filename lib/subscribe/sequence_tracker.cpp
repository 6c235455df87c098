// SPDX-License-Identifier: Apache-2.0
#include "subscribe/sequence_tracker.hpp"

#include <algorithm>

#include "base/number.hpp"

namespace mqfail {
namespace {

constexpr std::uint64_t kWordBits = 64;
constexpr int kPatience = 3;       // a message that has failed leaves a hole, too
constexpr std::size_t kHalf = 16;  // hexadecimal digits of 64 bits

std::uint64_t bit(std::uint64_t number) {
  return std::uint64_t{1} << (number % kWordBits);
}

}  // namespace

std::optional<SequenceTracker::Key> SequenceTracker::key_of(std::string_view publisher) {
  if (publisher.size() != 2 * kHalf) return std::nullopt;
  const auto high = parse_number<std::uint64_t>(publisher.substr(0, kHalf), 16);
  const auto low = parse_number<std::uint64_t>(publisher.substr(kHalf), 16);
  if (!high || !low) return std::nullopt;
  return Key{*high, *low};
}

bool SequenceTracker::opens_hole(std::string_view publisher, std::uint64_t number) const {
  const auto key = key_of(publisher);
  const auto found = key ? by_key_.find(*key) : by_key_.end();
  if (found == by_key_.end()) return false;
  const Publisher& known = *found->second;
  return number > known.highest + 1 && !known.only_retained && known.given_up < kPatience;
}

void SequenceTracker::give_up(std::string_view publisher) {
  const auto key = key_of(publisher);
  const auto found = key ? by_key_.find(*key) : by_key_.end();
  if (found != by_key_.end()) ++found->second->given_up;
}

void SequenceTracker::look_anew() {
  for (Publisher& one : publishers_) one.given_up = 0;
}

SequenceTracker::Verdict SequenceTracker::judge(std::string_view publisher, std::uint64_t number,
                                                bool retained) {
  const auto key = key_of(publisher);
  if (!key || number == 0) return {};
  Publisher* const known = find(*key);
  if (known == nullptr) {
    if (publishers_.size() == kPublishers) {
      by_key_.erase(publishers_.back().key);
      publishers_.pop_back();
    }
    publishers_.push_front({*key, number, number, number, retained, {bit(number)}});
    by_key_[*key] = publishers_.begin();
    return {};
  }
  if (number > known->highest) return judge_higher(*known, number, retained);
  if (known->highest - number >= kWindow) return {Verdict::Kind::late};
  if (number < known->lowest) {
    known->lowest = number;
    widen(*known, known->highest - number + 1);
  }
  std::uint64_t& seen = word(*known, number);
  if ((seen & bit(number)) != 0) return {Verdict::Kind::duplicate};
  seen |= bit(number);
  if (number >= known->complete_from) {
    --missing_;
    known->given_up = 0;
  }
  return {Verdict::Kind::late};
}

SequenceTracker::Verdict SequenceTracker::judge_higher(Publisher& publisher, std::uint64_t number,
                                                       bool retained) {
  Verdict verdict;
  if (publisher.only_retained) {
    publisher.complete_from = number;
    publisher.only_retained = retained;
  } else if (number - publisher.highest > 1) {
    verdict.missing_from = publisher.highest + 1;
    verdict.missing = number - publisher.highest - 1;
    missing_ += verdict.missing;
  }
  widen(publisher, number - publisher.lowest + 1);
  forget(publisher, publisher.highest + 1, number);
  publisher.highest = number;
  word(publisher, number) |= bit(number);
  return verdict;
}

SequenceTracker::Publisher* SequenceTracker::find(const Key& key) {
  if (!publishers_.empty() && publishers_.front().key == key) return &publishers_.front();
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  publishers_.splice(publishers_.begin(), publishers_, found->second);
  return &publishers_.front();
}

std::uint64_t& SequenceTracker::word(Publisher& publisher, std::uint64_t number) {
  return publisher.words[number / kWordBits % publisher.words.size()];
}

// Makes room for so many numbers below the highest, the window at most. Most publishers send a few
// messages only, so a bitmap grows with what it has to remember.
void SequenceTracker::widen(Publisher& publisher, std::uint64_t numbers) {
  const std::uint64_t wanted = std::min(numbers, kWindow);
  std::size_t size = publisher.words.size();
  if (size * kWordBits >= wanted) return;
  while (size * kWordBits < wanted) size *= 2;
  Publisher wider{publisher};
  wider.words.assign(size, 0);
  const std::uint64_t held = std::min(publisher.words.size() * kWordBits, publisher.highest);
  for (std::uint64_t back = 0; back < held; ++back) {
    const std::uint64_t number = publisher.highest - back;
    word(wider, number) |= word(publisher, number) & bit(number);
  }
  publisher.words = std::move(wider.words);
}

// The bits of [from, to], which held numbers that the window leaves behind now.
void SequenceTracker::forget(Publisher& publisher, std::uint64_t from, std::uint64_t to) {
  if (to - from >= publisher.words.size() * kWordBits) {
    std::fill(publisher.words.begin(), publisher.words.end(), 0);
    return;
  }
  while (from <= to) {
    const bool whole = from % kWordBits == 0 && to - from >= kWordBits - 1;
    std::uint64_t& bits = word(publisher, from);
    bits = whole ? 0 : bits & ~bit(from);
    from += whole ? kWordBits : 1;
  }
}

}  // namespace mqfail
