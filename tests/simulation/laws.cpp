// SPDX-License-Identifier: Apache-2.0
#include "laws.hpp"

#include <algorithm>
#include <cmath>

#include "policy/transcript.hpp"

namespace mqfail::test {
namespace {

Violation broken(Law law, std::string what) {
  return {law, std::move(what)};
}

std::string number(AttemptId id) {
  return std::to_string(static_cast<std::uint64_t>(id));
}
std::string number(ServerIndex index) {
  return std::to_string(static_cast<std::uint32_t>(index));
}

const AttemptId* attempt_of(const Event& event) {
  if (const auto* e = std::get_if<event::Reached>(&event)) return &e->attempt;
  if (const auto* e = std::get_if<event::Connected>(&event)) return &e->attempt;
  if (const auto* e = std::get_if<event::Failed>(&event)) return &e->attempt;
  if (const auto* e = std::get_if<event::Lost>(&event)) return &e->attempt;
  return nullptr;
}

constexpr Duration kLateness = std::chrono::milliseconds(3);  // of a tick, at most

}  // namespace

const char* name(Law law) {
  switch (law) {
    case Law::one_live_attempt:
      return "one live attempt";
    case Law::stale_events_inert:
      return "stale events inert";
    case Law::no_cooling_while_free:
      return "no connect to a cooling server while another is free";
    case Law::deadline_not_past:
      return "never a deadline in the past";
    case Law::bounded_by_back_off:
      return "attempts bounded by the back-off";
    case Law::time_bound:
      return "no attempt outlives its connect timeout";
    case Law::silent_after_stop:
      return "after stop no action";
    case Law::denied_by_all:
      return "denied only by all";
    case Law::counted_epochs:
      return "epochs count changes of the server";
    case Law::left_in_peace:
      return "what is live is left in peace";
    case Law::drops_what_ended:
      return "what has ended is dropped, once";
    case Law::standby_takes_over:
      return "a standby takes over at once";
    case Law::fails_back_fairly:
      return "fails back to a priority server, after probes and hold";
    case Law::speaks_what_it_can:
      return "an older protocol only where MQTT 5 was answered by a close";
    case Law::gives_up_in_time:
      return "gives up at the bound of time";
    case Law::moves_when_asked:
      return "moves when it is asked to, and not for ever";
    case Law::goes_back:
      return "a priority server that stays up is used again";
    case Law::comes_online:
      return "a server that stays up is found";
  }
  return "";
}

Laws::Laws(FailoverSettings settings, std::size_t servers)
    : settings_(settings), slow_bound_(settings.connect_timeout) {
  for (std::size_t i = 0; i < servers; ++i) {
    order_.push_back(ServerIndex(static_cast<std::uint32_t>(i)));
  }
}

void Laws::is_up(ServerIndex server, bool up, TimePoint now) {
  auto& since = books_[server].up_since;
  if (!up) since.reset();
  if (up && !since) since = now;
}

void Laws::listed(const std::vector<ServerIndex>& order, TimePoint now) {
  for (const ServerIndex server : order) {
    const bool known = std::find(order_.begin(), order_.end(), server) != order_.end();
    if (!known) books_[server].listed_since = now;
  }
  if (order_ == order) return;
  order_ = order;
  good_probes_ = 0;
  probe_ended_.reset();
  secondary_since_ = now;
}

std::optional<Violation> Laws::check(const Event& event, const Actions& actions, TimePoint now,
                                     std::optional<TimePoint> deadline) {
  now_ = now;
  redirected_ = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    const auto* const told = std::get_if<action::TellRedirected>(&action);
    return told != nullptr && !told->to.empty();
  });
  if (over_ && (!actions.empty() || deadline)) {
    return broken(Law::silent_after_stop, "it still acts or wants to be woken");
  }
  if (is_stale(event)) {
    const bool same = deadline == last_deadline_ || (deadline == now && *last_deadline_ < now);
    if (!actions.empty() || !same) {
      return broken(Law::stale_events_inert, "an event of attempt #" + number(*attempt_of(event)) +
                                                 ", which is not open, had an effect");
    }
  }
  hear(event);
  tick_ = std::holds_alternative<event::Ticked>(event);
  idle_tick_ = tick_ && actions.empty();
  for (const Action& action : actions) {
    if (auto found = see(action)) return found;
  }
  return after(deadline);
}

