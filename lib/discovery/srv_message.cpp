// SPDX-License-Identifier: Apache-2.0
#include "discovery/srv_message.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "discovery/dns_reader.hpp"

namespace mqfail {
namespace {

struct Aliases {
  std::string first, last;  // the chain as far as it goes
  std::set<std::string> seen;
  bool round = false;
  void add(std::string owner, std::string target) {
    owner = lower_case(owner);
    target = lower_case(target);
    if (seen.empty()) first = owner;
    seen.insert(std::move(owner));
    round = round || seen.contains(target);
    last = std::move(target);
  }
};

std::string why_nothing(const std::string& asked, const Aliases& aliases) {
  if (aliases.seen.empty()) return printable(asked) + " has no SRV records";
  const std::string alias = printable(aliases.first) + " is an alias (CNAME) ";
  if (aliases.round) return alias + "that leads back to itself";
  return alias + "of " + printable(aliases.last) + ", which has no SRV records";
}

// One record of the answer section. False if the bytes end in it.
bool take_record(DnsReader& reader, SrvAnswer& answer, Aliases& aliases) {
  const auto record = reader.record();
  if (!record) return false;
  if (record->kind == ns_c_in && record->type == ns_t_cname) {
    auto target = reader.name();
    if (!target || reader.left(*record) != 0) return false;
    aliases.add(record->owner, std::move(*target));
  } else if (record->kind == ns_c_in && record->type == ns_t_srv) {
    auto data = read_srv_data(reader);
    if (!data || reader.left(*record) != 0) return false;
    answer.targets.push_back({data->priority, data->weight, data->port, std::move(data->host)});
  } else {
    reader.leave(*record);
    return true;
  }
  // RFC 2181, section 8: a TTL with its highest bit set is 0.
  const std::chrono::seconds lives(record->ttl > 0x7FFFFFFFU ? 0 : record->ttl);
  answer.ttl = std::min(answer.ttl, lives);
  return true;
}

}  // namespace

Result<SrvAnswer> read_srv_message(std::span<const unsigned char> message) {
  const Error garbage{ErrorKind::unavailable, "the DNS server's answer is malformed",
                      "name another DNS server in /etc/resolv.conf"};
  DnsReader reader(message);
  const auto head = reader.head();
  if (!head || !head->is_answer) return garbage;
  SrvAnswer answer;
  answer.ttl = std::chrono::seconds::max();
  std::string asked;
  for (std::uint32_t i = 0; i < head->questions; ++i) {
    auto name = reader.name();
    if (!name || !reader.bytes(4)) return garbage;
    asked = std::move(*name);
  }
  Aliases aliases;
  for (std::uint32_t i = 0; i < head->answers; ++i) {
    if (!take_record(reader, answer, aliases)) return garbage;
  }
  if (answer.targets.empty()) {
    answer.nothing = why_nothing(asked, aliases);
  } else if (std::all_of(answer.targets.begin(), answer.targets.end(),
                         [](const SrvTarget& target) { return target.host.empty(); })) {
    answer.nothing = printable(asked) + " says that the service is not here (target \".\")";
  }
  return answer;
}

}  // namespace mqfail
