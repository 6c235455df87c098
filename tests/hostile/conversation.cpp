// SPDX-License-Identifier: Apache-2.0
#include "hostile/conversation.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <list>

#include "hostile/child.hpp"
#include "rig/sanitizer.hpp"

namespace hostile {
namespace {

using rig::Clock;
using rig::Fd;
using rig::Moment;
using namespace std::chrono_literals;

// Much more than any conversation needs: keepalive finds a silent server in 1.5 s.
constexpr auto kPatience = 15s * rig::kSlower;
constexpr auto kSlowByte = 2ms;

struct Line {
  Fd fd;
  Peer peer;
  Moment next_byte{};
};

class Table {
 public:
  Table(const Plan& plan, const std::string& bin_dir)
      : plan_(plan), child_(command(bin_dir), plan.input, plan.terminal) {}

  Outcome run() {
    while (!exited_) turn();
    outcome_.status = child_.reap();
    outcome_.seconds = rig::seconds_between(begun_, Clock::now());
    outcome_.peak_kib = child_.peak_kib();
    outcome_.out = child_.out();
    outcome_.err = child_.err();
    return std::move(outcome_);
  }

 private:
  std::vector<std::string> command(const std::string& bin_dir) const {
    static constexpr std::array<const char*, 3> kNames{"/mqfail-sub", "/mqfail-pub",
                                                       "/mqfail-probe"};
    std::vector<std::string> argv{bin_dir + kNames.at(static_cast<std::size_t>(plan_.tool))};
    for (const int server : {kHostile, kGood})
      argv.insert(argv.end(),
                  {"-s", "mqtt://127.0.0.1:" + std::to_string(rig::port_of(listeners_[server]))});
    argv.insert(argv.end(), plan_.arguments.begin(), plan_.arguments.end());
    return argv;
  }

  void tell(int server, const std::string& what) {
    constexpr std::size_t kMost = 1000;  // a flood makes many lines
    if (outcome_.ledger.story.size() == kMost) return;
    static constexpr std::array<const char*, 3> kServers{"hostile  ", "good     ", "stranger "};
    std::array<char, 16> time{};
    std::snprintf(time.data(), time.size(), "%7.1f ms  ",
                  rig::seconds_between(begun_, Clock::now()) * 1000);
    outcome_.ledger.story.push_back(std::string(time.data()) +
                                    kServers.at(static_cast<std::size_t>(server)) + what);
  }

  void turn() {
    std::vector<pollfd> waits{
        {child_.exit_fd(), POLLIN, 0}, {child_.out_fd(), POLLIN, 0}, {child_.err_fd(), POLLIN, 0}};
    for (const Fd& listener : listeners_) waits.push_back({listener.get(), POLLIN, 0});
    const std::size_t first_line = waits.size();
    Moment until = begun_ + kPatience;
    for (const Line& line : lines_) {
      const bool pause = line.next_byte > Clock::now();
      if (pause) until = std::min(until, line.next_byte);
      const bool writes = !line.peer.out.empty() && !pause;
      waits.push_back({line.fd.get(), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    ::poll(waits.data(), waits.size(), static_cast<int>(std::max<long>(left, 0)));
    if (waits[1].revents != 0) child_.read_out();
    if (waits[2].revents != 0) child_.read_err();
    std::size_t at = first_line;
    for (Line& line : lines_)
      if (waits[at++].revents != 0) serve(line);
    for (Line& line : lines_) flush(line);  // also what another one has echoed
    lines_.remove_if([](const Line& line) { return !line.fd; });
    for (int server = 0; server < 3; ++server)
      if (waits[3 + static_cast<std::size_t>(server)].revents != 0) accept(server);
    exited_ = waits[0].revents != 0;
    if (!exited_ && Clock::now() > begun_ + kPatience) {
      outcome_.hung = exited_ = true;
      child_.kill();
    }
  }

  void accept(int server) {
    Fd fd(::accept4(listeners_[static_cast<std::size_t>(server)].get(), nullptr, nullptr,
                    SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tell(server, "accepts");
    if (server > kGood) ++outcome_.strangers;
    const std::string reference = "127.0.0.1:" + std::to_string(rig::port_of(listeners_[2]));
    lines_.push_back({std::move(fd),
                      Peer(
                          server, server != kHostile, plan_, reference, outcome_.ledger,
                          [this, server](const std::string& what) { tell(server, what); },
                          [this](const rig::Publish& publish) { echo(publish); }),
                      {}});
  }

  // To all: the servers of a probe belong together.
  void echo(const rig::Publish& publish) {
    for (Line& line : lines_)
      if (line.fd && line.peer.subscribed()) line.peer.deliver(publish);
  }

  void serve(Line& line) {
    std::array<char, 65536> block{};
    const ssize_t got = ::read(line.fd.get(), block.data(), block.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      line.fd.reset();
      return;
    }
    line.peer.take({block.data(), static_cast<std::size_t>(got)});
  }

  void flush(Line& line) {
    Peer& peer = line.peer;
    while (line.fd && !peer.out.empty()) {
      if (line.next_byte > Clock::now()) return;
      const std::size_t size = peer.slow + peer.single > 0 ? 1 : peer.out.size();
      const ssize_t sent = ::send(line.fd.get(), peer.out.data(), size, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {
        line.fd.reset();
        return;
      }
      peer.out.erase(0, static_cast<std::size_t>(sent));
      if (peer.slow > 0) {
        --peer.slow;
        line.next_byte = Clock::now() + kSlowByte;
      } else if (peer.single > 0) {
        --peer.single;
      }
    }
    if (!line.fd) return;
    if (peer.ending == Then::close) line.fd.reset();
    if (peer.ending == Then::reset) rig::reset_connection(line.fd);
  }

  const Plan& plan_;
  const Moment begun_ = Clock::now();
  const std::array<Fd, 3> listeners_{rig::listen_on(0), rig::listen_on(0), rig::listen_on(0)};
  Child child_;
  std::list<Line> lines_;
  Outcome outcome_;
  bool exited_ = false;
};

}  // namespace

Outcome converse(const Plan& plan, const std::string& bin_dir) {
  return Table(plan, bin_dir).run();
}

}  // namespace hostile
