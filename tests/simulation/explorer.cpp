// SPDX-License-Identifier: Apache-2.0
#include "explorer.hpp"

#include <algorithm>
#include <array>

#include "simulation/transcript_parse.hpp"

namespace mqfail::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLatency{20};  // of an answer, at most
constexpr milliseconds kLateness{3};  // of a tick, at most

/// The engine with a defect between it and whoever looks.
class Saboteur {
 public:
  Saboteur(const TranscriptHead& head, Sabotage sabotage)
      : failover_(sabotaged(head.settings, sabotage), head.servers, Random(head.seed)),
        sabotage_(sabotage) {}

  Actions step(const Event& told, TimePoint now) {
    Event event = told;
    if (auto* const changed = std::get_if<event::ListChanged>(&event))
      changed->rebalance = changed->rebalance || sabotage_ == Sabotage::moves_unasked;
    now_ = now;
    if (const auto* connected = std::get_if<event::Connected>(&event)) {
      if (sabotage_ == Sabotage::is_deaf) return {};
      if (sabotage_ == Sabotage::stays_away && probe_ == connected->attempt) {
        const Reason reason{Cause::refused, Phase::tcp, 111, false, {}};
        failover_.step(event::Failed{connected->attempt, reason}, now);
        return {action::Disconnect{connected->attempt}};
      }
    }
    ended_.reset();
    if (const auto* failed = std::get_if<event::Failed>(&event)) ended_ = failed->attempt;
    if (const auto* lost = std::get_if<event::Lost>(&event)) ended_ = lost->attempt;
    const bool was_stopped = failover_.state() == FailoverState::stopped;
    Actions out = mangle(failover_.step(event, now));
    const auto* failed = std::get_if<event::Failed>(&event);
    const bool dead = failed != nullptr && out.empty();
    if ((sabotage_ == Sabotage::wakes_the_dead && dead && !was_stopped) ||
        (sabotage_ == Sabotage::connects_after_stop && was_stopped)) {
      out.emplace_back(action::Connect{AttemptId{1'000'000}, ServerIndex{0}, Role::active, {}});
    }
    return out;
  }

  std::optional<TimePoint> deadline() const {
    const auto due = failover_.deadline();
    if (!due) return due;
    if (sabotage_ == Sabotage::answers_late) return now_ - milliseconds(1);
    const FailoverState state = failover_.state();
    if (sabotage_ == Sabotage::forgets_the_rest && state == FailoverState::online) {
      return std::nullopt;
    }
    if (sabotage_ == Sabotage::oversleeps && state == FailoverState::waiting) return std::nullopt;
    if (sabotage_ == Sabotage::never_times_out && state == FailoverState::connecting) {
      return *due + seconds(60);
    }
    return due;
  }
  const Failover& inner() const { return failover_; }

 private:
  static FailoverSettings sabotaged(FailoverSettings settings, Sabotage sabotage) {
    if (sabotage == Sabotage::redirects_for_ever) settings.max_redirects = 1'000'000;
    return settings;
  }

