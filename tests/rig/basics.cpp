// SPDX-License-Identifier: Apache-2.0
#include "rig/basics.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <mutex>
#include <sstream>

namespace rig {
namespace {

// A peer that closes the connection is a result here, not the end of the test.
const auto ignore_sigpipe = std::signal(SIGPIPE, SIG_IGN);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void allow_reuse(const Fd& fd) {
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

std::uint32_t crc32(std::string_view text, std::uint32_t crc = 0) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
      made[i] = c;
    }
    return made;
  }();
  crc = ~crc;
  for (const char c : text) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "mqfail-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Broken("mkdtemp: " + name);
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw Broken("cannot write " + path.string());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Fd listen_on(std::uint16_t port, int backlog) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  allow_reuse(fd);
  const sockaddr_in address = loopback(port != 0 ? port : free_port());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), backlog) != 0)
    throw Broken("cannot listen on 127.0.0.1:" + std::to_string(port) + ": " +
                 std::strerror(errno));
  return fd;
}

std::uint16_t port_of(const Fd& listener) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

std::uint16_t free_port() {
  // A port that nobody holds is given to the next socket that asks for any: a test beside this one,
  // or a connection that a command makes. So the port stays bound here, without listening: a
  // connect is refused, and a server with SO_REUSEADDR (every real one) can still listen on it.
  static std::mutex mutex;
  static std::deque<Fd> held;
  constexpr std::size_t kHeld = 256;  // the descriptors of a process are few (1024)
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  allow_reuse(fd);
  const sockaddr_in address = loopback(0);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw Broken("no free port");
  const std::uint16_t port = port_of(fd);
  const std::scoped_lock lock(mutex);
  if (held.size() == kHeld) held.pop_front();
  held.push_back(std::move(fd));
  return port;
}

Fd connect_to(std::uint16_t port, milliseconds patience) {
  const Moment end = Clock::now() + patience;
  for (;;) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return fd;
    }
    if (Clock::now() >= end) return {};
    ::poll(nullptr, 0, 5);  // refused: not listening yet, and nothing tells us when it will
  }
}

void stop_listening(Fd& listener) {
  if (listener) ::shutdown(listener.get(), SHUT_RDWR);
  listener.reset();
}

void reset_connection(Fd& fd) {
  const linger now{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd.reset();
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string numbered_line(std::uint32_t number, std::size_t length) {
  std::array<char, 16> head{};
  std::snprintf(head.data(), head.size(), "%08u", number);
  std::string padding;
  while (18 + padding.size() < length)
    padding += static_cast<char>('a' + (number + padding.size()) % 26);
  std::array<char, 16> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x", crc32(padding, crc32(head.data())));
  std::string line = std::string(head.data()) + " " + sum.data();
  if (!padding.empty()) line += " " + padding;
  return line;
}

std::optional<std::uint32_t> number_of(std::string_view line) {
  if (line.size() < 17 || line[8] != ' ' || (line.size() > 17 && line[17] != ' ')) return {};
  const std::string_view padding = line.size() > 18 ? line.substr(18) : std::string_view();
  const std::uint32_t expected = crc32(padding, crc32(line.substr(0, 8)));
  std::array<char, 16> sum{};
  std::snprintf(sum.data(), sum.size(), "%08x", expected);
  if (line.substr(9, 8) != sum.data()) return {};
  std::uint32_t number = 0;
  for (const char c : line.substr(0, 8)) {
    if (c < '0' || c > '9') return {};
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t Dice::between(std::uint64_t low, std::uint64_t high) {
  return low + next() % (high - low + 1);
}

Waker::Waker() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw Broken("pipe2");
  read_ = Fd(ends[0]);
  write_ = Fd(ends[1]);
}

void Waker::wake() {
  const char byte = 'w';
  if (::write(write_.get(), &byte, 1) < 0) return;  // full: it will wake anyway
}

void Waker::drain() {
  std::array<char, 256> sink;
  while (::read(read_.get(), sink.data(), sink.size()) > 0) {
  }
}

}  // namespace rig
