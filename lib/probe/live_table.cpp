// SPDX-License-Identifier: Apache-2.0
#include "probe/live_table.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "probe/wording.hpp"

namespace mqfail {
namespace {

// Columns that UTF-8 text takes, if each of its characters takes one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string cut(std::string_view text, std::size_t columns) {
  if (width(text) <= columns) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
    const bool begins = (text[bytes] & 0xC0) != 0x80;
    if (begins && ++seen > columns) break;
  }
  return std::string(text.substr(0, bytes));
}

std::string left(std::string_view text, std::size_t columns) {
  std::string out = cut(text, columns);
  return out + std::string(columns - width(out), ' ');
}

std::string right(std::string_view text, std::size_t columns) {
  const std::string out = cut(text, columns);
  return std::string(columns - width(out), ' ') + out;
}

std::string painted(const std::string& text, const char* how, bool colour) {
  return colour ? std::string("\x1b[") + how + "m" + text + "\x1b[0m" : text;
}

const char* colour_of(ProbeVerdict verdict) {
  return verdict == ProbeVerdict::ok ? "1;32" : verdict == ProbeVerdict::warning ? "1;33" : "1;31";
}

class Table {
 public:
  Table(const Outcome& outcome, ScreenSize size, bool colour)
      : outcome_(outcome), size_(size), colour_(colour) {
    for (const ServerReport& report : outcome.servers)
      id_ = std::max(id_, width(printable(report.server.id)));
    id_ = std::min(id_, std::max<std::size_t>(8, size.columns / 3));
  }

  std::string lines(const std::string& clock) const {
    std::vector<std::string> out{verdict(clock)};
    const std::vector<std::string>& remarks = outcome_.judgement.remarks;
    const std::size_t told = std::min({remarks.size(), kRemarks, size_.rows / 4});
    for (std::size_t i = 0; i < told; ++i) out.push_back(cut("  " + remarks[i], size_.columns));
    out.insert(out.end(), {{}, head()});
    const std::size_t all = outcome_.servers.size();
    const std::size_t used = out.size() + 1;
    const std::size_t room = size_.rows > used ? size_.rows - used : 1;
    const std::size_t shown = all <= room ? all : room - 1;
    for (std::size_t i = 0; i < shown; ++i) out.push_back(row(i));
    if (shown < all)
      out.push_back(cut("and " + std::to_string(all - shown) + " more", size_.columns));
    std::string text;
    for (const std::string& line : out) text += (&line == out.data() ? "" : "\n") + line;
    return text;
  }

 private:
  static constexpr std::size_t kRemarks = 5;
  static constexpr std::size_t kState = 4, kNumber = 9, kGap = 2;

  std::string verdict(const std::string& clock) const {
    const ProbeVerdict its = outcome_.judgement.verdict;
    const std::string name(word(its));
    const std::string rest = " " + summary_of_servers(outcome_);
    const std::size_t used = name.size() + clock.size() + 1;
    const std::size_t room = size_.columns > used ? size_.columns - used : 0;
    return painted(cut(name, size_.columns), colour_of(its), colour_) + left(rest, room) +
           (room > 0 ? " " + clock : "");
  }

  std::size_t fixed_columns() const { return kState + kGap + id_ + kGap + 3 * (kNumber + 1); }
  std::size_t room_for_line() const {
    const std::size_t used = fixed_columns() + kGap;
    return size_.columns > used ? size_.columns - used : 0;
  }

  std::string head() const {
    const std::string line = left("", kState + kGap) + left("SERVER", id_ + kGap) +
                             right("CONNECT", kNumber) + " " + right("TRIP", kNumber) + " " +
                             right("TOTAL ms", kNumber) + "   RECENT ROUNDS";
    return painted(cut(line, size_.columns), "2", colour_);
  }

  std::string row(std::size_t place) const {
    const ServerReport& report = outcome_.servers[place];
    const std::string state = left(report.up ? "up" : "down", kState);
    std::string rest = std::string(kGap, ' ') + left(printable(report.server.id), id_ + kGap);
    const std::size_t room = room_for_line();
    const std::size_t columns = size_.columns > kState ? size_.columns - kState : 0;
    if (report.up) {
      for (const auto& time :
           {connect_time(report), round_trip_time(report), std::optional<Duration>(report.total)})
        rest += right(time ? in_ms(*time) : "-", kNumber) + " ";
      rest += " " + sparkline(outcome_.history.of(place, room));
    } else {
      // The reason has the place of the numbers, and of the line if it needs it.
      const std::string reason = why(report);
      const std::size_t numbers = 3 * (kNumber + 1);
      rest += width(reason) <= numbers
                  ? left(reason, numbers) + " " + sparkline(outcome_.history.of(place, room))
                  : reason;
    }
    return painted(cut(state, size_.columns), report.up ? "32" : "31", colour_) +
           cut(rest, columns);
  }

  const Outcome& outcome_;
  const ScreenSize size_;
  const bool colour_;
  std::size_t id_ = 6;
};

}  // namespace

std::string live_table(const Outcome& outcome, ScreenSize size, const std::string& clock,
                       bool colour) {
  return Table(outcome, size, colour).lines(clock);
}

}  // namespace mqfail
