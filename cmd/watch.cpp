// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>

#include "announce.hpp"
#include "base/write.hpp"
#include "config/naming/announcement.hpp"
#include "probe/render.hpp"
#include "probe/watch.hpp"
#include "tool/local_time.hpp"
#include "tool/signals.hpp"
#include "wiring.hpp"

namespace mqfail {

Result<Done> watch_servers(const ProbeOptions& options, const NamedRoster& roster,
                           EventWriter& events) {
  const HangUp hangup = HangUp::of_process();
  auto signals = Signals::block();
  if (!signals) return signals.error();
  const bool json = options.format == ProbeFormat::json;
  const WatchSettings settings{
      .probe = {options.common.connect, options.common.protocol, roster.settings.connect_timeout,
                options.time_limit, options.common.primary_host},
      .every = *options.watch,
      .topic = options.announce.value_or(""),
      .payload = announcement,
      .signals_fd = signals->fd(),
      .goes_on = [&] {
        bool ends = false;
        while (const auto signal = signals->take()) {
          ends = ends || *signal == SIGINT || *signal == SIGTERM ||
                 (*signal == SIGHUP && hangup.ends(false));
        }
        return !ends;
      }};
  return watch(roster.servers, settings,
               {.changed = [&](const ServerReport& report) -> Result<Done> {
                  const auto now = std::chrono::system_clock::now();
                  const std::string time = json ? utc(now) : LocalTime(now).print("%T");
                  const int failed = write_all(STDOUT_FILENO, render_change(report, time, json));
                  if (failed != 0) return unwritten(failed);
                  return Done{};
                },
                .refused = [&](const Server& server,
                               const Reason& reason) { tell_failed(events, server, reason); }});
}

}  // namespace mqfail
