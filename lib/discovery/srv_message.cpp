// SPDX-License-Identifier: Apache-2.0
#include "discovery/srv_message.hpp"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "base/text.hpp"

namespace mqfail {
namespace {

// A cursor in a message. What it reads beyond the end is nothing.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> message) : message_(message) {}

  std::optional<std::uint32_t> number(std::size_t bytes) {
    if (message_.size() - at_ < bytes) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | message_[at_++];
    return value;
  }
  // A domain name without the dot at its end; glibc follows the compression (RFC 1035, 4.1.4) and
  // escapes what no host name has.
  std::optional<std::string> name() {
    std::array<char, NS_MAXDNAME> text{};
    const int used = dn_expand(message_.data(), message_.data() + message_.size(),
                               message_.data() + at_, text.data(), static_cast<int>(text.size()));
    if (used < 0) return std::nullopt;
    at_ += static_cast<std::size_t>(used);
    return std::string(text.data());
  }
  bool skip(std::size_t bytes) {
    if (message_.size() - at_ < bytes) return false;
    at_ += bytes;
    return true;
  }
  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

 private:
  std::span<const unsigned char> message_;
  std::size_t at_ = 0;
};

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
bool read_record(Reader& reader, SrvAnswer& answer, Aliases& aliases) {
  auto owner = reader.name();
  const auto type = reader.number(2), kind = reader.number(2), ttl = reader.number(4),
             length = reader.number(2);
  if (!owner || !length) return false;
  const std::size_t data = reader.at();
  if (!reader.skip(*length)) return false;
  const std::size_t end = reader.at();
  if (*kind != ns_c_in || (*type != ns_t_srv && *type != ns_t_cname)) return true;
  reader.go_to(data);
  if (*type == ns_t_cname) {
    auto target = reader.name();
    if (!target) return false;
    aliases.add(std::move(*owner), std::move(*target));
  } else {
    const auto priority = reader.number(2), weight = reader.number(2), port = reader.number(2);
    auto host = reader.name();
    if (!port || !host) return false;
    answer.targets.push_back({static_cast<std::uint16_t>(*priority),
                              static_cast<std::uint16_t>(*weight),
                              static_cast<std::uint16_t>(*port), std::move(*host)});
  }
  // RFC 2181, section 8: a TTL with its highest bit set is 0.
  const std::chrono::seconds lives(*ttl > 0x7FFFFFFFU ? 0 : *ttl);
  answer.ttl = std::min(answer.ttl, lives);
  const bool whole = reader.at() == end;
  reader.go_to(end);
  return whole;
}

}  // namespace

Result<SrvAnswer> read_srv_message(std::span<const unsigned char> message) {
  const Error garbage{ErrorKind::unavailable, "the DNS server's answer is malformed",
                      "name another DNS server in /etc/resolv.conf"};
  Reader reader(message);
  const auto id = reader.number(2), flags = reader.number(2), questions = reader.number(2),
             records = reader.number(2), rest = reader.number(4);
  constexpr std::uint32_t kIsAnswer = 0x8000;
  if (!id || !rest || (*flags & kIsAnswer) == 0) return garbage;
  SrvAnswer answer;
  answer.ttl = std::chrono::seconds::max();
  std::string asked;
  for (std::uint32_t i = 0; i < *questions; ++i) {
    auto name = reader.name();
    if (!name || !reader.skip(4)) return garbage;
    asked = std::move(*name);
  }
  Aliases aliases;
  for (std::uint32_t i = 0; i < *records; ++i) {
    if (!read_record(reader, answer, aliases)) return garbage;
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
