// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.hpp"

#include <sys/resource.h>

#include <list>
#include <memory>
#include <utility>

namespace mqfail {
namespace {

// Each server takes a descriptor, so a long roster exceeds the usual soft limit of 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

struct Lasting {
  explicit Lasting(std::unique_ptr<DirectTransport> its)
      : transport(std::move(its)), ground{*transport} {}
  std::unique_ptr<DirectTransport> transport;
  RoundGround ground;
};

}  // namespace

Result<RoundGround*> lasting_ground(int interrupt_fd) {
  raise_descriptor_limit();
  auto transport = DirectTransport::make();
  if (!transport) return transport.error();
  static auto& all = *new std::list<Lasting>;
  RoundGround& ground = all.emplace_back(std::move(*transport)).ground;
  ground.interrupt_fd = interrupt_fd;
  return &ground;
}

Result<Probed> probe(const ServerList& servers, const ProbeSettings& settings) {
  const auto ground = lasting_ground(-1);
  if (!ground) return ground.error();
  Round round(servers, settings, **ground, false);
  round.ask();
  return Probed{round.reports(), round.cross()};
}

Message announcement_message(std::string_view topic, std::string_view payload) {
  return {.topic = topic, .payload = payload, .qos = 1, .retain = true};
}

Result<std::vector<Announced>> announce(const ServerList& servers, const ProbeSettings& settings,
                                        std::string_view topic, std::string_view payload) {
  const auto ground = lasting_ground(-1);
  if (!ground) return ground.error();
  Round round(servers, settings, **ground, true);
  round.ask();
  std::vector<Announced> all;
  std::vector<std::size_t> reached;
  for (const Server& server : servers) {
    const std::size_t place = all.size();
    const ServerReport& report = round.reports()[place];
    all.push_back({&server, report.up, report.reason});
    if (report.up) reached.push_back(place);
  }
  const auto published = round.publish(announcement_message(topic, payload), reached);
  if (!published) return all;  // nothing interrupts it
  for (const Publication& one : *published) all[one.place].refused = one.refused;
  return all;
}

}  // namespace mqfail
