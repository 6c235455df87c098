// SPDX-License-Identifier: Apache-2.0
#include "announce.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdint>

#include "base/number.hpp"
#include "config/naming/announcement.hpp"
#include "probe/probe.hpp"
#include "tool/exit_status.hpp"

namespace mqfail {
namespace {

ExitStatus status_of(const std::vector<Announced>& all) {
  const auto count = [&](auto such) { return std::count_if(all.begin(), all.end(), such); };
  const auto whole = static_cast<std::ptrdiff_t>(all.size());
  if (count([](const Announced& one) { return !one.refused; }) == whole) return ExitStatus::done;
  if (count([](const Announced& one) { return one.reached; }) > 0) return ExitStatus::temporary;
  const auto denied = count(
      [](const Announced& one) { return verdict(*one.refused, true, false) == Verdict::auth; });
  return denied == whole ? ExitStatus::denied : ExitStatus::unavailable;
}

void tell_exit(EventWriter& events, ExitStatus status, std::size_t acknowledged, std::size_t all) {
  Notice notice{.name = NoticeName::exit};
  if (status != ExitStatus::done) notice.level = Level::error;
  notice.more = {{"exit", std::int64_t{number(status)}},
                 {"published", as_int(all)},
                 {"acked", as_int(acknowledged)},
                 {"unsettled", as_int(all - acknowledged)}};
  events.announce(notice);
  events.drain();
}

}  // namespace

void tell_failed(EventWriter& events, const Server& server, const Reason& reason) {
  Notice notice{.name = NoticeName::failed, .level = Level::warning};
  notice.server = server.id;
  notice.uri = redacted_uri(server);
  notice.phase = std::string(name(reason.phase));
  if (reason.code != 0) notice.code = reason.code;
  notice.reason = describe(reason);
  notice.text = reason.text;
  events.announce(notice);
}

int announce(const Program& /*program*/, const PubOptions& options, EventWriter& events) {
  const auto roster = roster_now(options.common, false);
  if (!roster) return number(events.tell(roster.error()));
  for (const std::string& warning : roster->warnings) events.warn(warning);
  const FailoverSettings settings = with_options(roster->settings, options.common);
  if (const auto fits = check_servers(roster->servers, settings, options.common); !fits)
    return number(events.tell(fits.error()));
  prctl(PR_SET_DUMPABLE, 0);  // passwords stay out of core files
  const auto list = announcement(roster->servers, settings.rebalance.value_or(false));
  if (!list) return number(events.tell(list.error()));

  constexpr auto kLong = std::chrono::hours(24);  // each attempt has its own limit
  ProbeSettings probing{options.common.connect, options.common.protocol, settings.connect_timeout,
                        kLong};
  probing.connect.clean_session = true;
  probing.connect.will.reset();
  const auto announced = announce(roster->servers, probing, *options.announce, *list);
  if (!announced) return number(events.tell(announced.error()));
  std::size_t acknowledged = 0;
  for (const Announced& one : *announced) {
    acknowledged += one.refused ? 0U : 1U;
    if (one.refused) tell_failed(events, *one.server, *one.refused);
  }
  const ExitStatus status = status_of(*announced);
  tell_exit(events, status, acknowledged, announced->size());
  return number(status);
}

}  // namespace mqfail