bool Laws::is_stale(const Event& event) const {
  const AttemptId* id = attempt_of(event);
  if (id == nullptr) return false;
  const auto found = open_.find(*id);
  if (found == open_.end()) return true;
  return std::holds_alternative<event::Connected>(event) && found->second.connected.has_value();
}

void Laws::hear(const Event& event) {
  failure_in_step_ = false;
  stopping_ = std::holds_alternative<event::Stopped>(event);
  older_.reset();
  left_.reset();
  to_drop_.clear();
  excused_ = std::holds_alternative<event::Hurried>(event) ||
             std::holds_alternative<event::ListChanged>(event);
  if (std::holds_alternative<event::Hurried>(event) && (width() > 1 || settings_.standbys > 0)) {
    // Nobody is put off any more, although not everybody can be tried at once.
    for (auto& [server, book] : books_) book.last_connect.reset();
  }
  if (const auto* const changed = std::get_if<event::ListChanged>(&event)) {
    may_move_until_.reset();
    if (settings_.rebalance.value_or(changed->rebalance) && !live_.empty())
      may_move_until_ = now_ + settings_.rebalance_spread + kLateness;
  }
  const AttemptId* id = attempt_of(event);
  if (id == nullptr || !open_.contains(*id)) return;
  if (std::holds_alternative<event::Connected>(event)) {
    open_[*id].connected = now_;
    Book& book = books_[open_[*id].server];
    book.spoke_mqtt5 = book.spoke_mqtt5 || protocols_[*id] == Protocol::mqtt5;
    book.takes_older = !book.spoke_mqtt5;
    if (open_[*id].role == Role::probe) {
      if (probed_ != open_[*id].server) good_probes_ = 0;
      probed_ = open_[*id].server;
      ++good_probes_;
    }
  } else if (const auto* const reached = std::get_if<event::Reached>(&event)) {
    Duration& longest = open_[*id].longest;
    const bool bounded = open_[*id].role != Role::probe && reached->phase > Phase::tcp;
    if (bounded) longest = std::max(longest, slow_bound_);
  } else {
    const Open gone = open_[*id];
    to_drop_[*id] = live_.contains(*id);
    open_.erase(*id);
    ended(gone, *id);
  }
}

