// SPDX-License-Identifier: Apache-2.0
#include "hostile/laws.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <sstream>

#include "rig/events.hpp"
#include "rig/sanitizer.hpp"

namespace hostile {
namespace {

using Charges = std::vector<std::string>;

constexpr long kMostKib = 40'000;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The first byte of an ill-formed or commanding character; nothing if there is none. A line end is
// none: each line is looked at by itself where lines count.
std::optional<std::size_t> commanding(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned lead = byte(at);
    if ((lead < 0x20 && lead != '\n') || lead == 0x7F) return at;
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4)) return at;
    for (std::size_t i = 1; i < size; ++i)
      if ((byte(at + i) & 0xC0U) != 0x80) return at;
    if (lead == 0xC2 && byte(at + 1) < 0xA0) return at;  // C1
    const std::string_view point = text.substr(at, size);
    for (const std::string_view turning :
         {"\xE2\x80\xAE", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF"})
      if (point == turning) return at;
    at += size;
  }
  return {};
}

// What a command itself writes to keep its line of progress at the bottom of a terminal.
std::string without_progress(std::string text) {
  constexpr std::string_view kClear = "\r\x1b[K";
  for (std::size_t at = 0; (at = text.find(kClear, at)) != std::string::npos;)
    text.erase(at, kClear.size());
  return text;
}

void check_text(Charges& charges, const char* where, const std::string& text) {
  if (const auto at = commanding(text))
    charges.push_back(std::string(where) + " has a byte that commands a terminal, at " +
                      std::to_string(*at) + ": " + shown(text.substr(*at > 8 ? *at - 8 : 0)));
}

void check_events(Charges& charges, const Plan& plan, const Outcome& outcome) {
  if (!plan.json_events || plan.terminal) return;
  std::size_t exits = 0;
  for (const std::string& line : lines_of(outcome.err)) {
    const auto said = rig::parse_event(line);
    if (!said) {
      charges.push_back("an event that is no JSON: " + line.substr(0, 200));
    } else if (said->name() == "exit") {
      ++exits;
      if (said->number("exit") != outcome.status)
        charges.push_back("the event exit tells another status");
    }
  }
  if (exits != 1) charges.push_back(std::to_string(exits) + " events exit");
}

void check_sub(Charges& charges, const Plan& plan, const Outcome& outcome) {
  if (outcome.status != 0 && !(outcome.ledger.blamed && outcome.status == 69))
    charges.push_back("the good server was not used to the end");
  if (outcome.out.find(kLate) != std::string::npos)
    charges.push_back("it printed what came behind a packet that ends the conversation");
  if (plan.terminal || outcome.status != 0) return;
  const auto lines = lines_of(outcome.out);
  // To MQTT 3.1.1 the properties of an MQTT 5 packet are payload, and one of their bytes may be a
  // newline. The messages are as many as -C asks for all the same.
  const std::string count = std::to_string(plan.messages);
  const bool more_lines =
      plan.version == 5 && outcome.err.find("with MQTT 3.1.1") != std::string::npos &&
      std::regex_search(outcome.err, std::regex("\\bprinted(\":| )" + count + "\\b"));
  if (plan.countable && (more_lines ? lines.size() < plan.messages : lines.size() != plan.messages))
    charges.push_back(std::to_string(lines.size()) + " lines, but -C " + count);
  if (!plan.json_lines) return;
  for (const std::string& line : lines)
    if (!rig::is_json(line)) charges.push_back("a line that is no JSON: " + line.substr(0, 200));
}

void check_pub(Charges& charges, const Plan& plan, const Outcome& outcome) {
  bool whole = true, refused = false;
  for (unsigned number = 1; number <= plan.messages; ++number) {
    const std::string payload = "line-" + std::to_string(number);
    const auto found = outcome.ledger.acknowledged.find(payload);
    whole =
        whole && found != outcome.ledger.acknowledged.end() && found->second.size() >= plan.acks;
    refused = refused || outcome.ledger.refused.count(payload) != 0;
  }
  // A server that acknowledges what it has not received is a liar whom nobody can find out.
  if (outcome.status == 0 && !whole && outcome.ledger.invented == 0)
    charges.push_back("exit status 0, but not every message was acknowledged");
  // What may keep it from success: a code or a limit that refuses a message, and two servers of
  // which one is hostile. At QoS 0 what was sent to the hostile one is told as dropped.
  const bool excused = refused || plan.flaw->limits || plan.acks > 1 || plan.qos == 0;
  const bool gave_up = outcome.ledger.blamed && (outcome.status == 69 || outcome.status == 75);
  if (outcome.status != 0 && !(excused && outcome.status == 75) && !gave_up)
    charges.push_back("the good server would have acknowledged every message");
}

void check_probe(Charges& charges, const Plan& plan, const Outcome& outcome) {
  if (outcome.status == 0 && outcome.ledger.welcomed.count(kHostile) == 0)
    charges.push_back("exit status 0, but the first server welcomed nobody");
  if (outcome.status != 0 && outcome.status != 1)
    charges.push_back("the good server was not found");
  if (plan.json_lines && !plan.terminal)
    for (const std::string& line : lines_of(outcome.out))
      if (!rig::is_json(line))
        charges.push_back("a report that is no JSON: " + line.substr(0, 200));
}

}  // namespace

std::vector<std::string> broken_laws(const Plan& plan, const Outcome& outcome) {
  Charges charges;
  if (outcome.hung) return {"it did not end"};
  static const std::set<int> kStatuses{0, 27, 69, 74, 75, 77};
  const bool known = plan.tool == Tool::probe ? outcome.status >= 0 && outcome.status <= 3
                                              : kStatuses.count(outcome.status) != 0;
  if (!known) charges.push_back("exit status " + std::to_string(outcome.status));
  check_text(charges, "standard error", outcome.err);
  // To a pipe data goes as it is; what else a command prints is text for people and programs.
  if (plan.terminal || plan.tool != Tool::sub)
    check_text(charges, "standard output", without_progress(outcome.out));
  check_events(charges, plan, outcome);
  switch (plan.tool) {
    case Tool::sub:
      check_sub(charges, plan, outcome);
      break;
    case Tool::pub:
      check_pub(charges, plan, outcome);
      break;
    case Tool::probe:
      check_probe(charges, plan, outcome);
  }
  for (const std::string& what : outcome.ledger.malformed)
    charges.push_back("the command sent what is no MQTT: " + what);
  if (outcome.strangers != 0) charges.push_back("it went to a server that is in no list");
  if (!rig::memory_within(outcome.peak_kib, kMostKib))
    charges.push_back(std::to_string(outcome.peak_kib) + " KiB resident");
  return charges;
}

}  // namespace hostile