  Actions mangle(const Actions& actions) {
    Actions out;
    failed_back_ = false;
    for (const Action& action : actions) {
      out.push_back(action);
      // A pointer into `out` would dangle as soon as something is put behind it.
      if (const auto* asked = std::get_if<action::Connect>(&action)) {
        action::Connect connect = *asked;
        if (sabotage_ == Sabotage::ignores_cooling && cooled_) connect.server = *cooled_;
        if (sabotage_ == Sabotage::speaks_old) connect.protocol = Protocol::mqtt311;
        cooled_.reset();
        const bool is_probe = connect.role == Role::probe;
        if (is_probe && sabotage_ == Sabotage::rushes_back) connect.role = Role::active;
        out.back() = connect;
        if (sabotage_ == Sabotage::doubles_attempts) out.push_back(action);
        if (is_probe) {
          probe_ = connect.attempt;
          if (sabotage_ == Sabotage::breaks_before_making && live_) {
            out.emplace_back(action::Disconnect{*live_});
          }
        }
      } else if (std::holds_alternative<action::TakeOver>(action)) {
        if (sabotage_ == Sabotage::never_takes_over) out.pop_back();
      } else if (const auto* ready = std::get_if<action::TellStandbyReady>(&action)) {
        if (sabotage_ == Sabotage::drops_the_standby) {
          out.emplace_back(action::Disconnect{ready->attempt});
        }
        if (sabotage_ == Sabotage::hoards_standbys) {
          out.emplace_back(action::Connect{AttemptId{1'000'000}, ready->server, Role::standby, {}});
        }
      } else if (const auto* left = std::get_if<action::Disconnect>(&action)) {
        if (sabotage_ == Sabotage::keeps_both && failed_back_) out.pop_back();
        if (live_ == left->attempt) live_.reset();
      } else if (std::holds_alternative<action::GiveUp>(action)) {
        if (sabotage_ == Sabotage::never_gives_up) out.pop_back();
      } else if (const auto* dropped = std::get_if<action::Abandon>(&action)) {
        const bool dead = ended_ == dropped->attempt;
        if (sabotage_ == (dead ? Sabotage::keeps_the_dead : Sabotage::keeps_losers)) out.pop_back();
      } else if (const auto* retired = std::get_if<action::Retire>(&action)) {
        if (sabotage_ == Sabotage::keeps_the_lost) out.pop_back();
        if (sabotage_ == Sabotage::abandons_the_lost)
          out.back() = action::Abandon{retired->attempt};
      } else if (const auto* use = std::get_if<action::Use>(&action)) {
        if (sabotage_ == Sabotage::counts_wrong) std::get<action::Use>(out.back()).epoch = 1;
        failed_back_ = use->move != Move::none;
        live_ = use->attempt;
        if (sabotage_ == Sabotage::overfills) {
          out.emplace_back(action::Connect{AttemptId{1'000'000}, use->server, Role::active, {}});
        }
      } else if (const auto* lost = std::get_if<action::TellLost>(&action)) {
        if (live_ == lost->attempt) live_.reset();
      } else if (const auto* failed = std::get_if<action::TellFailed>(&action)) {
        if (live_ && failover_.state() == FailoverState::online) {
          if (sabotage_ == Sabotage::drops_the_live) out.emplace_back(action::Disconnect{*live_});
          if (sabotage_ == Sabotage::waits_beside) {
            out.emplace_back(action::TellBackoff{seconds(1), 1, false});
          }
        }
        cooled_.reset();
        if (failed->verdict == Verdict::cool) cooled_ = failed->server;
        if (failed->verdict == Verdict::auth && sabotage_ == Sabotage::blames_everybody) {
          out.emplace_back(action::GiveUp{ErrorKind::denied, failed->reason, 1, 1});
        }
      } else if (std::holds_alternative<action::TellBackoff>(action)) {
        if (sabotage_ == Sabotage::hides_the_wait) out.pop_back();
        if (sabotage_ == Sabotage::hides_the_wait || sabotage_ == Sabotage::ignores_the_wait) {
          for (const Action& early : failover_.step(event::Hurried{}, now_)) out.push_back(early);
        }
      }
    }
    return out;
  }

  Failover failover_;
  Sabotage sabotage_;
  TimePoint now_{};
  std::optional<ServerIndex> cooled_;
  std::optional<AttemptId> live_;
  std::optional<AttemptId> probe_;
  std::optional<AttemptId> ended_;  // by itself, in this step
  bool failed_back_ = false;
};

enum class Mood { up, down, frozen, busy, denying, old, closing, dying, unfit, redirecting };

/// One run of the engine in one world, from Started to Stopped.
class Episode {
 public:
  Episode(Random& dice, Sabotage sabotage)
      : dice_(dice),
        head_(draw_head()),
        engine_(head_, sabotage),
        laws_(head_.settings, head_.servers.size()) {
    for (std::size_t i = 0; i < head_.servers.size(); ++i) moods_.push_back(Mood::down);
    for (std::size_t i = 0; i < moods_.size(); ++i) set_mood(i, draw_mood());
    const auto timeouts = static_cast<std::int64_t>(freezes_ ? moods_.size() + 1 : 1);
    laws_.allow_offline(timeouts, head_.settings.backoff.cap + kLateness * 10);
  }

