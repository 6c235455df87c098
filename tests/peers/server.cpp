// SPDX-License-Identifier: Apache-2.0
#include "peers/server.hpp"

#include <csignal>
#include <thread>

#include "rig/client.hpp"

namespace peers {

namespace {

// Whether an MQTT server accepts a CONNECT of MQTT 3.1.1 at this port now.
bool accepts_connect(std::uint16_t port) {
  try {
    const rig::Client client(port);
    return true;
  } catch (const rig::Broken&) {
    return false;
  }
}

}  // namespace

Server::Server(rig::Command command, std::uint16_t port)
    : command_(std::move(command)), port_(port) {
  start();
}

void Server::start() {
  process_ = std::make_unique<rig::Process>(command_);
}

void Server::kill9() {
  process_->signal(SIGKILL);
  if (!process_->wait_exit(10s)) throw rig::Broken(command_.argv[0] + " survives SIGKILL");
}

void Server::terminate() {
  process_->signal(SIGTERM);
  if (!process_->wait_exit(60s)) throw rig::Broken(command_.argv[0] + " survives SIGTERM");
}

void Server::freeze() {
  process_->signal(SIGSTOP);
}

void Server::thaw() {
  process_->signal(SIGCONT);
}

bool Server::serves(milliseconds patience) {
  const rig::Moment end = rig::Clock::now() + patience;
  while (rig::Clock::now() < end) {
    if (!process_->running()) start();
    if (accepts_connect(port_)) return true;
    std::this_thread::sleep_for(20ms);  // nothing tells us when it is ready
  }
  return false;
}

std::string Server::said() {
  const std::string all = process_->bytes(rig::Stream::out) + process_->bytes(rig::Stream::err);
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

}  // namespace peers
