// SPDX-License-Identifier: Apache-2.0
// Datagrams of any machine of the network. Laws: a server has a host and a port; their number is
// bounded; a question is asked once; what is told may be shown.
#include "discovery/multicast_message.hpp"

#include "fuzz/fuzz.hpp"

using namespace mqfail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte says where the second datagram begins.
  MulticastAnswers answers;
  const std::span<const unsigned char> all(data, size);
  const std::size_t first = size == 0 ? 0 : std::min<std::size_t>(data[0], size);
  if (first > 0) answers.take(all.subspan(1, first - 1));
  answers.take(all.subspan(first));
  const auto question = answers.question_left();
  fuzz::law(question.size() <= 65535, "a question fits a datagram");
  fuzz::law(question.empty() || answers.question_left().empty(), "a question is asked once");
  for (const bool tls_only : {false, true}) {
    const auto list = answers.servers("default", tls_only, 7);
    if (!list) {
      fuzz::law_error(list.error());
      continue;
    }
    fuzz::law(list->servers.size() <= kMostSrvTargets, "so many are used");
    for (const std::string& warning : list->warnings) fuzz::law_shown(warning);
    for (const Server& server : list->servers) {
      fuzz::law(!server.host.empty() && server.port != 0, "a host and a port", server.host);
      fuzz::law(!tls_only || is_tls(server.scheme), "only TLS", server.host);
      fuzz::law_shown(redacted_uri(server));
    }
  }
  return 0;
}
