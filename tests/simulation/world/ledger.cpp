// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>
#include <charconv>

namespace mqfail::test {
namespace {
std::string number(AttemptId attempt) {
  return "#" + std::to_string(static_cast<std::uint64_t>(attempt));
}
}  // namespace

std::string payload_of(std::size_t line, std::size_t more) {
  return std::to_string(1'000'000 + line).substr(1) + std::string(more, '.');
}

std::size_t line_of(std::string_view payload) {
  std::size_t line = 0;
  std::from_chars(payload.data(), payload.data() + std::min<std::size_t>(payload.size(), 6), line);
  return line;
}

void Ledger::failed(std::size_t line) {
  if (line == 0 || line > settled_.size()) return;
  settled_[line - 1].failed = true;
  open_.erase(line);
}

void Ledger::stored(const std::string& server, const Packet& packet) {
  const std::size_t line = line_of(packet.payload);
  if (line == 0 || line > settled_.size()) {
    return broke_(Promise::protocol, "a payload that is no line: " + packet.payload);
  }
  settled_[line - 1].stored.insert(server);
  if (!terms_.publisher_id.empty() &&
      (packet.publisher != terms_.publisher_id || packet.number != line)) {
    broke_(Promise::p7_numbers,
           "line " + std::to_string(line) + " has the number " + std::to_string(packet.number));
  }
}

void Ledger::killed() {
  connections_.clear();
  open_.clear();
  ++lives_;
  // A spool knows what is done with without a hole; what was acknowledged behind it is sent again.
  std::size_t known = 0;
  while (known < settled_.size() && (is_settled(known + 1) || settled_[known].failed)) ++known;
  for (; known < settled_.size(); ++known) settled_[known].acked.clear();
}

std::set<std::size_t> Ledger::unsettled() const {
  std::set<std::size_t> lines;
  for (std::size_t line = 1; line <= settled_.size(); ++line) {
    if (!is_settled(line)) lines.insert(line);
  }
  return lines;
}

std::size_t Ledger::missing() const {
  return static_cast<std::size_t>(
      std::count_if(settled_.begin(), settled_.end(),
                    [](const Line& line) { return line.stored.empty() && !line.failed; }));
}

void Ledger::sent(AttemptId attempt, const std::string& server, const Message& message) {
  const std::size_t line = line_of(message.payload);
  tell_("line " + std::to_string(line) + " to " + server + " on " + number(attempt));
  if (line == 0 || line > settled_.size()) return;
  look_for_failed_();
  Connection& here = connections_[attempt];
  const Line& entry = settled_[line - 1];
  if (is_settled(line)) {
    broke_(Promise::p2_nothing_twice, "line " + std::to_string(line) + " is settled");
  } else if (entry.acked.contains(server)) {
    broke_(Promise::p2_nothing_twice, "line " + std::to_string(line) + " is on " + server);
  }
  if (line <= here.last) {
    broke_(Promise::p3_order, "line " + std::to_string(line) + " behind line " +
                                  std::to_string(here.last) + " on " + number(attempt));
  }
  for (std::size_t before = here.last + 1; before < line; ++before) {
    const Line& other = settled_[before - 1];
    if (is_settled(before) || other.failed || other.acked.contains(server)) continue;
    broke_(lives_ == 0 ? Promise::p3_order : Promise::p6_spool,
           "line " + std::to_string(line) + " before line " + std::to_string(before) + " on " +
               number(attempt));
    break;
  }
  here.last = std::max(here.last, line);
  if (terms_.qos == 0) {
    settled_[line - 1].acked.insert(server);  // nothing more will be heard of it
    return;
  }
  here.under_way.insert(line);
  open_.insert(line);
  if (here.under_way.size() > terms_.window) {
    broke_(Promise::p2_nothing_twice, "more under way than the window on " + number(attempt));
  }
  if (here.under_way.size() > here.receive_maximum) {
    broke_(Promise::protocol, "more under way than Receive Maximum on " + number(attempt));
  }
}

void Ledger::answered(AttemptId attempt, const std::string& server, const Packet& message,
                      int code) {
  const std::size_t line = line_of(message.payload);
  tell_("line " + std::to_string(line) + " answered by " + server + " with " +
        std::to_string(code));
  if (line == 0 || line > settled_.size()) return;
  connections_[attempt].under_way.erase(line);
  if (code >= 0x80 || settled_[line - 1].failed) return;
  settled_[line - 1].acked.insert(server);
  if (is_settled(line)) open_.erase(line);
  if (!settled_[line - 1].stored.contains(server)) {
    broke_(Promise::protocol, "line " + std::to_string(line) + " acknowledged and not stored");
  }
}

void Ledger::ended(AttemptId attempt, const std::string& server) {
  if (connections_.erase(attempt) != 0) tell_(number(attempt) + " to " + server + " is ended");
}

}  // namespace mqfail::test
