// SPDX-License-Identifier: Apache-2.0
#include "rig/bad_line.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "rig/process.hpp"

namespace rig {
namespace {

const char* const kName = "bad0";
constexpr std::size_t kSource = 12, kDestination = 16;  // in an IPv4 header (RFC 791)
constexpr std::size_t kHeaderSum = 10, kTcpSum = 16;    // the latter in a TCP header (RFC 9293)
constexpr std::size_t kProtocol = 9;
constexpr auto kLongest = 5ms;

std::uint16_t two_at(const std::string& packet, std::size_t at) {
  std::uint16_t value = 0;
  std::memcpy(&value, packet.data() + at, sizeof value);
  return value;
}

// A checksum after the change of two bytes (RFC 1624).
void mend(std::string& packet, std::size_t sum_at, std::uint16_t before, std::uint16_t after) {
  std::uint32_t sum = static_cast<std::uint16_t>(~two_at(packet, sum_at));
  sum += static_cast<std::uint16_t>(~before);
  sum += after;
  while (sum > 0xFFFF) sum = (sum & 0xFFFFU) + (sum >> 16U);
  const auto mended = static_cast<std::uint16_t>(~sum);
  std::memcpy(packet.data() + sum_at, &mended, sizeof mended);
}

void set_address(std::string& packet, std::size_t at, const char* address) {
  const in_addr_t value = inet_addr(address);
  const std::size_t tcp = (static_cast<unsigned char>(packet[0]) & 0x0FU) * std::size_t{4};
  for (const std::size_t half : {0U, 2U}) {
    std::uint16_t after = 0;
    std::memcpy(&after, reinterpret_cast<const char*>(&value) + half, sizeof after);
    const std::uint16_t before = two_at(packet, at + half);
    mend(packet, kHeaderSum, before, after);
    mend(packet, tcp + kTcpSum, before, after);
    std::memcpy(packet.data() + at + half, &after, sizeof after);
  }
}

void must(const std::vector<std::string>& command) {
  const Finished done = rig::run(command);
  if (done.exit.status != 0) throw Broken(command[0] + ": " + done.err);
}

}  // namespace

BadLine::BadLine(Manners manners)
    : manners_(manners), device_(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
  ifreq wanted{};
  std::strcpy(wanted.ifr_name, kName);
  wanted.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (!device_ || ::ioctl(device_.get(), TUNSETIFF, &wanted) != 0)
    throw Broken(std::string("no TUN device: ") + std::strerror(errno));
  must({"ip", "address", "add", "10.77.0.1/24", "dev", kName});
  must({"ip", "link", "set", kName, "up"});
  // Packets from outside may be for 127.0.0.1.
  write_file(std::string("/proc/sys/net/ipv4/conf/") + kName + "/route_localnet", "1");
  write_file(std::string("/proc/sys/net/ipv4/conf/") + kName + "/rp_filter", "0");
  thread_ = std::thread([this] { run(); });
}

BadLine::~BadLine() {
  waker_.wake();
  thread_.join();
}

void BadLine::run() {
  std::array<char, 65536> room;
  while (true) {
    pollfd fds[] = {{waker_.fd(), POLLIN, 0}, {device_.get(), POLLIN, 0}};
    ::poll(fds, 2, held_.empty() ? -1 : 1);
    if (fds[0].revents != 0) return;
    for (ssize_t got = 0; (got = ::read(device_.get(), room.data(), room.size())) > 0;)
      pass({room.data(), static_cast<std::size_t>(got)});
    let_go(Clock::now());
  }
}

void BadLine::pass(std::string packet) {
  // IPv6 looks for neighbours.
  if ((static_cast<unsigned char>(packet[0]) >> 4U) != 4 || packet[kProtocol] != IPPROTO_TCP)
    return;
  const bool there = packet.compare(kDestination, 4, "\x0a\x4d\x00\x02", 4) == 0 &&
                     packet.compare(kSource, 4, "\x0a\x4d\x00\x01", 4) == 0;
  set_address(packet, kSource, "10.77.0.2");
  set_address(packet, kDestination, there ? "127.0.0.1" : "10.77.0.1");
  const Moment now = Clock::now();
  ++count_;
  if (manners_.late != 0 && count_ % manners_.late == 0) {
    held_.push_back({std::move(packet), manners_.behind, now + kLongest, &overtaken_});
    return;
  }
  deliver(packet);
  for (Held& held : held_)
    if (held.others > 0) --held.others;
  let_go(now);
  if (manners_.twice != 0 && count_ % manners_.twice == 0)
    held_.push_back({std::move(packet), manners_.behind, now + kLongest, &doubled_});
}

void BadLine::let_go(Moment now) {
  for (auto held = held_.begin(); held != held_.end();) {
    if (held->others != 0 && now < held->latest) {
      ++held;
      continue;
    }
    deliver(held->packet);
    if (held->others < manners_.behind) ++*held->counts;
    held = held_.erase(held);
  }
}

void BadLine::deliver(const std::string& packet) {
  // What the kernel does not take is lost, as on any line.
  (void)!::write(device_.get(), packet.data(), packet.size());
}

}  // namespace rig