std::optional<Violation> Laws::see(const Action& action) {
  if (const auto* a = std::get_if<action::Connect>(&action)) {
    if (auto violation = see_protocol(*a)) return violation;
    return see_connect(*a);
  }
  if (const auto* a = std::get_if<action::TakeOver>(&action)) return see_take_over(*a);
  if (const auto* a = std::get_if<action::Abandon>(&action)) {
    return to_drop_.contains(a->attempt) ? see_drop(a->attempt, false) : see_end(a->attempt);
  }
  if (const auto* a = std::get_if<action::Retire>(&action)) return see_drop(a->attempt, true);
  if (const auto* a = std::get_if<action::Disconnect>(&action)) {
    const auto found = open_.find(a->attempt);
    const bool listed = found != open_.end() && std::find(order_.begin(), order_.end(),
                                                          found->second.server) != order_.end();
    const bool is_probe = found != open_.end() && found->second.role == Role::probe;
    if (is_probe && !found->second.connected) {
      return broken(Law::left_in_peace, "a probe that is not connected is left");
    }
    // A standby that is none of the servers of a redirection would take over before them.
    const bool stands_in_the_way =
        redirected_ && found != open_.end() && found->second.role == Role::standby;
    if (listed && !stopping_ && !is_probe && left_ != a->attempt && !stands_in_the_way) {
      return broken(Law::left_in_peace, "#" + number(a->attempt) + " was live and of the list");
    }
    return see_end(a->attempt);
  }
  if (const auto* a = std::get_if<action::Use>(&action)) return see_use(*a);
  if (const auto* a = std::get_if<action::TellLost>(&action)) see_lost(*a);
  if (const auto* a = std::get_if<action::TellStandbyLost>(&action)) {
    if (a->up < settings_.stable) see_words(a->attempt, a->server, a->reason);
    if (a->up >= settings_.stable) {
      books_[a->server].last_connect.reset();
      books_[a->server].repeats = 0;
      books_[a->server].cooled = 0;
    }
    if (a->reason.code == 0x97) cool(a->server);
  }
  if (const auto* a = std::get_if<action::TellFailed>(&action)) {
    see_words(a->attempt, a->server, a->reason);
    if (a->verdict == Verdict::older_protocol) older_ = a->server;
    if (a->role == Role::probe) {
      if (a->verdict == Verdict::cool) cool(a->server);
      if (a->verdict != Verdict::older_protocol) good_probes_ = 0;
      return std::nullopt;
    }
    failure_in_step_ = true;
    if (a->verdict != Verdict::older_protocol) see_slowness(a->reason);
    books_[a->server].denied = a->verdict == Verdict::auth;
    if (a->verdict == Verdict::cool) cool(a->server);
  }
  if (const auto* a = std::get_if<action::TellRedirected>(&action)) {
    if (!a->to.empty() && ++redirects_ > settings_.max_redirects)
      return broken(Law::moves_when_asked, "too many redirections in this pass");
    for (const ServerIndex server : a->to) books_[server].last_connect.reset();
  }
  if (const auto* a = std::get_if<action::TellBackoff>(&action)) {
    if (a->pass > 0) redirects_ = 0;
    if (!live_.empty()) return broken(Law::left_in_peace, "a wait beside a live connection");
    not_before_ = now_ + a->delay;
    if (a->pass > 0) pass_failed();
    if (a->pass > 0 && all_unfit())
      return broken(Law::denied_by_all, "all are unfit, and it goes on");
  }
  if (const auto* a = std::get_if<action::GiveUp>(&action)) {
    const bool all = std::all_of(order_.begin(), order_.end(),
                                 [&](auto server) { return books_[server].denied; });
    if (a->kind == ErrorKind::denied && !all) return broken(Law::denied_by_all, "somebody did not");
    const bool unfit = a->reason.cause == Cause::unfit && a->bound == Bound::none;
    if (unfit && !all_unfit()) return broken(Law::denied_by_all, "somebody is fit");
    const bool of_time = a->bound == Bound::startup_timeout || a->bound == Bound::give_up_after;
    const auto end = end_of_patience();
    if (of_time && (!end || now_ < *end)) return broken(Law::gives_up_in_time, "too soon");
    if (of_time && a->bound == Bound::startup_timeout && epoch_ != 0) {
      return broken(Law::gives_up_in_time, "the start is over");
    }
    over_ = true;
  }
  return std::nullopt;
}

// failover.md section 3, class `ours`: no server of the explorer says that it is old, they only
// close.
std::optional<Violation> Laws::see_protocol(const action::Connect& connect) {
  protocols_[connect.attempt] = connect.protocol;
  if (connect.protocol != Protocol::mqtt311) return std::nullopt;
  const Book& book = books_[connect.server];
  const std::string who = "#" + number(connect.attempt) + " to server " + number(connect.server);
  if (book.spoke_mqtt5) return broken(Law::speaks_what_it_can, who + ": it has spoken MQTT 5");
  if (book.takes_older || older_ == connect.server) return std::nullopt;
  return broken(Law::speaks_what_it_can, who + ": nothing tells that it takes an older one");
}

void Laws::see_words(AttemptId id, ServerIndex server, const Reason& reason) {
  Book& book = books_[server];
  const bool word = reason.cause == Cause::connack || reason.cause == Cause::suback;
  if (protocols_[id] == Protocol::mqtt5) {
    book.spoke_mqtt5 = book.spoke_mqtt5 || word;
  } else if (word || reason.phase >= Phase::connack) {
    book.takes_older = word && !book.spoke_mqtt5;
  }
}

// mqfail(7) again: who accepted TCP and was not done in time is slow; who answered proves that not
// all are.
void Laws::see_slowness(const Reason& reason) {
  if (!live_.empty() || reason.phase <= Phase::tcp || reason.cause == Cause::local) return;
  if (reason.cause == Cause::timeout) was_slow_ = true;
  if (reason.cause != Cause::timeout) had_answer_ = true;
}

bool Laws::all_unfit() const {
  return std::all_of(order_.begin(), order_.end(), [&](ServerIndex server) {
    const auto book = books_.find(server);
    return book != books_.end() && (book->second.unfit || book->second.denied);
  });
}

void Laws::pass_failed() {
  const Duration most = std::max(Duration(std::chrono::seconds(30)), settings_.connect_timeout);
  if (was_slow_ && !had_answer_) slow_bound_ = std::min(slow_bound_ * 2, most);
  was_slow_ = had_answer_ = false;
}

