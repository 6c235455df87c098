// SPDX-License-Identifier: Apache-2.0
// A RabbitMQ cluster of three nodes. A session is a classic queue on one node; in the form
// "mirrored" a policy keeps each session's queue on all nodes. In the form "out of memory" the
// first node has raised its memory alarm: what is published is not read, and pings are answered.
#include <array>

#include "peers/peer.hpp"
#include "peers/server.hpp"

using rig::free_port;

namespace peers {
namespace {

const std::string programs = "/usr/lib/rabbitmq/bin/";

class RabbitMq : public Peer {
 public:
  RabbitMq() {
    rig::write_file(folder_ / ".erlang.cookie", "mqfailmqfailmqfail");
    std::filesystem::permissions(folder_ / ".erlang.cookie", std::filesystem::perms::owner_read);
    epmd_ = std::make_unique<rig::Process>(rig::Command{
        .argv = {"epmd", "-address", "127.0.0.1", "-port", std::to_string(epmd_port_)}});
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::uint16_t port = free_port();
      write_configuration(i, port);
      auto environment = environment_of(i);
      environment["RABBITMQ_DIST_PORT"] = std::to_string(free_port());
      // With this the script becomes the server, instead of starting it.
      environment["RUNNING_UNDER_SYSTEMD"] = "1";
      nodes_[i] = std::make_unique<Server>(
          rig::Command{.argv = {programs + "rabbitmq-server"}, .environment = environment}, port);
      // The first node makes the cluster, the others join it.
      if (i == 0 && !nodes_[i]->serves(90s))
        throw rig::Broken("RabbitMQ does not start: " + nodes_[i]->said());
    }
  }
  ~RabbitMq() override = default;

  std::vector<Node*> nodes() override { return nodes_of(nodes_); }
  std::vector<std::uint16_t> ports() const override { return ports_of(nodes_); }
  void become(const std::string& form) override {
    if (form == form_) return;
    if (form_ == "mirrored") control({"clear_policy", "mirrored"});
    if (form_ == "out of memory") control({"set_vm_memory_high_watermark", "0.4"});
    if (form == "mirrored")
      control({"set_policy", "--apply-to", "queues", "mirrored", "^mqtt-subscription-",
               R"({"ha-mode":"all","ha-sync-mode":"automatic"})"});
    if (form == "out of memory") control({"set_vm_memory_high_watermark", "0.00001"});
    form_ = form;
  }
  bool speaks_5() const override { return false; }

 private:
  std::string folder_of(std::size_t node) const {
    return (folder_ / ("node" + std::to_string(node + 1))).string();
  }
  static std::string name_of(std::size_t node) {
    return "mqfail" + std::to_string(node + 1) + "@localhost";
  }

  void write_configuration(std::size_t node, std::uint16_t port) const {
    const std::string folder = folder_of(node);
    std::filesystem::create_directory(folder);
    rig::write_file(folder + "/empty", "");
    rig::write_file(folder + "/plugins", "[rabbitmq_mqtt].\n");
    std::string text =
        "listeners.tcp = none\n"
        "mqtt.listeners.tcp.1 = 127.0.0.1:" +
        std::to_string(port) +
        "\nmqtt.allow_anonymous = true\n"
        "cluster_formation.peer_discovery_backend = classic_config\n";
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      text += "cluster_formation.classic_config.nodes." + std::to_string(i + 1) + " = " +
              name_of(i) + "\n";
    rig::write_file(folder + "/rabbitmq.conf", text);
  }

  std::map<std::string, std::string> environment_of(std::size_t node) const {
    const std::string folder = folder_of(node);
    const std::string tools_port = std::to_string(free_port());
    return {{"HOME", folder_.path().string()},
            {"ERL_EPMD_ADDRESS", "127.0.0.1"},
            {"ERL_EPMD_PORT", std::to_string(epmd_port_)},
            {"RABBITMQ_NODENAME", name_of(node)},
            {"RABBITMQ_CONF_ENV_FILE", folder + "/empty"},
            {"RABBITMQ_CONFIG_FILE", folder + "/rabbitmq.conf"},
            {"RABBITMQ_ENABLED_PLUGINS_FILE", folder + "/plugins"},
            {"RABBITMQ_MNESIA_BASE", folder + "/data"},
            {"RABBITMQ_LOG_BASE", folder + "/log"},
            {"RABBITMQ_PID_FILE", folder + "/pid"},
            {"RABBITMQ_CTL_DIST_PORT_MIN", tools_port},
            {"RABBITMQ_CTL_DIST_PORT_MAX", tools_port},
            {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"}};
  }

  void control(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{programs + "rabbitmqctl"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const rig::Finished done =
        rig::run(rig::Command{.argv = argv, .environment = environment_of(0)}, 60s);
    if (done.exit.status != 0) throw rig::Broken("rabbitmqctl: " + done.out + done.err);
  }

  rig::Scratch folder_;
  const std::uint16_t epmd_port_ = free_port();
  std::unique_ptr<rig::Process> epmd_;  // the nodes find each other through it
  std::array<std::unique_ptr<Server>, 3> nodes_;
  std::string form_;
};

}  // namespace

Kind rabbitmq() {
  return {.name = "rabbitmq",
          .missing = [] { return missing_of({"epmd"}, {programs + "rabbitmq-server"}); },
          .start = [] { return std::make_unique<RabbitMq>(); }};
}

}  // namespace peers
