// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/registry.hpp"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace mqfail {
namespace {

struct Registry {
  std::shared_mutex mutex;
  std::unordered_map<int, std::shared_ptr<Wire>> wires;
  std::atomic<std::uint64_t> generation{1};
};

Registry& registry() {
  static auto* const the = new Registry;  // outlives every thread of Paho's
  return *the;
}

}  // namespace

void register_wire(std::shared_ptr<Wire> wire) {
  Registry& all = registry();
  const std::unique_lock lock(all.mutex);
  const int fd = wire->fd();
  all.wires[fd] = std::move(wire);
  ++all.generation;
}

void forget_wire(int fd) {
  Registry& all = registry();
  const std::unique_lock lock(all.mutex);
  if (all.wires.erase(fd) != 0) ++all.generation;
}

std::vector<std::shared_ptr<Wire>> all_wires() {
  Registry& all = registry();
  const std::shared_lock lock(all.mutex);
  std::vector<std::shared_ptr<Wire>> wires;
  for (const auto& [fd, wire] : all.wires) wires.push_back(wire);
  return wires;
}

Wire* find_wire(int fd) {
  struct Recent {
    int fd = -1;
    std::uint64_t generation = 0;
    std::shared_ptr<Wire> wire;
  };
  thread_local Recent recent;
  Registry& all = registry();
  if (recent.fd == fd && recent.generation == all.generation.load(std::memory_order_acquire)) {
    return recent.wire.get();
  }
  const std::shared_lock lock(all.mutex);
  const auto found = all.wires.find(fd);
  recent.fd = fd;
  recent.generation = all.generation.load();
  recent.wire = found == all.wires.end() ? nullptr : found->second;
  return recent.wire.get();
}

}  // namespace mqfail
