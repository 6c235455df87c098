// SPDX-License-Identifier: Apache-2.0
#include "discovery/offer_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kMostNames = 10;  // of refused servers in one warning

bool is_document(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with("\xEF\xBB\xBF")) text = trimmed(text.substr(3));
  return text.starts_with('{') || text.starts_with('[') || text.starts_with('/');
}

Error invalid(const std::string& name, std::string message, std::string hint) {
  return {ErrorKind::data, name + ": " + std::move(message), std::move(hint)};
}

std::string names(const std::vector<std::string>& all) {
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kMostNames); ++i)
    out += (i == 0 ? "" : ", ") + printable(all[i], 300);
  if (all.size() > kMostNames) out += " and " + std::to_string(all.size() - kMostNames) + " more";
  return out;
}

}  // namespace

Error too_large(const std::string& name) {
  return invalid(name, "the list is larger than 1 MiB", "name fewer servers in it");
}

OfferReader::OfferReader(NamingRequest request, std::optional<ServerFilter> filter,
                         std::function<Result<Done>(const ServerList&)> check)
    : request_(std::move(request)), filter_(std::move(filter)), check_(std::move(check)) {
  request_.namings.clear();
  request_.ports.clear();
  request_.streams.clear();
  request_.environment.reset();
  request_.again = true;
  request_.most_servers = kMostOffered;
}

Result<NamedRoster> OfferReader::named(const std::string& name, std::string_view text,
                                       Origin origin) const {
  NamingRequest request = request_;
  request.offered = origin == Origin::network;
  if (is_document(text)) {
    request.namings.emplace_back(NamedFile{name});
    request.streams[name] = Secret(std::string(text));
  } else {
    request.environment = std::string(text);
    request.environment_name = name;
  }
  return name_servers(request, {});
}

Result<Reading> OfferReader::read(const std::string& name, std::string_view text,
                                  Origin origin) const {
  if (text.size() > kLargestAnnouncement) return too_large(name);
  if (trimmed(text).empty())
    return invalid(name, "the list is empty",
                   "publish a RedundantServers document or a failover: URI");
  auto roster = named(name, text, origin);
  if (!roster) return roster.error();
  if (!roster->discoveries.empty())
    return invalid(name, "an update may not name a discovery", "name the servers in it");
  Reading reading;
  reading.rebalance = roster->settings.rebalance.value_or(false);
  ServerList& servers = roster->servers;
  if (filter_) {
    std::vector<std::string> refused;
    std::erase_if(servers, [&](const Server& server) {
      if (filter_->admits(server, origin == Origin::user)) return false;
      refused.push_back(origin == Origin::user ? server.id : endpoint(server));
      return true;
    });
    if (servers.empty())
      return invalid(name, "updateClusterFilter admits none of its servers: " + names(refused),
                     "change updateClusterFilter, or the list");
    if (!refused.empty()) {
      reading.warnings.push_back(name + ": updateClusterFilter does not admit " + names(refused));
    }
  }
  if (auto fits = check_(servers); !fits) return fits.error();
  reading.servers = std::move(servers);
  return reading;
}

}  // namespace mqfail
