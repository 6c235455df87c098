// SPDX-License-Identifier: Apache-2.0
// The basis of the rig: one clock, descriptors that close themselves, scratch folders that are
// removed, numbered lines that detect damage. Everything listens on 127.0.0.1 only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace rig {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

inline double seconds_between(Moment from, Moment to) {
  return std::chrono::duration<double>(to - from).count();
}

/// The rig itself has failed: no port, no program, no folder. It is never used for the program
/// under test.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// A new folder, which is removed with its content.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_file(const std::filesystem::path& path);

/// A TCP socket that listens on 127.0.0.1. With `port` 0 it is free_port().
Fd listen_on(std::uint16_t port, int backlog = 64);
std::uint16_t port_of(const Fd& listener);
/// A port of 127.0.0.1 on which nobody listens. No other test and no connection gets it before this
/// process has asked for 256 more, also after a server on it has ended.
std::uint16_t free_port();
/// Connects within `patience`, or returns an empty Fd.
Fd connect_to(std::uint16_t port, milliseconds patience);
/// Stops listening, even while another thread still polls the descriptor.
void stop_listening(Fd& listener);
/// Closes with RST instead of FIN.
void reset_connection(Fd& fd);
/// Writes everything. False if the other side has closed.
bool write_all(int fd, std::string_view bytes);

/// "00000042 5a3c11e0 padding…": a number, the CRC-32 of number and padding, and the padding.
std::string numbered_line(std::uint32_t number, std::size_t length = 0);
/// The number of an undamaged numbered line.
std::optional<std::uint32_t> number_of(std::string_view line);

/// splitmix64: the same seed gives the same schedule on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high);
  bool one_in(std::uint64_t n) { return between(1, n) == 1; }

 private:
  std::uint64_t state_;
};

/// A pipe that a thread writes to in order to end a poll().
class Waker {
 public:
  Waker();
  int fd() const { return read_.get(); }
  void wake();
  void drain();

 private:
  Fd read_, write_;
};

}  // namespace rig