std::size_t Laws::count(Role role) const {
  return static_cast<std::size_t>(std::count_if(
      open_.begin(), open_.end(), [&](const auto& each) { return each.second.role == role; }));
}

bool Laws::is_priority(ServerIndex server) const {
  if (settings_.priority_servers.empty()) return server == order_.front();
  // The explorer calls its servers a, b, c ... in the order of their indices.
  return std::any_of(settings_.priority_servers.begin(), settings_.priority_servers.end(),
                     [&](const Server& each) {
                       return static_cast<std::uint32_t>(each.host[0] - 'a') ==
                              static_cast<std::uint32_t>(server);
                     });
}

// Standbys, probes and what goes back: attempts that are made only beside a live one.
std::optional<Violation> Laws::see_beside(const action::Connect& connect) {
  const std::string who = "#" + number(connect.attempt) + " to server " + number(connect.server);
  if (live_.empty()) return broken(Law::left_in_peace, who + ": none is live");
  if (connect.role == Role::standby) {
    if (count(Role::standby) >= static_cast<std::size_t>(settings_.standbys)) {
      return broken(Law::one_live_attempt, who + ": more standbys than the pool");
    }
    return std::nullopt;
  }
  const ServerIndex secondary = open_[*live_.begin()].server;
  const TimePoint since = *open_[*live_.begin()].connected;
  const bool asked = may_move_until_ && now_ <= *may_move_until_;
  if (connect.role == Role::active && width() == 1 && (!settings_.priority_backup || asked)) {
    if (returning_) return broken(Law::one_live_attempt, who + ": one is on the way already");
    may_move_until_.reset();
    if ((!asked && older_ != connect.server) || connect.server == secondary)
      return broken(Law::moves_when_asked, who + ": nobody has asked for it");
    returning_ = connect.attempt;
    return std::nullopt;
  }
  if (!settings_.priority_backup || width() != 1 || !is_priority(connect.server) ||
      is_priority(secondary)) {
    return broken(Law::fails_back_fairly, who + ": nothing to fail back to");
  }
  if (connect.role == Role::probe) {
    if (count(Role::probe) != 0) return broken(Law::one_live_attempt, who + ": a second probe");
    if (older_ != connect.server && probe_ended_ &&
        now_ < *probe_ended_ + settings_.priority_probe_interval) {
      return broken(Law::fails_back_fairly, who + ": sooner than the interval");
    }
    return std::nullopt;
  }
  if (returning_) return broken(Law::one_live_attempt, who + ": one is on the way back already");
  const bool ripe = good_probes_ >= settings_.priority_stable && probed_ == connect.server &&
                    now_ >= since + hold();
  if (!ripe && older_ != connect.server) return broken(Law::fails_back_fairly, who + ": too soon");
  returning_ = connect.attempt;
  return std::nullopt;
}

std::optional<Violation> Laws::see_take_over(const action::TakeOver& take) {
  const auto found = open_.find(take.attempt);
  if (found == open_.end() || found->second.role != Role::standby || !found->second.connected) {
    return broken(Law::standby_takes_over, "#" + number(take.attempt) + " is no standby");
  }
  found->second.role = Role::active;
  if (live_.size() >= width()) {
    action::Connect as_connect{take.attempt, take.server, Role::active, {}};
    if (auto violation = see_beside(as_connect)) return violation;
  }
  found->second.taking_over = true;
  books_[take.server].ended_at = short_since_ = now_;
  found->second.connected.reset();
  found->second.since = now_;
  return std::nullopt;
}

std::optional<Violation> Laws::see_failback(const action::Use& use) {
  if (live_.size() != 1 || returning_ != use.attempt || !use.from ||
      *use.from != open_[*live_.begin()].server) {
    return broken(Law::fails_back_fairly, "#" + number(use.attempt) + " did not go back");
  }
  left_ = *live_.begin();
  live_.insert(use.attempt);
  returning_.reset();
  if (use.move == Move::failback) back_ = use.attempt;
  secondary_since_ = now_;
  good_probes_ = 0;
  probe_ended_.reset();
  forgive();
  if (use.epoch != ++epoch_) return broken(Law::counted_epochs, "a wrong epoch");
  return std::nullopt;
}

