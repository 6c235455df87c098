// SPDX-License-Identifier: Apache-2.0
// A list that a server or the network offers. Laws: errors and warnings may be shown; an offered
// server has no login, no file and no weaker check of its own; their number is bounded.
#include "discovery/offer_reader.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

NamingRequest request() {
  NamingRequest it;
  it.namings = {NamedServer{"mqtt://configured"}};
  it.defaults.username = "u";
  it.defaults.password = Secret(fuzz::kPassword);
  return it;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const OfferReader reader(request(), std::nullopt,
                                  [](const ServerList&) -> Result<Done> { return Done{}; });
  const auto reading =
      reader.read("topic mqfail/servers", fuzz::text_of(data, size), Origin::network);
  if (!reading) {
    fuzz::law_error(reading.error(), true);
    return 0;
  }
  for (const std::string& warning : reading->warnings) fuzz::law_shown(warning, true);
  if (!reading->servers) return 0;
  fuzz::law(reading->servers->size() <= kMostOffered, "so many are taken");
  for (const Server& server : *reading->servers) {
    const TlsSettings& tls = server.tls;
    fuzz::law(server.username == "u" && server.password == Secret(fuzz::kPassword),
              "no login of its own", server.host);
    fuzz::law(!server.client_id, "no client id of its own", server.host);
    fuzz::law(tls.cafile.empty() && tls.capath.empty() && tls.cert.empty() && tls.key.empty() &&
                  tls.thumbprint.empty(),
              "no file", server.host);
    fuzz::law(tls.verify_chain && tls.verify_name, "servers are verified", server.host);
    fuzz::law_shown(redacted_uri(server));
  }
  return 0;
}
