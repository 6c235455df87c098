// SPDX-License-Identifier: Apache-2.0
// A line that gets packets out of order and doubles them: a TUN device in a network of the test's
// own (own_network.hpp). What is sent to far() arrives at 127.0.0.1 of the same network, at the
// same port, and the answers come back from far().
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <string>
#include <thread>

#include "rig/basics.hpp"

namespace rig {

class BadLine {
 public:
  struct Manners {
    std::size_t late = 0;    ///< one packet in so many is overtaken by `behind` others; 0: none
    std::size_t twice = 0;   ///< one packet in so many comes once more, behind as many; 0: none
    std::size_t behind = 3;  ///< or 5 ms, if no others come
  };

  /// Throws Broken if there can be no such device here.
  explicit BadLine(Manners manners);
  ~BadLine();
  BadLine(const BadLine&) = delete;
  BadLine& operator=(const BadLine&) = delete;

  static std::string far() { return "10.77.0.2"; }
  std::size_t overtaken() const { return overtaken_; }
  std::size_t doubled() const { return doubled_; }

 private:
  struct Held {
    std::string packet;
    std::size_t others;  ///< that go first
    Moment latest;
    std::atomic<std::size_t>* counts;
  };
  void run();
  void pass(std::string packet);
  void let_go(Moment now);
  void deliver(const std::string& packet);

  const Manners manners_;
  Fd device_;
  std::list<Held> held_;
  std::size_t count_ = 0;
  std::atomic<std::size_t> overtaken_{0}, doubled_{0};
  Waker waker_;
  std::thread thread_;
};

}  // namespace rig