std::optional<Violation> Laws::see_connect(const action::Connect& connect) {
  const auto id = static_cast<std::uint64_t>(connect.attempt);
  const std::string who = "#" + number(connect.attempt) + " to server " + number(connect.server);
  if (id <= last_id_) return broken(Law::one_live_attempt, who + ": the id is not new");
  last_id_ = id;
  const bool back = connect.role == Role::active && live_.size() >= width();
  if (connect.role != Role::active || back) {
    if (auto violation = see_beside(connect)) return violation;
  }
  const Duration bound = settings_.connect_timeout;
  if (connect.role == Role::probe) {
    open_[connect.attempt] = {connect.server, now_, {}, Role::probe, false, bound};
    return std::nullopt;
  }
  // One that goes back delays no failover.
  const std::size_t most = width() + (returning_ ? 1 : 0);
  const std::size_t open = count(Role::active);
  const bool again = older_ == connect.server;  // in the place of the attempt that just ended
  if (connect.role == Role::active && !settings_.connect_stagger && open >= most && !again) {
    return broken(Law::one_live_attempt, who + ": as many as the width are open");
  }
  for (const auto& [other, attempt] : open_) {
    if (attempt.role == Role::probe) continue;
    if (attempt.server == connect.server) {
      return broken(Law::one_live_attempt, who + ": an attempt to this server is open");
    }
    if (open < most || attempt.connected || connect.role == Role::standby) continue;
    if (!failure_in_step_ && !excused_ && now_ < attempt.since + *settings_.connect_stagger) {
      return broken(Law::one_live_attempt, who + ": sooner than the stagger");
    }
  }
  open_[connect.attempt] = {connect.server, now_, {}, connect.role, false, bound};
  if (back) return std::nullopt;
  Book& book = books_[connect.server];
  if (older_ == connect.server) return std::nullopt;

  const bool somebody_free = std::any_of(order_.begin(), order_.end(), [&](ServerIndex other) {
    return other != connect.server && books_[other].cooling_at_most <= now_;
  });
  if (now_ < book.cooling_at_least && somebody_free) {
    return broken(Law::no_cooling_while_free, who);
  }
  if (not_before_ && now_ < *not_before_ && !excused_) {
    return broken(Law::bounded_by_back_off, who + ": sooner than told");
  }
  not_before_.reset();
  if (excused_) {
    for (auto& [server, each] : books_) each.last_connect.reset();
  }
  if (book.last_connect) {
    // Shortly before the run gives up, a delay takes half of the time that was left. Then as much
    // is left still.
    Duration delay = least(book.repeats);
    if (const auto end = end_of_patience())
      delay = std::min(delay, std::max<Duration>(std::chrono::milliseconds(100), *end - now_));
    if (now_ < *book.last_connect + delay) {
      return broken(Law::bounded_by_back_off,
                    who + ": " + transcript_time(now_ - *book.last_connect) + " ms after the last");
    }
    ++book.repeats;
  }
  book.last_connect = now_;
  return std::nullopt;
}

std::optional<Violation> Laws::see_use(const action::Use& use) {
  const auto found = open_.find(use.attempt);
  if (found == open_.end() || !found->second.connected) {
    return broken(Law::counted_epochs, "#" + number(use.attempt) + " is not connected");
  }
  slow_bound_ = settings_.connect_timeout;
  was_slow_ = had_answer_ = false;
  if (use.move != Move::none) return see_failback(use);
  secondary_since_ = now_;
  good_probes_ = 0;
  returning_.reset();
  if (live_.empty()) {
    if (epoch_ == 0 || last_lost_ != use.server) ++epoch_;
    // Those that wait begin to wait by themselves, who had no turn yet after that.
    if (width() > 1 || settings_.standbys > 0) {
      for (auto& [server, book] : books_) book.repeats = -1;
    }
  }
  if (use.epoch != epoch_) return broken(Law::counted_epochs, "a wrong epoch");
  redirects_ = 0;
  live_.insert(use.attempt);
  if (live_.size() > width()) return broken(Law::one_live_attempt, "more live than the width");
  if (live_.size() == width() && count(Role::active) != live_.size()) {
    return broken(Law::one_live_attempt, "losers of the race are still open");
  }
  books_[use.server].denied = books_[use.server].unfit = false;
  return std::nullopt;
}

