// SPDX-License-Identifier: Apache-2.0
#include "discovery/discovered.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "discovery/multicast.hpp"
#include "discovery/srv_lookup.hpp"
#include "discovery/update_sources.hpp"

namespace mqfail {
namespace {

// The servers of one name as a failover: URI, with what the user wants of each.
std::string uri_of(const ServerList& servers, const QueryOptions& nested) {
  std::string out;
  for (const Server& server : servers) out += (out.empty() ? "" : ",") + redacted_uri(server);
  std::string query;
  for (const auto& [name, value] : nested)
    query += (query.empty() ? "?" : "&") + ("nested." + name) + "=" + percent_encoded(value);
  return "failover:(" + out + ")" + query;
}

}  // namespace

Discovered::Discovered(Discovery::Kind kind, const UpdateRequest& request,
                       std::shared_ptr<const OfferReader> offers)
    : kind_(kind),
      once_(!request.tuning.supported),
      tls_only_(request.naming.defaults.tls_wanted),
      seed_(request.seed),
      offers_(std::move(offers)) {
  for (const Discovery& discovery : request.discoveries) {
    if (discovery.kind == kind) names_.push_back({.discovery = discovery});
  }
}

Result<SrvList> Discovered::look_up(const Name& name, const std::stop_token& stop) const {
  const bool tls_only = tls_only_ || name.had_tls;
  if (kind_ == Discovery::Kind::dns)
    return discover_by_srv(name.discovery.name, tls_only, seed_, {}, stop);
  return discover_by_multicast(name.discovery.name, tls_only, seed_, kMulticastListening, stop);
}

Result<Reading> Discovered::operator()(const std::stop_token& stop) {
  Reading reading;
  std::optional<Error> failure;
  for (Name& name : names_) {
    if (once_ && !name.servers.empty()) continue;
    auto found = look_up(name, stop);
    if (stop.stop_requested()) return reading;
    if (found) {
      take(name, std::move(*found), reading);
      continue;
    }
    failure = found.error();
    reading.again = std::min(reading.again.value_or(kDiscoveryRetry), kDiscoveryRetry);
    std::set<std::string> told{failure->message};
    const bool is_new = std::exchange(name.told, told) != told;
    name.is_new_trouble = name.is_new_trouble || is_new;
    if (is_new && !name.servers.empty()) {
      reading.warnings.push_back("the servers of " + printable(name.discovery.name, 300) +
                                 " stay as they are: " + failure->message);
    }
  }
  const bool none = std::all_of(names_.begin(), names_.end(),
                                [](const Name& name) { return name.servers.empty(); });
  if (none) return *failure;
  // Others are found: their servers are used, and this name is not forgotten.
  for (Name& name : names_) {
    if (name.servers.empty() && name.is_new_trouble) {
      reading.warnings.push_back("no server of " + printable(name.discovery.name, 300) +
                                 " is known so far: " + *name.told.begin());
    }
    name.is_new_trouble = false;
  }
  return offered(std::move(reading));
}

void Discovered::take(Name& name, SrvList found, Reading& reading) {
  name.servers = std::move(found.servers);
  name.had_tls = name.had_tls || std::any_of(name.servers.begin(), name.servers.end(),
                                             [](const Server& one) { return is_tls(one.scheme); });
  std::set<std::string> told(found.warnings.begin(), found.warnings.end());
  for (std::string& warning : found.warnings) {
    if (!name.told.contains(warning)) reading.warnings.push_back(std::move(warning));
  }
  name.told = std::move(told);
  if (!once_) reading.again = std::min(reading.again.value_or(found.again), found.again);
}

// The same servers in the same order are no news.
Result<Reading> Discovered::offered(Reading reading) {
  std::string now;
  for (const Name& name : names_) now += uri_of(name.servers, {}) + "\n";
  if (now == last_) return reading;
  ServerList all;
  for (const Name& name : names_) {
    if (name.servers.empty()) continue;
    auto part = offers_->read(name.discovery.name, uri_of(name.servers, name.discovery.nested),
                              Origin::user);
    if (!part) return part.error();
    reading.origins.insert(
        reading.origins.end(), part->servers->size(),
        (kind_ == Discovery::Kind::dns ? "srv " : "multicast ") + name.discovery.name);
    std::move(part->servers->begin(), part->servers->end(), std::back_inserter(all));
    std::move(part->warnings.begin(), part->warnings.end(), std::back_inserter(reading.warnings));
  }
  reading.servers = std::move(all);
  last_ = std::move(now);
  return reading;
}

Result<Reading> discover(const UpdateRequest& request) {
  const auto offers =
      std::make_shared<const OfferReader>(request.naming, std::nullopt, request.check);
  Reading all;
  for (const Discovery::Kind kind : {Discovery::Kind::dns, Discovery::Kind::multicast}) {
    Discovered discovered(kind, request, offers);
    if (!discovered.any()) continue;
    auto found = discovered({});
    if (!found) return found.error();
    if (!all.servers) all.servers.emplace();
    std::move(found->servers->begin(), found->servers->end(), std::back_inserter(*all.servers));
    std::move(found->origins.begin(), found->origins.end(), std::back_inserter(all.origins));
    std::move(found->warnings.begin(), found->warnings.end(), std::back_inserter(all.warnings));
  }
  return all;
}

}  // namespace mqfail
