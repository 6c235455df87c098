// SPDX-License-Identifier: Apache-2.0
// One mosquitto behind two addresses. Node 0 is the first address, node 1 the server itself.
#include "peers/address.hpp"
#include "peers/mosquitto_node.hpp"
#include "peers/peer.hpp"

namespace peers {
namespace {

class TwoAddresses : public Peer {
 public:
  std::vector<std::string> uris() const override { return {first_.uri(), server_.uri()}; }
  std::vector<Node*> nodes() override { return {&first_, &server_}; }
  std::vector<std::uint16_t> ports() const override { return {server_.port()}; }
  bool speaks_5() const override { return true; }

 private:
  MosquittoNode server_;
  Address first_{server_.port()};
};

}  // namespace

Kind two_addresses() {
  return {.name = "two-addresses",
          .missing = [] { return missing_of({"mosquitto"}); },
          .start = [] { return std::make_unique<TwoAddresses>(); }};
}

}  // namespace peers
