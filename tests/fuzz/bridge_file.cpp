// SPDX-License-Identifier: Apache-2.0
// Bridges of a mosquitto.conf. Laws: errors may be shown; a bridge that can be written is read as
// the same servers.
#include "config/naming/bridge_file.hpp"

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bridges = read_bridges("m.conf", fuzz::text_of(data, size));
  if (!bridges) {
    fuzz::law_error(bridges.error());
    return 0;
  }
  for (const Bridge& bridge : *bridges) {
    const auto written = write_bridge("b", bridge.servers);
    if (!written) {
      fuzz::law_error(written.error());
      continue;
    }
    const auto again = read_bridges("b.conf", *written);
    fuzz::law(again && again->size() == 1, "what is written can be read", *written);
    const auto& servers = again->front().servers;
    fuzz::law(servers.size() == bridge.servers.size(), "all servers are written", *written);
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const DocumentServer &was = bridge.servers[i], &is = servers[i];
      fuzz::law(is.host == was.host && is.port == was.port, "the same place", *written);
      fuzz::law(is.user_name == was.user_name, "the same user", *written);
      fuzz::law((is.tls == DocumentTls::none) == (was.tls == DocumentTls::none), "TLS", *written);
    }
  }
  return 0;
}
