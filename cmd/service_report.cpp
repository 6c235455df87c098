// SPDX-License-Identifier: Apache-2.0
#include "service_report.hpp"

#include <string>

#include "tool/events.hpp"
#include "tool/human_events.hpp"

namespace mqfail {
namespace {

bool is_transition(NoticeName name) {
  switch (name) {
    case NoticeName::failed:
    case NoticeName::connected:
    case NoticeName::lost:
    case NoticeName::backoff:
    case NoticeName::failover:
    case NoticeName::failback:
    case NoticeName::rebalanced:
    case NoticeName::gave_up:
      return true;
    default:
      return false;
  }
}

}  // namespace

void ServiceReport::noticed(const Notice& notice) {
  if (!manager_.listens() || !is_transition(notice.name)) return;
  manager_.status(std::string(name(notice.name)) + " " + human_detail(notice, false));
}

std::optional<TimePoint> ServiceReport::look(const Session& session, TimePoint now) {
  if (!manager_.listens()) return std::nullopt;
  if (session.is_ending()) {
    ended();
  } else if (!ready_ && session.standing().connections() != 0) {
    ready_ = true;
    manager_.ready();
  }
  return manager_.tend(now);
}

// Before it is ready it has nothing to reload, as the manager sees it.
void ServiceReport::reloading(TimePoint now) {
  if (!ready_) return;
  reloading_ = true;
  manager_.reloading(now);
}

void ServiceReport::list_read(ListSource source) {
  if (source != ListSource::document || !std::exchange(reloading_, false)) return;
  manager_.ready();
}

void ServiceReport::ended() {
  if (!std::exchange(stopping_, true)) manager_.stopping();
}

}  // namespace mqfail
