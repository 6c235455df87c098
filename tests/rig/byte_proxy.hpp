// SPDX-License-Identifier: Apache-2.0
// A TCP proxy that knows no protocol: it is slow, cuts the stream into small pieces, or stops after
// a number of bytes, in each direction for itself.
#pragma once

#include <cstddef>
#include <limits>
#include <list>
#include <thread>

#include "rig/basics.hpp"

namespace rig {

/// How bytes go in one direction of each connection.
struct Manners {
  std::size_t slice = 0;                                       ///< bytes at a time; 0: all
  milliseconds every{0};                                       ///< a pause before each slice
  std::size_t most = std::numeric_limits<std::size_t>::max();  ///< no byte passes after these
  bool close = false;                                          ///< FIN after `most` bytes
};

class ByteProxy {
 public:
  /// `down` is the direction to the client.
  ByteProxy(std::uint16_t upstream, Manners down, Manners up = {});
  ~ByteProxy();
  ByteProxy(const ByteProxy&) = delete;
  ByteProxy& operator=(const ByteProxy&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  struct Half {
    Fd fd;
    std::string out;  ///< to be written to this side
    std::size_t sent = 0;
    Moment next{};  ///< not sooner
  };
  struct Pair {
    Half client, server;
    bool gone = false;
  };
  void run();
  static bool take(const Half& from, Half& to);
  static bool give(Half& to, const Manners& manners);

  std::uint16_t port_ = 0, upstream_;
  Manners down_, up_;
  Fd listener_;
  std::list<Pair> pairs_;
  Waker waker_;
  std::thread thread_;
};

}  // namespace rig
