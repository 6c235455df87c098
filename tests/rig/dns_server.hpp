// SPDX-License-Identifier: Apache-2.0
// A real DNS server (NSD) with one zone on a free port of 127.0.0.1. The destructor stops it by its
// process id.
#pragma once

#include <memory>

#include "rig/process.hpp"

namespace rig {

class DnsServer {
 public:
  /// Serves the zone test. with these records (RFC 1035, section 5; "@" and relative names are of
  /// test.). `port` 0 is a free one; another needs a network of its own (rig/own_network.hpp).
  explicit DnsServer(const std::string& records, std::uint16_t port = 0);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Replaces the records; returns when it answers with them.
  void serve(const std::string& records);

 private:
  bool start();

  Scratch folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace rig
