// SPDX-License-Identifier: Apache-2.0
// The network and the mounts of a case's own, and what packets may not pass there.
#include "faults/trial.hpp"
#include "rig/own_mounts.hpp"
#include "rig/own_network.hpp"

namespace faults {

using namespace rig;

namespace {
std::string no_network = "not entered", no_mounts = "not entered";
}

void enter_room() {
  no_network = enter_own_network();
  no_mounts = no_network.empty() ? enter_own_mounts() : no_network;
}

void Trial::need_network() const {
  if (!no_network.empty()) throw Skipped(no_network);
}

void Trial::need_mounts() const {
  if (!no_mounts.empty()) throw Skipped(no_mounts);
}

void Trial::drop(const std::string& rule) {
  need_network();
  const auto nft = [](const std::vector<std::string>& words) {
    std::vector<std::string> argv{"nft"};
    argv.insert(argv.end(), words.begin(), words.end());
    const Finished done = rig::run(argv);
    if (done.exit.status != 0) throw Skipped("nft: " + done.err);
  };
  if (!table_) {
    nft({"add table inet faults"});
    nft({"add chain inet faults out { type filter hook output priority 0; }"});
    table_ = true;
  }
  nft({"add rule inet faults out " + rule});
}

std::string Trial::small_disk(std::size_t bytes) {
  need_mounts();
  const std::string there = path("disk");
  std::filesystem::create_directory(there);
  const std::string failed = cover_with_nothing(there, "mode=0700,size=" + std::to_string(bytes));
  if (!failed.empty()) throw Skipped(failed);
  return there;
}

void Trial::pass_all() {
  rig::run({"nft", "flush chain inet faults out"});
}

}  // namespace faults