  void run(std::uint64_t steps, Exploration& out) {
    feed(event::Started{}, out);
    const std::uint64_t end = out.steps + std::min<std::uint64_t>(steps, 500 + below(1500));
    while (!out.violation && out.steps < end && !laws_.is_over()) turn(out);
    if (out.violation) return;
    feed(event::Stopped{}, out);
    for (int i = 0; i < 20 && !out.violation; ++i) {
      now_ += milliseconds(below(1000));
      whim(out, below(6));
    }
  }

  std::string trace() const {
    Failover again(head_.settings, head_.servers, Random(head_.seed));
    std::string out = transcript_head(head_);
    for (const TranscriptEvent& each : told_) {
      out += transcript_line(each.event, each.at) + "\n";
      for (const Action& action : again.step(each.event, TimePoint(each.at))) {
        out += transcript_line(action, each.at, again) + "\n";
      }
    }
    return out;
  }

 private:
  struct Due {
    TimePoint at;
    AttemptId attempt;
    ServerIndex server;
    Protocol protocol;
    bool live;
  };

  std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(dice_.below(bound)); }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

  TranscriptHead draw_head() {
    static constexpr std::array kJitters{Jitter::none, Jitter::none, Jitter::equal, Jitter::full,
                                         Jitter::decorrelated};
    TranscriptHead head;
    FailoverSettings& s = head.settings;
    s.bounded = !chance(8);
    if (s.bounded && chance(8)) s.startup_timeout = milliseconds(500 + below(20000));
    if (s.bounded && chance(8)) s.give_up_after = milliseconds(500 + below(20000));
    s.randomize = chance(2);
    s.backoff.jitter = kJitters.at(static_cast<std::size_t>(below(kJitters.size())));
    s.backoff.cap = milliseconds(1000 + below(9000));
    if (chance(3)) s.backoff.initial = milliseconds(1 + below(500));
    s.connect_timeout = milliseconds(500 + below(2000));
    s.stable = milliseconds(500 + below(4000));
    if (chance(4)) s.connect_stagger = milliseconds(30 + below(300));
    const auto count = 1 + below(5);
    if (chance(2)) s.width = below(static_cast<std::uint64_t>(count) + 1);
    if (chance(2)) s.standbys = 1 + below(2);
    if (chance(2)) {
      s.priority_backup = true;
      s.priority_probe_interval = milliseconds(50 + below(1000));
      s.priority_stable = 1 + below(3);
      s.priority_hold = milliseconds(below(5000));
      for (char c = 'a'; c < 'a' + count && chance(2); ++c) {
        s.priority_servers.emplace_back();
        s.priority_servers.back().id = s.priority_servers.back().host = std::string(1, c);
      }
    }
    if (!s.priority_backup && chance(2)) {
      if (chance(2)) s.rebalance = chance(2);
      s.rebalance_spread = milliseconds(below(2000));
    }
    s.max_redirects = below(4);
    for (char c = 'a'; c < 'a' + count; ++c) {
      head.servers.emplace_back();
      head.servers.back().id = head.servers.back().host = std::string(1, c);
    }
    head.seed = dice_.next();
    freezes_ = chance(2);
    return head;
  }

  Mood draw_mood() {
    if (chance(2)) return chance(3) ? Mood::up : Mood::down;
    const auto mood = static_cast<Mood>(below(10));
    return mood == Mood::frozen && !freezes_ ? Mood::down : mood;
  }

  void set_mood(std::size_t server, Mood mood) {
    moods_[server] = mood;
    const auto index = ServerIndex(static_cast<std::uint32_t>(server));
    laws_.is_up(index, mood == Mood::up, now_);
    if (mood == Mood::up || mood == Mood::old) return;
    const auto silence = mood == Mood::frozen ? milliseconds(1500) : milliseconds(0);
    for (const Due& live : live_) {
      if (live.server != index) continue;
      dues_.push_back({now_ + silence + milliseconds(below(20)), live.attempt, index, {}, true});
    }
  }

  Mood mood_of(ServerIndex server) const { return moods_[static_cast<std::size_t>(server)]; }

  void turn(Exploration& out) {
    if (chance(40)) return whim(out, below(7));
    if (next_change_ <= now_) {
      next_change_ = now_ + milliseconds(below(chance(4) ? 60000 : 3000));
      set_mood(static_cast<std::size_t>(below(moods_.size())), draw_mood());
    }
    const auto due = std::min_element(dues_.begin(), dues_.end(),
                                      [](const Due& a, const Due& b) { return a.at < b.at; });
    TimePoint next = next_change_;
    bool is_due = false;
    if (due != dues_.end() && due->at <= next) {
      next = due->at;
      is_due = true;
    }
    if (const auto deadline = engine_.deadline(); deadline && *deadline < next) {
      now_ = std::max(now_, *deadline) + milliseconds(chance(3) ? below(kLateness.count()) : 0);
      return feed(event::Ticked{}, out);
    }
    now_ = std::max(now_, next);
    if (!is_due) return feed(event::Ticked{}, out);  // one that nobody asked for
    const Due now_due = *due;
    dues_.erase(due);
    happen(now_due, out);
  }

  // What the server does to an attempt, by the mood that it is in when the time has come.
  void happen(const Due& due, Exploration& out) {
    if (!laws_.is_open(due.attempt) && chance(2)) return;  // else it is told although nobody asks
    if (due.live) {
      const Mood mood = mood_of(due.server);
      Reason reason{Cause::reset, Phase::publish, 104, false, {}};
      if (mood == Mood::frozen) reason.cause = Cause::keepalive;
      if (mood == Mood::busy) reason = {Cause::disconnect, Phase::publish, 0x97, true, {}};
      if (mood == Mood::denying) reason = {Cause::disconnect, Phase::publish, 0x87, true, {}};
      if (mood == Mood::redirecting) reason = redirection(Cause::disconnect, Phase::publish);
      return feed(event::Lost{due.attempt, reason}, out);
    }
    const auto refuse = [&](Cause cause, Phase phase, int code) {
      feed(event::Failed{due.attempt, {cause, phase, code, code >= 0x80, {}}}, out);
    };
    const bool is_mqtt5 = due.protocol == Protocol::mqtt5;
    switch (mood_of(due.server)) {
      case Mood::up:
        return accept(due, out);
      case Mood::old:
        return is_mqtt5 ? refuse(Cause::closed, Phase::connack, 0) : accept(due, out);
      case Mood::dying:
        accept(due, out);
        dues_.push_back({now_ + milliseconds(below(chance(3) ? 8000 : 40)), due.attempt, due.server,
                         due.protocol, true});
        return;
      case Mood::frozen:
        if (laws_.is_open(due.attempt)) {
          dues_.push_back(
              {now_ + milliseconds(10 + below(20)), due.attempt, due.server, due.protocol, false});
        }
        return feed(event::Reached{due.attempt, Phase::connack}, out);
      case Mood::down:
        return refuse(Cause::refused, Phase::tcp, 111);
      case Mood::busy:
        return refuse(Cause::connack, Phase::connack, 0x89);
      case Mood::denying:
        return refuse(Cause::connack, Phase::connack, 0x87);
      case Mood::redirecting:
        return feed(event::Failed{due.attempt, redirection(Cause::connack, Phase::connack)}, out);
      case Mood::closing:
        return refuse(Cause::closed, Phase::connack, 0);
      case Mood::unfit:
        accept(due, out);
        if (last_used_ != due.attempt) return;  // a standby
        return feed(event::Lost{due.attempt, {Cause::unfit, Phase::connack, 0, true, {}}}, out);
    }
  }

  // To some servers of the list, to itself, and to strangers, who are not known.
  Reason redirection(Cause cause, Phase phase) {
    Reason reason{cause, phase, chance(2) ? 0x9c : 0x9d, true, {}};
    for (auto left = below(4); left > 0; --left) {
      reason.reference += static_cast<char>('a' + below(head_.servers.size() + 1));
      reason.reference += ' ';
    }
    return reason;
  }

  void accept(const Due& due, Exploration& out) {
    if (laws_.is_open(due.attempt)) live_.push_back(due);
    feed(event::Connected{due.attempt}, out);
  }

  // What nobody expects.
  void whim(Exploration& out, std::int64_t kind) {
    const AttemptId some{static_cast<std::uint64_t>(1 + below(last_id_ + 3))};
    const Reason reason{Cause::refused, Phase::tcp, 111, false, {}};
    switch (kind) {
      case 0:
        return stale(event::Connected{some}, some, out);
      case 1:
        return stale(event::Failed{some, reason}, some, out);
      case 2:
        return stale(event::Lost{some, reason}, some, out);
      case 3:
        return feed(event::Ticked{}, out);
      case 4:
        return chance(4) ? feed(event::Hurried{}, out) : void();
      case 5:
        return chance(4) ? change_list(out) : void();
      default:
        now_ += milliseconds(below(20));
    }
  }

  void stale(const Event& event, AttemptId attempt, Exploration& out) {
    if (!laws_.is_open(attempt)) feed(event, out);
  }

  // Some of the servers there have ever been, in any order; or an update that names them.
  void change_list(Exploration& out) {
    event::ListChanged event;
    event.source = chance(3) ? ListSource::topic : ListSource::document;
    for (const Server& server : head_.servers) {
      if (!chance(3)) event.servers.push_back(server);
    }
    for (std::size_t left = event.servers.size(); left > 1; --left) {
      std::swap(event.servers[left - 1], event.servers[static_cast<std::size_t>(below(left))]);
    }
    event.rebalance = event.source != ListSource::document && chance(2);
    feed(event, out);
  }

  void forget(AttemptId attempt) {
    std::erase_if(live_, [&](const Due& live) { return live.attempt == attempt; });
  }

  void feed(const Event& event, Exploration& out) {
    told_.push_back({now_.time_since_epoch(), event});
    ++out.steps;
    if (const auto* lost = std::get_if<event::Lost>(&event)) forget(lost->attempt);
    const Actions actions = engine_.step(event, now_);
    const bool moved = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
      const auto* const told = std::get_if<action::TellRedirected>(&action);
      return told != nullptr && told->moved && !told->to.empty();
    });
    if (moved || std::holds_alternative<event::ListChanged>(event)) {
      laws_.listed(engine_.inner().roster(), now_);
    }
    for (const Action& action : actions) {
      if (const auto* a = std::get_if<action::Connect>(&action)) {
        last_id_ = std::max(last_id_, static_cast<std::uint64_t>(a->attempt));
        dues_.push_back({now_ + Duration(below(Duration(kLatency).count())), a->attempt, a->server,
                         a->protocol, false});
      } else if (const auto* t = std::get_if<action::TakeOver>(&action)) {
        const auto ready = std::find_if(live_.begin(), live_.end(),
                                        [&](const Due& one) { return one.attempt == t->attempt; });
        const Protocol protocol = ready == live_.end() ? Protocol::mqtt5 : ready->protocol;
        forget(t->attempt);
        dues_.push_back({now_ + Duration(below(Duration(kLatency).count())), t->attempt, t->server,
                         protocol, false});
      } else if (const auto* d = std::get_if<action::Disconnect>(&action)) {
        forget(d->attempt);
      } else if (std::holds_alternative<action::Use>(action)) {
        ++out.uses;
        last_used_ = std::get<action::Use>(action).attempt;
      } else if (std::holds_alternative<action::GiveUp>(action)) {
        ++out.give_ups;
      }
    }
    if (auto found = laws_.check(event, actions, now_, engine_.deadline())) out.violation = found;
    if (!out.violation && std::holds_alternative<event::Stopped>(event)) laws_.stop();
  }

  Random& dice_;
  bool freezes_ = false;
  TranscriptHead head_;
  Saboteur engine_;
  Laws laws_;
  std::vector<Mood> moods_;
  std::vector<Due> dues_;
  std::vector<Due> live_;
  std::vector<TranscriptEvent> told_;
  TimePoint now_{};
  TimePoint next_change_{};
  std::uint64_t last_id_ = 0;
  AttemptId last_used_{};
};

}  // namespace

Exploration explore(std::uint64_t seed, std::uint64_t steps, Sabotage sabotage) {
  Random dice(seed);
  Exploration out;
  while (out.steps < steps && !out.violation) {
    Episode episode(dice, sabotage);
    ++out.episodes;
    episode.run(steps - out.steps, out);
    if (out.violation) out.trace = episode.trace();
  }
  return out;
}

}  // namespace mqfail::test
