// SPDX-License-Identifier: Apache-2.0
// A pipeline `mqfail-sub | filter | mqfail-pub` under a supervisor that works as a service manager
// does: when all three have ended, it starts all three again. Each is a child of this process, so
// that none outlives it, and a signal goes to one by its id.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "rig/process.hpp"

namespace fault {

class Pipeline {
 public:
  enum Part : std::size_t { sub, filter, pub };
  static constexpr std::array<const char*, 3> kNames = {"sub", "filter", "pub"};
  using Commands = std::array<std::vector<std::string>, 3>;

  explicit Pipeline(Commands commands);
  /// Starts it again if all three have ended. It is called again and again.
  void tend();
  /// Does nothing if the process has ended.
  void signal(Part part, int number);
  bool is_whole();
  /// No restart any more: mqfail-sub is told to end, and the others end when they notice. What
  /// still runs after `patience` is killed, which is a fault.
  void finish(rig::milliseconds patience);

  std::size_t starts() const { return starts_; }
  /// Exit statuses that nothing explains, and processes that do not end. Each once.
  const std::vector<std::string>& faults() const { return faults_; }
  /// What the last mqfail-sub and mqfail-pub said on stderr.
  std::string last_words();
  /// The sum of a number in the exit events of all mqfail-subs that could still say it.
  long total(const std::string& key) const;

 private:
  void start();
  bool all_ended();
  void check_statuses();
  std::string wrong(Part part, int status);

  const Commands commands_;
  std::array<std::unique_ptr<rig::Process>, 3> parts_;
  struct Sent {
    int kills = 0, terms = 0;
  };
  std::array<Sent, 3> sent_{};
  std::size_t starts_ = 0;
  bool finishing_ = false;
  rig::Moment broken_since_{};  ///< one has ended; not set: none
  std::vector<std::string> faults_;
  std::map<std::string, long> totals_;
};

}  // namespace fault
