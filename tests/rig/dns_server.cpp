// SPDX-License-Identifier: Apache-2.0
#include "rig/dns_server.hpp"

#include <csignal>

namespace rig {
namespace {

constexpr std::string_view kHead =
    "$ORIGIN test.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n";

}  // namespace

DnsServer::DnsServer(const std::string& records, std::uint16_t port) {
  write_file(folder_ / "zone", std::string(kHead) + records);
  const Moment end = Clock::now() + 10s;
  do {
    port_ = port == 0 ? free_port() : port;
    if (start()) return;
  } while (port == 0 && Clock::now() < end);
  throw Broken("nsd does not start: " + process_->bytes(Stream::err));
}

DnsServer::~DnsServer() {
  if (process_) process_->signal(SIGTERM), process_->wait_exit(5s);
}

bool DnsServer::start() {
  const auto in_folder = [&](std::string_view name) {
    return "\"" + (folder_ / name).string() + "\"\n";
  };
  write_file(folder_ / "nsd.conf",
             "server:\n ip-address: 127.0.0.1\n port: " + std::to_string(port_) +
                 "\n username: \"\"\n chroot: \"\"\n server-count: 1\n rrl-ratelimit: 0\n "
                 "database: \"\"\n zonesdir: " +
                 in_folder("") + " pidfile: \"\"\n xfrdfile: " + in_folder("xfrd") +
                 " zonelistfile: " + in_folder("zones") + " xfrdir: " + in_folder("") +
                 "remote-control:\n control-enable: no\nzone:\n name: test.\n zonefile: zone\n");
  process_ = std::make_unique<Process>(
      std::vector<std::string>{find_program("nsd"), "-d", "-c", (folder_ / "nsd.conf").string()});
  // It has its sockets before it says so.
  return process_->wait_for_line(Stream::err, "nsd started", 5s).has_value();
}

void DnsServer::serve(const std::string& records) {
  write_file(folder_ / "zone", std::string(kHead) + records);
  process_->signal(SIGTERM);
  if (!process_->wait_exit(5s)) throw Broken("nsd survives SIGTERM");
  if (!start()) throw Broken("nsd does not start again: " + process_->bytes(Stream::err));
}

}  // namespace rig
