// SPDX-License-Identifier: Apache-2.0
#include "peers/peer.hpp"

namespace peers {

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      rabbitmq(),      nats(),   activemq(), bridged("mqttv311"), bridged("mqttv50"),
      two_addresses(), aedes(1), aedes(2),   haproxy(true),       haproxy(false)};
  return all;
}

}  // namespace peers
