// SPDX-License-Identifier: Apache-2.0
// A NATS cluster of three servers with JetStream, which keeps the MQTT sessions.
#include <array>

#include "peers/peer.hpp"
#include "peers/server.hpp"

namespace peers {
namespace {

class Nats : public Peer {
 public:
  Nats() {
    std::array<std::uint16_t, 3> routes{};
    for (std::uint16_t& route : routes) route = rig::free_port();
    std::string all_routes;
    for (const std::uint16_t route : routes)
      all_routes += "    nats-route://127.0.0.1:" + std::to_string(route) + "\n";
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::string name = "node" + std::to_string(i + 1);
      const std::string file = (folder_ / (name + ".conf")).string();
      const std::uint16_t port = rig::free_port();
      const auto listen = [](std::uint16_t at) { return "127.0.0.1:" + std::to_string(at) + "\n"; };
      rig::write_file(file, "server_name: " + name + "\nlisten: " + listen(rig::free_port()) +
                                "jetstream { store_dir: \"" + (folder_ / name).string() +
                                "\" }\n"
                                "cluster {\n  name: mqfail\n  listen: " +
                                listen(routes[i]) + "  routes: [\n" + all_routes +
                                "  ]\n}\n"
                                "mqtt {\n  ack_wait: \"3s\"\n  listen: " +
                                listen(port) + "}\n");
      nodes_[i] = std::make_unique<Server>(rig::Command{.argv = {"nats-server", "-c", file}}, port);
    }
  }
  ~Nats() override = default;

  std::vector<Node*> nodes() override { return nodes_of(nodes_); }
  std::vector<std::uint16_t> ports() const override { return ports_of(nodes_); }
  bool speaks_5() const override { return false; }

 private:
  rig::Scratch folder_;
  std::array<std::unique_ptr<Server>, 3> nodes_;
};

}  // namespace

Kind nats() {
  return {.name = "nats",
          .missing = [] { return missing_of({"nats-server"}); },
          .start = [] { return std::make_unique<Nats>(); }};
}

}  // namespace peers
