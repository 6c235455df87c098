// SPDX-License-Identifier: Apache-2.0
// A haproxy with two addresses in front of two bridged mosquittos. With checks each address leads
// to one of the servers, and to the other one while the checks find it dead. Without checks an
// address whose server is dead accepts connections and closes them.
#include "peers/mosquitto_node.hpp"
#include "peers/peer.hpp"
#include "rig/process.hpp"

namespace peers {
namespace {

class Haproxy : public Peer {
 public:
  explicit Haproxy(bool checks) {
    const std::string file = (folder_ / "haproxy.cfg").string();
    rig::write_file(file,
                    "defaults\n"
                    "  mode tcp\n"
                    "  timeout connect 1s\n"
                    "  timeout client 1h\n"
                    "  timeout server 1h\n" +
                        section(first_address_, first_.port(), second_.port(), checks) +
                        section(second_address_, second_.port(), first_.port(), checks));
    proxy_ = std::make_unique<rig::Process>(rig::Command{.argv = {"haproxy", "-db", "-f", file}});
    for (const std::uint16_t address : {first_address_, second_address_})
      if (!rig::connect_to(address, 10s))
        throw rig::Broken("haproxy does not start: " + proxy_->bytes(rig::Stream::err));
  }
  ~Haproxy() override = default;

  std::vector<std::string> uris() const override {
    return {"mqtt://127.0.0.1:" + std::to_string(first_address_),
            "mqtt://127.0.0.1:" + std::to_string(second_address_)};
  }
  std::vector<Node*> nodes() override { return {&first_, &second_}; }
  std::vector<std::uint16_t> ports() const override {
    return {first_.port(), second_.port(), first_address_, second_address_};
  }
  bool speaks_5() const override { return true; }
  bool shares_sessions() const override { return false; }

 private:
  static std::string section(std::uint16_t address, std::uint16_t server, std::uint16_t other,
                             bool checks) {
    const auto at = [](std::uint16_t port) { return " 127.0.0.1:" + std::to_string(port); };
    const std::string check = " check inter 200ms fall 2 rise 2 on-marked-down shutdown-sessions\n";
    std::string text = "listen address" + std::to_string(address) + "\n  bind" + at(address) +
                       "\n  server own" + at(server) + (checks ? check : "\n");
    if (checks) text += "  server other" + at(other) + " backup" + check;
    return text;
  }

  rig::Scratch folder_;
  MosquittoNode second_;
  MosquittoNode first_{bridge_to(second_.port(), "mqttv50")};
  const std::uint16_t first_address_ = rig::free_port(), second_address_ = rig::free_port();
  std::unique_ptr<rig::Process> proxy_;
};

}  // namespace

Kind haproxy(bool checks) {
  return {.name = checks ? "haproxy-checks" : "haproxy",
          .missing =
              [] {
                return missing_of({"haproxy", "mosquitto"});
              },
          .start = [checks] { return std::make_unique<Haproxy>(checks); }};
}

}  // namespace peers