std::optional<Violation> Laws::see_end(AttemptId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return broken(Law::one_live_attempt, "#" + number(id) + " is not open");
  // The loser of a race keeps its turn and may be tried again in the same pass.
  if (found->second.role != Role::probe) books_[found->second.server].last_connect.reset();
  const auto connected = found->second.connected;
  if (found->second.role == Role::active && connected && now_ >= *connected + settings_.stable) {
    forgive();
    books_[found->second.server].cooled = 0;
  }
  const Open gone = found->second;
  open_.erase(found);
  ended(gone, id);
  return std::nullopt;
}

std::optional<Violation> Laws::see_drop(AttemptId id, bool was_live) {
  const auto found = to_drop_.find(id);
  if (found != to_drop_.end() && found->second == was_live) {
    to_drop_.erase(found);
    return std::nullopt;
  }
  return broken(Law::drops_what_ended, "#" + number(id) + " is dropped for no reason, or wrongly");
}

void Laws::ended(const Open& attempt, AttemptId id) {
  if (attempt.role == Role::probe) {
    if (!excused_) probe_ended_ = now_;
    return;
  }
  if (returning_ == id) {
    returning_.reset();
    good_probes_ = 0;
  }
  if (attempt.role == Role::standby) books_[attempt.server].ended_at = now_;
  if (live_.size() >= width()) short_since_ = now_;
  if (live_.erase(id) == 0) return;
  books_[attempt.server].ended_at = now_;
  if (!live_.empty()) return;
  may_move_until_.reset();
  offline_since_ = now_;
  last_lost_ = attempt.server;
  // With none left, the others' own back-offs are not held against them.
  for (auto& [server, book] : books_) {
    const bool many = width() > 1 || settings_.standbys > 0;
    if (many) book.repeats = 0;
    if (many && server != attempt.server) book.last_connect.reset();
  }
}

std::size_t Laws::width() const {
  if (settings_.width == 0) return order_.size();
  return std::min(static_cast<std::size_t>(settings_.width), order_.size());
}

void Laws::see_lost(const action::TellLost& lost) {
  if (lost.up >= settings_.stable) redirects_ = 0;  // a new pass, also beside live ones
  if (lost.up < settings_.stable) see_words(lost.attempt, lost.server, lost.reason);
  if (lost.up >= settings_.stable) {
    forgive();
    books_[lost.server].cooled = 0;
  }
  if (back_ == lost.attempt)
    unstable_returns_ = lost.up >= settings_.stable ? 0 : unstable_returns_ + 1;
  books_[lost.server].denied = lost.reason.code == 0x87;
  books_[lost.server].unfit = lost.reason.cause == Cause::unfit;
  if (lost.reason.code == 0x97) cool(lost.server);
}

std::optional<Violation> Laws::after(std::optional<TimePoint> deadline) {
  last_deadline_ = deadline;
  if (deadline && *deadline < now_) return broken(Law::deadline_not_past, "it is in the past");
  if (deadline && *deadline == now_ && idle_tick_) {
    return broken(Law::deadline_not_past, "a tick did nothing and is due again at once");
  }
  if (!to_drop_.empty()) {
    return broken(Law::drops_what_ended, "#" + number(to_drop_.begin()->first) + " is not dropped");
  }
  if (over_) return std::nullopt;
  if (const auto end = end_of_patience(); tick_ && end && now_ >= *end) {
    return broken(Law::gives_up_in_time, "it goes on");
  }
  if (live_.size() > width()) return broken(Law::one_live_attempt, "more live than the width");
  for (const auto& [id, attempt] : open_) {
    const bool one_takes_over = std::any_of(
        open_.begin(), open_.end(), [](const auto& each) { return each.second.taking_over; });
    if (live_.empty() && attempt.role == Role::standby && attempt.connected && !one_takes_over) {
      return broken(Law::standby_takes_over, "#" + number(id) + " stands by and none is live");
    }
    if (!attempt.connected && now_ > attempt.since + attempt.longest &&
        (!deadline || *deadline > now_)) {
      return broken(Law::time_bound, "#" + number(id) + " is still open");
    }
  }
  if (auto violation = goes_back()) return violation;
  std::size_t wanted = width();
  if (!live_.empty()) {
    wanted = std::min(wanted + static_cast<std::size_t>(settings_.standbys), order_.size());
  }
  std::set<ServerIndex> connected;
  for (const auto& [id, attempt] : open_) {
    if (attempt.connected && attempt.role != Role::probe) connected.insert(attempt.server);
  }
  if (connected.size() >= wanted) return std::nullopt;
  for (const ServerIndex server : order_) {
    const Book& book = books_[server];
    if (!book.up_since || connected.contains(server)) continue;
    // Who waits beside the last live connection waits once more with the pass when that is lost.
    const TimePoint since = std::max({*book.up_since, book.listed_since, book.cooling_at_most,
                                      book.ended_at, short_since_, offline_since_});
    if (now_ > since + offline_bound()) {
      return broken(Law::comes_online, "server " + number(server) + " is up since " +
                                           transcript_time(book.up_since->time_since_epoch()));
    }
  }
  return std::nullopt;
}

