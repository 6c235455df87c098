// SPDX-License-Identifier: Apache-2.0
#include "faults/record.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "rig/sanitizer.hpp"

namespace faults {
namespace {

constexpr char kField = '\t', kItem = '\x1f';

std::string in_ms(const std::optional<double>& seconds) {
  return seconds ? std::to_string(static_cast<long>(*seconds * 1000)) : "";
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::string clean(std::string text) {
  for (char& c : text)
    if (c == kField || c == kItem || c == '\n' || c == '|') c = ' ';
  return text;
}

}  // namespace

void Record::check(bool kept, const std::string& what) {
  if (kept) return;
  broken.push_back(clean(what));
  only_late = false;
}

void judge(Record& record, const Promise& promise) {
  const bool late = promise.gap && record.gap && *record.gap > rig::at_most(*promise.gap);
  if (late) {
    const bool nothing_else = record.broken.empty();
    record.broken.push_back("gap of " + in_ms(record.gap) + " ms, allowed " + in_ms(promise.gap));
    record.only_late = nothing_else;
  }
  record.check(record.lost == 0, "lost " + std::to_string(record.lost));
  record.check(record.silent == 0, "silent loss of " + std::to_string(record.silent));
  record.check(record.reordered == 0, "out of order " + std::to_string(record.reordered));
  record.check(record.corrupt == 0, "damaged " + std::to_string(record.corrupt));
  record.check(
      record.doubled <= promise.doubled,
      "doubled " + std::to_string(record.doubled) + ", allowed " + std::to_string(promise.doubled));
  for (const int exit : record.exits)
    record.check(std::count(promise.exits.begin(), promise.exits.end(), exit) != 0,
                 "exit status " + std::to_string(exit));
  record.check(rig::memory_within(record.peak_kib, promise.kib),
               "resident " + std::to_string(record.peak_kib) + " KiB");
  record.check(record.descriptors <= promise.descriptors,
               "descriptors " + std::to_string(record.descriptors));
  record.check(record.credentials == 0, "credentials at a wrong server");
  record.check(record.strangers == 0, "connections to a stranger");
  for (const std::string& event : promise.must)
    record.check(record.events.count(event) != 0, "no event " + event);
  for (const std::string& event : promise.must_not)
    record.check(record.events.count(event) == 0, "the event " + event);
}

std::string write(const Record& record) {
  std::ostringstream out;
  out << record.lines << kField << record.lost << kField << record.silent << kField
      << record.doubled << kField << record.reordered << kField << record.corrupt << kField
      << record.gap.value_or(-1) << kField << record.peak_kib << kField << record.descriptors
      << kField << record.credentials << kField << record.strangers << kField << record.seconds
      << kField << record.only_late << kField << clean(record.skipped) << kField;
  for (const int exit : record.exits) out << exit << kItem;
  out << kField;
  for (const auto& [name, count] : record.events) out << name << "=" << count << kItem;
  out << kField;
  for (const std::string& what : record.broken) out << what << kItem;
  out << kField;
  return out.str();
}

Record read(const std::string& line) {
  std::vector<std::string> fields = split(line, kField);
  fields.resize(17);
  std::size_t at = 0;
  const auto number = [&] { return std::strtod(fields[at++].c_str(), nullptr); };
  const auto count = [&] { return static_cast<std::size_t>(number()); };
  Record record;
  record.lines = static_cast<std::uint32_t>(number());
  record.lost = count();
  record.silent = count();
  record.doubled = count();
  record.reordered = count();
  record.corrupt = count();
  if (const double gap = number(); gap >= 0) record.gap = gap;
  record.peak_kib = static_cast<long>(number());
  record.descriptors = static_cast<int>(number());
  record.credentials = count();
  record.strangers = count();
  record.seconds = number();
  record.only_late = number() != 0;
  record.skipped = fields[at++];
  for (const std::string& exit : split(fields[at++], kItem))
    record.exits.push_back(std::atoi(exit.c_str()));
  for (const std::string& event : split(fields[at++], kItem)) {
    const std::size_t equals = event.find('=');
    record.events[event.substr(0, equals)] = std::strtoul(event.c_str() + equals + 1, nullptr, 10);
  }
  record.broken = split(fields[at], kItem);
  return record;
}

std::string titles() {
  return "lines | lost | silent | doubled | out of order | longest gap, ms | exit | resident, MiB "
         "| "
         "descriptors | credentials | strangers | events";
}

std::string cells(const Record& record) {
  std::ostringstream out;
  char mib[32];
  std::snprintf(mib, sizeof mib, "%.1f", static_cast<double>(record.peak_kib) / 1024);
  out << record.lines << " | " << record.lost << " | " << record.silent << " | " << record.doubled
      << " | " << record.reordered << " | " << in_ms(record.gap) << " |";
  for (const int exit : record.exits) out << " " << exit;
  out << " | " << mib << " | " << record.descriptors << " | " << record.credentials << " | "
      << record.strangers << " |";
  for (const auto& [name, count] : record.events) {
    out << " " << name;
    if (count > 1) out << " " << count;
  }
  return out.str();
}

Record worst(Record one, const Record& other) {
  one.lines += other.lines;
  one.lost = std::max(one.lost, other.lost);
  one.silent = std::max(one.silent, other.silent);
  one.doubled = std::max(one.doubled, other.doubled);
  one.reordered = std::max(one.reordered, other.reordered);
  one.corrupt = std::max(one.corrupt, other.corrupt);
  if (other.gap) one.gap = std::max(one.gap.value_or(0), *other.gap);
  one.exits.insert(one.exits.end(), other.exits.begin(), other.exits.end());
  std::sort(one.exits.begin(), one.exits.end());
  one.exits.erase(std::unique(one.exits.begin(), one.exits.end()), one.exits.end());
  for (const auto& [name, count] : other.events) one.events[name] += count;
  one.peak_kib = std::max(one.peak_kib, other.peak_kib);
  one.descriptors = std::max(one.descriptors, other.descriptors);
  one.credentials = std::max(one.credentials, other.credentials);
  one.strangers = std::max(one.strangers, other.strangers);
  return one;
}

}  // namespace faults
