// SPDX-License-Identifier: Apache-2.0
// A network and mounts of its own for a whole test program, with a DNS server's address in
// /etc/resolv.conf that is 127.0.0.1. A program has BOOST_TEST_GLOBAL_FIXTURE(OwnRoom) once:
// Boost.Test promises no order of several fixtures, and it must run before any thread.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

#include "rig/basics.hpp"
#include "rig/own_mounts.hpp"
#include "rig/own_network.hpp"

namespace rig {

struct OwnRoom {
  OwnRoom() { why_not() = enter(); }
  static std::string& why_not() {
    static std::string text;
    return text;
  }
  std::string enter() {
    write_file(folder / "resolv.conf", "nameserver 127.0.0.1\n");
    if (auto failed = enter_own_network(); !failed.empty()) return failed;
    if (auto failed = enter_own_mounts(); !failed.empty()) return failed;
    // avahi-daemon writes there.
    if (auto failed = cover_with_nothing("/run"); !failed.empty()) return failed;
    if (auto failed = cover("/etc/resolv.conf", (folder / "resolv.conf").string()); !failed.empty())
      return failed;
    write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");  // port 53 is for everybody
    return {};
  }
  Scratch folder;
};

inline boost::unit_test::precondition in_own_room() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(OwnRoom::why_not().empty());
    result.message() << OwnRoom::why_not();
    return result;
  });
}

}  // namespace rig
