// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/lent_memory.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

namespace mqfail {
namespace {

// Less is copied: that costs no more than to keep account of it (bytes).
constexpr std::size_t kLeast = 1U << 20U;
constexpr unsigned kPublish = 3;

struct Lent {
  std::mutex mutex;
  std::unordered_map<const void*, bool> given_up;  // by Paho
};

Lent& lent() {
  static auto* const the = new Lent;  // outlives every thread of Paho's
  return *the;
}

void give_back(const void* block) {
  bool ours = false;
  {
    const std::lock_guard lock(lent().mutex);
    const auto found = lent().given_up.find(block);
    ours = found->second;
    lent().given_up.erase(found);
    std::atomic_ref(mqfail_lent).fetch_sub(1);
  }
  if (ours) std::free(const_cast<void*>(block));
}

}  // namespace

// The last piece of a PUBLISH is a block of malloc(3): the payload, or over TLS the whole packet.
std::shared_ptr<const void> borrow_payload(const iovec* pieces, int count) {
  const iovec& last = pieces[count - 1];
  if (last.iov_len < kLeast) return nullptr;
  if (*static_cast<const unsigned char*>(pieces[0].iov_base) >> 4U != kPublish) return nullptr;
  const std::lock_guard lock(lent().mutex);
  if (!lent().given_up.emplace(last.iov_base, false).second) return nullptr;
  std::atomic_ref(mqfail_lent).fetch_add(1);
  return {last.iov_base, give_back};
}

}  // namespace mqfail

int mqfail_lent = 0;

int mqfail_is_lent(void* block) {
  mqfail::Lent& lent = mqfail::lent();
  const std::lock_guard lock(lent.mutex);
  const auto found = lent.given_up.find(block);
  if (found == lent.given_up.end()) return 0;
  found->second = true;
  return 1;
}
