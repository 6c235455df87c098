// SPDX-License-Identifier: Apache-2.0
#include "discovery/multicast.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "base/descriptor.hpp"
#include "discovery/multicast_message.hpp"
#include "discovery/stop_event.hpp"

namespace mqfail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostInterfaces = 32;
constexpr std::size_t kLargestMessage = 9000;  // RFC 6762, section 17

// A socket whose datagrams to all leave by the interface with this address. The port is the
// kernel's choice, not 5353, so answers come to this socket alone (RFC 6762, section 6.7).
Descriptor open_socket(const in_addr& address) {
  Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr = address;
  constexpr int kTtl = 255;  // RFC 6762, section 11
  const bool ready =
      socket &&
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0 &&  // NOLINT
      ::setsockopt(socket.get(), IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address) == 0 &&
      ::setsockopt(socket.get(), IPPROTO_IP, IP_MULTICAST_TTL, &kTtl, sizeof kTtl) == 0;
  return ready ? std::move(socket) : Descriptor();
}

std::vector<Descriptor> open_sockets() {
  std::vector<Descriptor> sockets;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return sockets;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(first, ::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    constexpr unsigned kWanted = IFF_UP | IFF_MULTICAST;
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    if ((one->ifa_flags & kWanted) != kWanted || sockets.size() == kMostInterfaces) continue;
    const auto* const address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);  // NOLINT
    if (Descriptor socket = open_socket(address->sin_addr)) sockets.push_back(std::move(socket));
  }
  return sockets;
}

// One that is not sent is like one that gets lost.
void ask_all(const std::vector<Descriptor>& sockets, const MulticastAnswers::Bytes& question) {
  sockaddr_in group{};
  group.sin_family = AF_INET;
  group.sin_port = htons(5353);
  group.sin_addr.s_addr = htonl(0xE00000FB);  // 224.0.0.251
  for (const Descriptor& socket : sockets) {
    (void)::sendto(socket.get(), question.data(), question.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&group), sizeof group);  // NOLINT
  }
}

}  // namespace

Result<SrvList> discover_by_multicast(std::string_view group, bool tls_only, std::uint64_t seed,
                                      Duration listening, const std::stop_token& stop) {
  const auto begin = Clock::now();
  const StopEvent stopped(stop);
  const std::vector<Descriptor> sockets = open_sockets();
  if (sockets.empty()) {
    return Error{ErrorKind::unavailable, "no network interface here has multicast and an address",
                 "connect this machine to the network of the servers, or name the servers"};
  }
  std::vector<pollfd> wanted;
  wanted.reserve(sockets.size() + 1);
  for (const Descriptor& socket : sockets) wanted.push_back({socket.get(), POLLIN, 0});
  wanted.push_back({stopped.fd(), POLLIN, 0});

  MulticastAnswers answers;
  const auto question = MulticastAnswers::question();
  // Twice, a second apart at least (RFC 6762, section 5.2).
  std::vector<Clock::time_point> due{
      begin, begin + std::max<Duration>(listening / 2, std::chrono::seconds(1))};
  std::array<unsigned char, kLargestMessage>
      bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto end = begin + listening;
  for (auto now = begin; now < end && !stop.stop_requested(); now = Clock::now()) {
    if (!due.empty() && now >= due.front()) {
      ask_all(sockets, question);
      due.erase(due.begin());
    }
    const auto next = due.empty() ? end : std::min(end, due.front());
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(pause)) <= 0) continue;
    for (const Descriptor& socket : sockets) {
      const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
      if (got > 0) answers.take(std::span(bytes).first(static_cast<std::size_t>(got)));
    }
    if (const auto more = answers.question_left(); !more.empty()) ask_all(sockets, more);
  }
  return answers.servers(group, tls_only, seed);
}

}  // namespace mqfail