// When a bound of time ends the search for a server; failover.md section 1 again.
std::optional<TimePoint> Laws::end_of_patience() const {
  if (!live_.empty()) return std::nullopt;
  std::optional<Duration> most = settings_.give_up_after;
  const auto also = [&](Duration bound) { most = std::min(most.value_or(bound), bound); };
  if (epoch_ == 0 && settings_.startup_timeout) also(*settings_.startup_timeout);
  if (epoch_ == 0 && !settings_.bounded) also(std::chrono::seconds(10));
  if (!most) return std::nullopt;
  return offline_since_ + *most;
}

// Each round of probes costs an interval and an attempt, and every priority server may have its
// own.
std::optional<Violation> Laws::goes_back() const {
  if (!settings_.priority_backup || width() != 1 || live_.empty()) return std::nullopt;
  if (is_priority(open_.at(*live_.begin()).server)) return std::nullopt;
  std::optional<TimePoint> since;
  std::size_t rivals = 0;
  for (const ServerIndex server : order_) {
    if (!is_priority(server)) continue;
    ++rivals;
    const Book& book = books_.at(server);
    if (!book.up_since || book.unfit) continue;
    const TimePoint from = std::max({*book.up_since, book.cooling_at_most, secondary_since_});
    since = since ? std::min(*since, from) : from;
  }
  if (!since) return std::nullopt;
  const Duration round = settings_.priority_probe_interval + settings_.connect_timeout;
  const auto rounds = static_cast<Duration::rep>(rivals + 1) * (settings_.priority_stable + 3);
  if (now_ > *since + hold() + round * rounds + offline_bound()) {
    return broken(Law::goes_back, "it is up since " + transcript_time(since->time_since_epoch()));
  }
  return std::nullopt;
}

// mqfail(7) again: twice as long after each failback to a connection that was not stable.
Duration Laws::hold() const {
  Duration grown = settings_.priority_hold;
  const Duration most = std::max(grown, Duration(std::chrono::minutes(10)));
  if (unstable_returns_ > 0) grown = std::max(grown, Duration(std::chrono::seconds(1)));
  for (int i = 0; i < unstable_returns_ && grown < most; ++i) grown = std::min(most, 2 * grown);
  return grown;
}

void Laws::cool(ServerIndex server) {
  Book& book = books_[server];
  book.cooling_at_least = now_ + least(book.cooled);
  book.cooling_at_most = now_ + most(book.cooled);
  ++book.cooled;
}

void Laws::forgive() {
  for (auto& [server, book] : books_) {
    book.last_connect.reset();
    book.repeats = 0;
  }
}

// The formula of mqfail(7) again, on purpose not shared with lib/policy.
Duration Laws::most(int repeat) const {
  const double first = static_cast<double>(
      settings_.backoff.initial.value_or(std::chrono::milliseconds(100)).count());
  const auto cap = static_cast<double>(settings_.backoff.cap.count());
  if (settings_.backoff.jitter == Jitter::decorrelated) return settings_.backoff.cap;
  const double bound =
      std::min(cap, first * std::pow(settings_.backoff.multiplier, std::max(repeat, 0)));
  return Duration(static_cast<Duration::rep>(bound));
}

Duration Laws::least(int repeat) const {
  switch (settings_.backoff.jitter) {
    case Jitter::none:
      return most(repeat);
    case Jitter::equal:
      return most(repeat) / 2;
    case Jitter::full:
      return Duration::zero();
    case Jitter::decorrelated:
      return settings_.backoff.initial.value_or(std::chrono::milliseconds(100));
  }
  return Duration::zero();
}

}  // namespace mqfail::test
