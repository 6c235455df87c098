// SPDX-License-Identifier: Apache-2.0
#include "rig/avahi.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <csignal>
#include <cstring>

namespace rig {
namespace {

void stop(std::unique_ptr<Process>& process) {
  if (process) process->signal(SIGTERM), process->wait_exit(5s);
  process.reset();
}

}  // namespace

void allow_multicast_on_loopback() {
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
  if (::ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0) throw Broken("lo takes no multicast");
}

Avahi::Avahi() {
  const std::string bus = "unix:path=" + (folder_ / "bus").string();
  environment_ = {{"DBUS_SYSTEM_BUS_ADDRESS", bus}};
  write_file(folder_ / "bus.conf",
             "<busconfig><type>system</type><listen>" + bus +
                 "</listen><policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
                 "<allow send_type=\"method_call\"/><allow send_type=\"signal\"/>"
                 "<allow send_requested_reply=\"true\"/><allow receive_type=\"method_call\"/>"
                 "<allow receive_type=\"signal\"/><allow receive_requested_reply=\"true\"/>"
                 "</policy></busconfig>\n");
  bus_ = std::make_unique<Process>(std::vector<std::string>{
      find_program("dbus-daemon"), "--config-file=" + (folder_ / "bus.conf").string(), "--nofork",
      "--nopidfile", "--print-address"});
  if (!bus_->wait_for_line(Stream::out, "unix:", 10s))
    throw Broken("dbus-daemon does not start: " + bus_->bytes(Stream::err));
  write_file(folder_ / "avahi.conf",
             "[server]\nhost-name=broker\nuse-ipv6=no\n[publish]\npublish-hinfo=no\n"
             "publish-workstation=no\n");
  daemon_ = std::make_unique<Process>(
      Command{{find_program("avahi-daemon"), "-f", (folder_ / "avahi.conf").string(),
               "--no-drop-root", "--no-chroot", "--no-rlimits"},
              environment_});
  if (!daemon_->wait_for_line(Stream::err, "Server startup complete", 20s))
    throw Broken("avahi-daemon does not start: " + daemon_->bytes(Stream::err));
}

Avahi::~Avahi() {
  while (!services_.empty()) withdraw();
  stop(daemon_);
  stop(bus_);
}

void Avahi::publish(const std::string& name, const std::string& type, std::uint16_t port,
                    const std::string& txt) {
  std::vector<std::string> argv{find_program("avahi-publish"), "-s", name, type,
                                std::to_string(port)};
  if (!txt.empty()) argv.push_back(txt);
  services_.push_back(std::make_unique<Process>(Command{argv, environment_}));
  if (!services_.back()->wait_for_line(Stream::err, "^Established", 20s))
    throw Broken("avahi-publish: " + services_.back()->bytes(Stream::err));
}

void Avahi::withdraw() {
  stop(services_.back());
  services_.pop_back();
}

}  // namespace rig
