// SPDX-License-Identifier: Apache-2.0
// Two ActiveMQ brokers in a network: each hands on what the subscribers of the other one want.
// Sessions are kept in memory, by each broker for itself.
#include <array>

#include "peers/peer.hpp"
#include "peers/server.hpp"

namespace peers {
namespace {

const std::string home = "/usr/share/activemq", jars = "/usr/share/java/";
/// What Debian's package does not bring for MQTT.
const std::vector<std::string> mqtt_jars{"mqtt-client.jar", "hawtdispatch.jar",
                                         "hawtdispatch-transport.jar"};

class ActiveMq : public Peer {
 public:
  ActiveMq() {
    const std::filesystem::path extra = folder_ / "jars";
    std::filesystem::create_directory(extra);
    for (const std::string& jar : mqtt_jars)
      std::filesystem::create_symlink(jars + jar, extra / jar);
    const std::array<std::uint16_t, 2> links{rig::free_port(), rig::free_port()};
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::string name = "node" + std::to_string(i + 1);
      const std::filesystem::path base = folder_ / name;
      std::filesystem::create_directory(base);
      const std::uint16_t port = rig::free_port();
      const auto at = [](std::uint16_t p) { return "127.0.0.1:" + std::to_string(p); };
      const std::string broker = "broker:(mqtt://" + at(port) + ",tcp://" + at(links[i]) +
                                 ",network:static:(tcp://" + at(links[1 - i]) +
                                 ")?initialReconnectDelay=500&useExponentialBackOff=false)"
                                 "?persistent=false&useJmx=false&brokerName=" +
                                 name;
      nodes_[i] = std::make_unique<Server>(
          rig::Command{
              .argv = {"java", "-Xmx256m", "-Dactivemq.home=" + home,
                       "-Dactivemq.base=" + base.string(),
                       "-Dactivemq.conf=" + (base / "conf").string(),
                       "-Dactivemq.data=" + (base / "data").string(), "-jar",
                       home + "/bin/activemq.jar", "start", "--extdir", extra.string(), broker},
              .directory = base.string()},
          port);
    }
  }
  ~ActiveMq() override = default;

  std::vector<Node*> nodes() override { return nodes_of(nodes_); }
  std::vector<std::uint16_t> ports() const override { return ports_of(nodes_); }
  bool speaks_5() const override { return false; }
  bool shares_sessions() const override { return false; }

 private:
  rig::Scratch folder_;
  std::array<std::unique_ptr<Server>, 2> nodes_;
};

}  // namespace

Kind activemq() {
  return {.name = "activemq",
          .missing =
              [] {
                std::vector<std::string> files{home + "/bin/activemq.jar"};
                for (const std::string& jar : mqtt_jars) files.push_back(jars + jar);
                return missing_of({"java"}, files);
              },
          .start = [] { return std::make_unique<ActiveMq>(); }};
}

}  // namespace peers
