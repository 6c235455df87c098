// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "faults/trial.hpp"

namespace faults {

using namespace rig;

Flow::Flow(std::vector<Server*> servers, StreamSettings settings) : settings_(std::move(settings)) {
  std::vector<std::uint16_t> ports;
  for (Server* server : servers) {
    if (auto* const scripted = dynamic_cast<Scripted*>(server))
      scripted_.push_back(scripted);
    else
      ports.push_back(server->port());
  }
  if (ports.empty()) {
    thread_ = std::thread([this] { run(); });
    return;
  }
  settings_.qos = std::min(settings_.qos, 1);  // StreamPublisher knows no QoS 2
  stream_ = std::make_unique<StreamPublisher>(ports, settings_);
}

Flow::~Flow() {
  stop();
}

std::uint32_t Flow::published() const {
  return stream_ ? stream_->published() : published_.load();
}

std::uint32_t Flow::stop() {
  stop_ = true;
  if (stream_) stream_->stop();
  if (thread_.joinable()) thread_.join();
  return published();
}

void Flow::run() {
  Moment next = Clock::now();
  while (!stop_) {
    const std::uint32_t number = published_ + 1;
    Publish publish{
        .topic = settings_.topic, .payload = numbered_line(number), .qos = settings_.qos};
    if (settings_.sequence)
      publish.properties = {{property::user, 0, settings_.identity, "mqfail-id"},
                            {property::user, 0, std::to_string(number), "mqfail-seq"}};
    published_ = number;
    for (Scripted* server : scripted_) server->server.publish(publish);
    next += settings_.every;
    std::this_thread::sleep_until(next);  // the stream's own beat, nobody waits on it
  }
}

}  // namespace faults
