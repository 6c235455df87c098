// SPDX-License-Identifier: Apache-2.0
// Answers of DNS servers. Laws: a server has the name of a host and a port; ids are unique; their
// number and the time until the next question are bounded; the same answer gives the same list.
#include "discovery/srv_message.hpp"

#include <set>

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = read_srv_message({data, size});
  if (!answer) {
    fuzz::law_error(answer.error());
    return 0;
  }
  fuzz::law_shown(answer->nothing);
  const SrvQuestion question{"_mqtt._tcp.x", Scheme::tcp};
  const SrvList list = srv_servers(question, *answer, 7);
  fuzz::law(list.servers.size() <= kMostSrvTargets, "so many are used");
  fuzz::law(list.again >= kShortestSrvTtl && list.again <= kLongestSrvTtl, "asked again in time");
  for (const std::string& warning : list.warnings) fuzz::law_shown(warning);
  std::set<std::string> ids;
  for (const Server& server : list.servers) {
    fuzz::law(is_dns_host(server.host) && server.port != 0, "a host and a port", server.host);
    fuzz::law(ids.insert(server.id).second, "ids are unique", server.id);
  }
  fuzz::law(srv_servers(question, *answer, 7).servers == list.servers, "the same list");
  return 0;
}
