// SPDX-License-Identifier: Apache-2.0
#include "probe/watch.hpp"

#include <poll.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/timeout.hpp"
#include "probe/announcement_plan.hpp"
#include "probe/probe.hpp"
#include "session/clock.hpp"

namespace mqfail {
namespace {

class Watch {
 public:
  Watch(const ServerList& servers, const WatchSettings& settings, const WatchListener& listener)
      : servers_(servers),
        settings_(settings),
        listener_(listener),
        was_up_(servers.size()),
        told_(servers.size()),
        plan_(servers.size()) {}

  Result<Done> run(RoundGround& ground) {
    while (true) {
      const TimePoint next = steady_now() + settings_.every;
      const auto whole = one_round(ground);
      if (!whole) return whole.error();
      if (*whole) wait_until(next);
      if (signalled() && !settings_.goes_on()) return Done{};
    }
  }

 private:
  // False if it was interrupted.
  Result<bool> one_round(RoundGround& ground) {
    Round round(servers_, settings_.probe, ground, !settings_.topic.empty());
    if (!round.ask()) return false;
    std::vector<bool> up;
    for (std::size_t place = 0; place < servers_.size(); ++place) {
      const ServerReport& report = round.reports()[place];
      up.push_back(report.up);
      if (was_up_[place] == report.up) continue;
      was_up_[place] = report.up;
      if (auto told = listener_.changed(report); !told) return told.error();
    }
    if (listener_.rounded) {
      if (auto told = listener_.rounded(round); !told) return told.error();
    }
    return settings_.topic.empty() ? true : announce(round, up);
  }

  Result<bool> announce(Round& round, const std::vector<bool>& up) {
    const auto step = plan_.after(up, steady_now());
    if (step.to.empty()) return true;
    ServerList list;
    for (std::size_t place = 0; place < servers_.size(); ++place) {
      if (up[place]) list.push_back(servers_[place]);
    }
    const auto payload = settings_.payload(list, step.rebalance);
    if (!payload) return payload.error();
    const auto published = round.publish(announcement_message(settings_.topic, *payload), step.to);
    if (!published) return false;
    for (const Publication& one : *published) {
      if (!one.refused) plan_.acknowledged(one.place, steady_now());
      tell_refused(one);
    }
    return true;
  }

  void tell_refused(const Publication& one) {
    const std::string why = one.refused ? describe(*one.refused) + one.refused->text : "";
    if (std::exchange(told_[one.place], why) != why && one.refused)
      listener_.refused(servers_[one.place], *one.refused);
  }

  // Until `end`, or until goes_on() is to be asked, which is what it returns.
  bool wait_for_signal(TimePoint end) const {
    while (true) {
      pollfd fds[] = {{settings_.signals_fd, POLLIN, 0},
                      {settings_.screen_fd, POLLIN, 0},
                      {settings_.output_fd, 0, 0}};
      // The milliseconds of poll(2) end at 24.8 days.
      const timespec timeout = timeout_of(end - steady_now());
      ppoll(fds, 3, &timeout, nullptr);
      if (fds[1].revents != 0) listener_.screen();
      if (fds[0].revents != 0 || (fds[2].revents & (POLLERR | POLLHUP)) != 0) return true;
      if (end <= steady_now()) return false;
    }
  }
  bool signalled() const { return wait_for_signal(TimePoint()); }
  void wait_until(TimePoint next) const { wait_for_signal(next); }

  const ServerList& servers_;
  const WatchSettings& settings_;
  const WatchListener& listener_;
  std::vector<std::optional<bool>> was_up_;  // by place; empty: no round yet
  std::vector<std::string> told_;            // why a server refused the last message
  AnnouncementPlan plan_;
};

}  // namespace

Result<Done> watch(const ServerList& servers, const WatchSettings& settings,
                   const WatchListener& listener) {
  const auto ground = lasting_ground(settings.signals_fd);
  if (!ground) return ground.error();
  return Watch(servers, settings, listener).run(**ground);
}

}  // namespace mqfail
