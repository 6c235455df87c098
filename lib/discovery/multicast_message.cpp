// SPDX-License-Identifier: Apache-2.0
#include "discovery/multicast_message.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "discovery/dns_reader.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kSecure = "_secure-mqtt._tcp.local";
constexpr std::string_view kPlain = "_mqtt._tcp.local";
constexpr std::string_view kGroup = "group=";

struct Question {
  std::string name;
  std::uint16_t type;
};

void append(MulticastAnswers::Bytes& bytes, std::uint16_t number) {
  bytes.push_back(static_cast<unsigned char>(number >> 8U));
  bytes.push_back(static_cast<unsigned char>(number & 0xFFU));
}

// A name in the form of DnsReader::name() as it stands in a message.
bool append_name(MulticastAnswers::Bytes& bytes, const std::string& name) {
  std::array<unsigned char, NS_MAXCDNAME> wire{};
  const int size =
      dn_comp(name.c_str(), wire.data(), static_cast<int>(wire.size()), nullptr, nullptr);
  if (size < 0) return false;
  bytes.insert(bytes.end(), wire.begin(), wire.begin() + size);
  return true;
}

MulticastAnswers::Bytes message_of(const std::vector<Question>& questions) {
  MulticastAnswers::Bytes names;
  std::uint16_t count = 0;
  for (const Question& question : questions) {
    if (!append_name(names, question.name)) continue;
    append(names, question.type);
    append(names, ns_c_in);
    ++count;
  }
  if (count == 0) return {};
  MulticastAnswers::Bytes bytes;
  for (const std::uint16_t word : std::initializer_list<std::uint16_t>{0, 0, count, 0, 0, 0})
    append(bytes, word);
  bytes.insert(bytes.end(), names.begin(), names.end());
  return bytes;
}

// The group that a TXT record names (RFC 6763, section 6).
std::string group_of(DnsReader& reader, const DnsRecord& record) {
  while (reader.left(record) > 0) {
    const auto size = reader.number(1);
    if (!size || reader.left(record) < static_cast<std::ptrdiff_t>(*size)) return {};
    const auto text = reader.bytes(*size);
    if (!text) return {};
    const std::string pair(text->begin(), text->end());
    if (same_word(pair.substr(0, kGroup.size()), kGroup)) return pair.substr(kGroup.size());
  }
  return {};
}

// An address that needs no zone, as text; empty: none.
std::string address_of(DnsReader& reader, const DnsRecord& record) {
  const bool four = record.type == ns_t_a;
  const auto bytes = reader.bytes(four ? 4 : 16);
  if (!bytes || reader.left(record) != 0) return {};
  if (!four && (*bytes)[0] == 0xFE && ((*bytes)[1] & 0xC0U) == 0x80) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(four ? AF_INET : AF_INET6, bytes->data(), text.data(), text.size());
  return text.data();
}

}  // namespace

MulticastAnswers::Bytes MulticastAnswers::question() {
  return message_of({{std::string(kSecure), ns_t_ptr}, {std::string(kPlain), ns_t_ptr}});
}

void MulticastAnswers::take(std::span<const unsigned char> message) {
  DnsReader reader(message);
  const auto head = reader.head();
  if (!head || !head->is_answer) return;
  for (std::uint32_t i = 0; i < head->questions; ++i) {
    if (!reader.name() || !reader.bytes(4)) return;
  }
  for (std::uint32_t i = 0; i < head->answers + head->others; ++i) {
    if (!take_record(reader)) return;
  }
}

bool MulticastAnswers::take_record(DnsReader& reader) {
  const auto record = reader.record();
  if (!record) return false;
  const std::string owner = lower_case(record->owner);
  // The service of an instance is the name behind its first label, in which a dot is escaped.
  const auto service = [this](const std::string& instance) -> Service* {
    for (const auto& [type, scheme] : {std::pair(kSecure, Scheme::tls), {kPlain, Scheme::tcp}}) {
      if (!instance.ends_with("." + std::string(type))) continue;
      if (services_.size() >= kMostSrvTargets && !services_.contains(instance)) return nullptr;
      Service& known = services_[instance];
      known.scheme = scheme;
      return &known;
    }
    return nullptr;
  };
  switch (record->type) {
    case ns_t_ptr:
      if (owner == kSecure || owner == kPlain) {
        const auto instance = reader.name();
        if (!instance) return false;
        service(lower_case(*instance));
      }
      break;
    case ns_t_srv:
      if (Service* const known = service(owner)) {
        auto data = read_srv_data(reader);
        if (!data) return false;
        known->target = SrvTarget{data->priority, data->weight, data->port, lower_case(data->host)};
      }
      break;
    case ns_t_txt:
      if (Service* const known = service(owner)) known->group = group_of(reader, *record);
      break;
    case ns_t_a:
    case ns_t_aaaa: {
      const std::string address = address_of(reader, *record);
      if (address.empty() || addresses_.size() >= 2 * kMostSrvTargets) break;
      // IPv4 wins: who answers here is reached by it.
      if (record->type == ns_t_a || !addresses_.contains(owner)) addresses_[owner] = address;
      break;
    }
    default:
      break;
  }
  reader.leave(*record);
  return true;
}

MulticastAnswers::Bytes MulticastAnswers::question_left() {
  constexpr std::size_t kMostAtOnce = 20;  // of names of 255 bytes at most
  std::vector<Question> questions;
  for (auto& [instance, service] : services_) {
    if (service.target || service.asked || questions.size() >= kMostAtOnce) continue;
    service.asked = true;
    questions.push_back({instance, ns_t_srv});
    questions.push_back({instance, ns_t_txt});
  }
  return message_of(questions);
}

Result<SrvList> MulticastAnswers::servers(std::string_view group, bool tls_only,
                                          std::uint64_t seed) const {
  const bool any = same_word(group, "default");
  SrvAnswer secure, plain;
  for (const auto& [instance, service] : services_) {
    if (!service.target || (!any && !same_word(service.group, group))) continue;
    (is_tls(service.scheme) ? secure : plain).targets.push_back(*service.target);
  }
  SrvList list = srv_servers({std::string(kSecure), Scheme::tls}, secure, seed);
  if (list.servers.empty() && !tls_only) {
    list = srv_servers({std::string(kPlain), Scheme::tcp}, plain, seed);
    for (Server& server : list.servers) {
      const auto address = addresses_.find(server.host);
      if (address != addresses_.end()) server.host = address->second;
    }
    if (!list.servers.empty()) {
      list.warnings.insert(list.warnings.begin(),
                           "no server of this network announces TLS: those found by multicast are "
                           "used in plain text");
    }
  }
  list.again = kMulticastAgain;
  if (!list.servers.empty()) return list;
  const std::string type = tls_only ? "_secure-mqtt._tcp" : "_mqtt._tcp";
  const std::string port = tls_only ? " 8883" : " 1883";
  const std::string txt = any ? "" : " group=" + std::string(group);
  return Error{ErrorKind::unavailable,
               "no MQTT server " + std::string(tls_only ? "with TLS " : "") +
                   (any ? "" : "of group '" + printable(group, 64) + "' ") +
                   "announces itself on this network",
               "announce one where it runs: avahi-publish -s NAME " + type + port + txt};
}

}  // namespace mqfail
