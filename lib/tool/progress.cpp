// SPDX-License-Identifier: Apache-2.0
#include "tool/progress.hpp"

#include <algorithm>

#include "base/rounded.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "tool/events.hpp"

namespace mqfail {
namespace {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string servers(const Standing& standing) {
  std::string out;
  for (const Standing::Place& place : standing.places()) {
    if (place.connections > 0) out.append(out.empty() ? "" : " + ").append(printable(place.server));
  }
  return out.empty() ? "no server" : out;
}

// The first characters. An escape that is cut is still printable.
std::string cut(std::string text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size() && characters < width; ++characters) {
    ++end;
    while (end < text.size() && continues_character(text[end])) ++end;
  }
  text.resize(end);
  return text;
}

}  // namespace

double Rate::update(std::uint64_t number, TimePoint now) {
  if (at_ && now > *at_) {
    const double seconds = static_cast<double>((now - *at_).count()) / 1e6;
    const double latest = static_cast<double>(number - number_) / seconds;
    rate_ = rate_ ? (3 * *rate_ + latest) / 4 : latest;
  }
  at_ = now;
  number_ = number;
  return rate_.value_or(0);
}

std::string progress_text(const ProgressFacts& facts, std::size_t width) {
  const Counts& counts = facts.counts;
  std::string out(facts.tool);
  out.append(": ").append(grouped(counts.taken)).append(" ").append(facts.noun);
  out.append(counts.taken == 1 ? "" : "s");
  out.append(", ").append(grouped(static_cast<std::uint64_t>(rounded(facts.rate))));
  out.append("/s, ").append(grouped(counts.unsettled)).append(" unsettled, ");
  out += servers(facts.standing);
  if (counts.failed != 0) out.append(", ").append(grouped(counts.failed)).append(" failed");
  if (counts.share && *counts.share > 0 && *counts.share < 1) {
    const double left = static_cast<double>(facts.elapsed.count()) * (1 / *counts.share - 1);
    if (left < 1e13) {  // hundred days
      const auto seconds = std::chrono::seconds(rounded(left / 1e6));
      out.append(", ").append(human_duration(std::max<Duration>(seconds, std::chrono::seconds(1))));
      out.append(" left");
    }
  }
  return cut(std::move(out), width);
}

}  // namespace mqfail
