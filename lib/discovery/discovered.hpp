// SPDX-License-Identifier: Apache-2.0
// The servers that are found by DNS or on this network, as one list (failover.md section 5): the
// lists of all names of one kind, one behind the other. A SourceReader reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/uri/discovery_uri.hpp"
#include "discovery/offer_reader.hpp"
#include "discovery/source_reader.hpp"
#include "discovery/srv_records.hpp"

namespace mqfail {

struct UpdateRequest;

/// When to look again after a look-up that has failed.
inline constexpr Duration kDiscoveryRetry = std::chrono::seconds(5);

class Discovered {
 public:
  /// Those of `request` that are of this kind.
  Discovered(Discovery::Kind kind, const UpdateRequest& request,
             std::shared_ptr<const OfferReader> offers);

  bool any() const { return !names_.empty(); }

  /// Looks all up. A name that cannot be looked up keeps the servers that it had, and a warning
  /// says so once. Errors: no name has a server.
  Result<Reading> operator()(const std::stop_token& stop);

 private:
  struct Name {
    Discovery discovery;
    ServerList servers = {};
    bool had_tls = false;
    std::set<std::string> told = {};  // warnings of the last look-up
    bool is_new_trouble = false;
  };

  Result<SrvList> look_up(const Name& name, const std::stop_token& stop) const;
  void take(Name& name, SrvList found, Reading& reading);
  Result<Reading> offered(Reading reading);

  Discovery::Kind kind_;
  bool once_;  // a list that may not change is looked up until it is found
  bool tls_only_;
  std::uint64_t seed_;
  std::shared_ptr<const OfferReader> offers_;
  std::vector<Name> names_;
  std::string last_;  // the list that was told
};

/// What all discoveries of `request` find now. Blocks for some seconds. Errors: a kind of them
/// finds nothing.
Result<Reading> discover(const UpdateRequest& request);

}  // namespace mqfail
