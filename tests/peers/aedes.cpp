// SPDX-License-Identifier: Apache-2.0
// One aedes behind two addresses: plain TCP, which is node 0, and WebSocket. Node 1 is the server.
#include <cstdlib>

#include "paths.hpp"
#include "peers/address.hpp"
#include "peers/peer.hpp"
#include "peers/server.hpp"

namespace peers {
namespace {

/// The build's folder for aedes.mjs and for the modules of npm.
std::string folder() {
  return mqfail::test::bin_dir() + "/../tests/peers/";
}

class Aedes : public Peer {
 public:
  explicit Aedes(int version)
      : version_(version),
        server_(rig::Command{.argv = {"node", folder() + "aedes.mjs", std::to_string(version),
                                      std::to_string(port_), std::to_string(web_port_)}},
                port_) {}

  std::vector<std::string> uris() const override {
    return {tcp_.uri(), "ws://127.0.0.1:" + std::to_string(web_port_)};
  }
  std::vector<Node*> nodes() override { return {&tcp_, &server_}; }
  std::vector<std::uint16_t> ports() const override { return {port_}; }
  bool speaks_5() const override { return version_ == 2; }

 private:
  const int version_;
  const std::uint16_t port_ = rig::free_port(), web_port_ = rig::free_port();
  Server server_;
  Address tcp_{port_};
};

std::string missing(int version) {
  const std::string modules = folder() + "node_modules/";
  std::string what =
      missing_of({"node"}, {modules + (version == 1 ? "aedes" : "aedes2"), modules + "ws"});
  if (!what.empty() || version == 1) return what;
  const std::string node = rig::run({"node", "--version"}).out;  // v20.1.2
  return std::atoi(node.c_str() + 1) >= 20 ? "" : "aedes 2 needs node 20, and this is " + node;
}

}  // namespace

Kind aedes(int version) {
  return {.name = version == 1 ? "aedes" : "aedes-2",
          .missing = [version] { return missing(version); },
          .start = [version] { return std::make_unique<Aedes>(version); }};
}

}  // namespace peers
