// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "policy/transcript.hpp"

namespace mqfail::test {

using namespace std::chrono_literals;

namespace {

constexpr Duration kTurnCosts = 20us;
// Turns one after the other, while nothing comes from outside and no time was waited for.
constexpr int kMostTurnsAtOnce = 1000;

std::string word(NoticeName name) {
  static constexpr std::array kNames{
      "start",      "trying",   "failed",   "connected",  "subscribed",    "lost",
      "backoff",    "failover", "failback", "rebalanced", "standby-ready", "standby-lost",
      "redirected", "list",     "gap",      "duplicate",  "dropped",       "stalled",
      "insecure",   "tls",      "gave-up",  "warning",    "exit"};
  return kNames.at(static_cast<std::size_t>(name));
}

}  // namespace

const char* name(Promise promise) {
  switch (promise) {
    case Promise::p1_exit_status:
      return "P1 the exit status tells whether every message was acknowledged";
    case Promise::p2_nothing_twice:
      return "P2 nothing acknowledged is sent again";
    case Promise::p3_order:
      return "P3 unsettled messages go first, in input order";
    case Promise::p4_bounded:
      return "P4 memory is bounded";
    case Promise::p5_acks:
      return "P5 settled means acknowledged by as many servers as were asked for";
    case Promise::p6_spool:
      return "P6 what was read is on disk";
    case Promise::p7_numbers:
      return "P7 each message has its number";
    case Promise::s1_written_first:
      return "S1 acknowledged after it was written";
    case Promise::s2_once:
      return "S2 each numbered message once";
    case Promise::s3_copies:
      return "S3 copies of several servers once";
    case Promise::s3_kept:
      return "S3 what bridged servers keep once";
    case Promise::s5_sessions:
      return "S5 a persistent session is drained";
    case Promise::s6_retained:
      return "S6 unchanged retained messages not again";
    case Promise::s7_stalled:
      return "S7 an output that blocks loses nothing of QoS 1 and 2";
    case Promise::leaves_the_stale:
      return "a server without a message is left";
    case Promise::s8_gap:
      return "S8 a switch tells the outage";
    case Promise::protocol:
      return "the protocol is kept";
    case Promise::rests:
      return "it sleeps while there is nothing to do";
    case Promise::comes_to_an_end:
      return "the run comes to an end";
  }
  return "";
}

Outcome World::run() {
  std::optional<int> status;
  while (!status && !out.violation) {
    killed = false;
    status = one_life();
  }
  if (status && !out.violation) settle_accounts(*status);
  out.moved = moved();
  return std::move(out);
}

void World::tell(const std::string& line) {
  if (!told_) return;
  out.story += transcript_time(agenda.now() - Agenda::kBegin) + " " + line + "\n";
}

void World::broke(Promise promise, const std::string& what) {
  if (out.violation) return;
  tell("BROKEN: " + std::string(name(promise)) + ": " + what);
  out.violation = {promise, what};
}

void World::announce(const Notice& notice) {
  if (notice.name == NoticeName::failover) ++out.switches;
  if (notice.name == NoticeName::lost) ++out.losses;
  if (!told_) return;
  std::string line = word(notice.name);
  if (!notice.server.empty()) line += " " + notice.server;
  if (notice.attempt) line += " #" + std::to_string(*notice.attempt);
  if (!notice.reason.empty()) line += ": " + notice.reason;
  for (const auto& [key, value] : notice.more) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      line += " " + key + "=" + std::to_string(*number);
    }
  }
  tell("-> " + line);
}

void World::make_servers(std::int64_t count, bool all_mqtt5) {
  for (char c = 'a'; c < 'a' + count; ++c) {
    ServerTraits traits;
    traits.latency = chance(8) ? between(1ms, 100ms) : between(50us, 2ms);
    if (chance(3)) traits.acknowledges_after = between(0us, 50ms);
    if (chance(3)) traits.receive_maximum = static_cast<std::uint16_t>(1 + below(20));
    traits.mqtt5 = all_mqtt5 || !chance(6);
    if (!traits.mqtt5) traits.receive_maximum = 65535;
    servers.push_back(std::make_unique<SimulatedServer>(agenda, std::string(1, c), traits));
  }
}

ServerList World::server_list() const {
  ServerList list;
  for (const auto& server : servers) {
    list.emplace_back();
    list.back().id = list.back().host = server->name;
  }
  return list;
}

FailoverSettings World::draw_failover() {
  FailoverSettings s;
  s.bounded = true;
  s.randomize = chance(4);
  s.backoff.cap = between(200ms, 5s);
  if (chance(4)) s.backoff.initial = between(1ms, 500ms);
  s.connect_timeout = between(500ms, 3s);
  s.stable = between(500ms, 10s);
  if (chance(5)) s.connect_stagger = between(20ms, 300ms);
  s.client_id_given = chance(2);
  return s;
}

void World::draw_failback(FailoverSettings& settings) {
  settings.priority_backup = true;
  settings.priority_probe_interval = between(50ms, 2s);
  settings.priority_stable = 1 + below(2);
  settings.priority_hold = between(0ms, 5s);
}

SessionSettings World::session_settings() {
  SessionSettings settings;
  settings.connect.client_id = "client";
  settings.connect.clean_session = !persistent_;
  settings.connect.keepalive = between(2s, 10s);
  settings.random_id = [next = 0]() mutable { return "random-" + std::to_string(++next); };
  return settings;
}

void World::draw_faults(Duration busy, Duration end) {
  for (const auto& server : servers) {
    TimePoint at = Agenda::kBegin + between(0ms, busy);
    while (at < Agenda::kBegin + end) {
      const Duration most = chance(4) ? end : end / 6;
      draw_fault(*server, at, most);
      at += between(busy / 8, std::max(busy, end / 3));
    }
    agenda.at(Agenda::kBegin + end, [this, &server = *server] { end_faults(server); });
  }
}

void World::draw_year(const Year& year) {
  most_turns_ = 5'000'000;
  agenda.move_to(year.begin);
  for (const auto& server : servers) {
    for (TimePoint at = year.begin + between(0ms, 48h); at < year.begin + Year::kLength - 12h;
         at += between(6h, 240h)) {
      draw_fault(*server, at, 6h);
    }
    agenda.at(year.begin + Year::kLength, [this, &server = *server] { end_faults(server); });
  }
}

void World::draw_fault(SimulatedServer& server, TimePoint at, Duration most) {
  const Duration time = between(1ms, most);
  const auto fault = below(10);
  const bool keeps = keeps_sessions_ || !chance(3);
  const int code = std::array{0x88, 0x89, 0x97, 0x8B}.at(static_cast<std::size_t>(below(4)));
  const auto during = [&](std::string what, std::function<void()> begin,
                          std::function<void()> finish) {
    agenda.at(at, [this, &server, what, begin = std::move(begin)] {
      tell("server " + server.name + " " + what);
      ++out.faults;
      begin();
    });
    agenda.at(at + time, [this, &server, what, finish = std::move(finish)] {
      tell("server " + server.name + " no more " + what);
      finish();
    });
  };
  switch (fault) {
    case 0:
    case 1:
    case 2:
    case 3:
      return during(
          keeps ? "is dead" : "is dead and forgets", [&server, keeps] { server.die(keeps); },
          [&server] { server.start(); });
    case 4:
      return during(
          "is frozen", [&server] { server.freeze(); }, [&server] { server.thaw(); });
    case 5:
      return during(
          "is out of reach", [&server] { server.go_dark(); }, [&server] { server.come_back(); });
    case 6:
      return during(
          "refuses clients", [&server, code] { server.refuse_clients(code); },
          [&server] { server.refuse_clients(0); });
    case 7:
      return during(
          "acknowledges nothing", [&server] { server.be_deaf(true); },
          [&server] { server.be_deaf(false); });
    case 8:
      return during(
          "refuses messages", [&server] { server.refuse_messages(0x97); },
          [&server] { server.refuse_messages(0); });
    default:
      // Dies for a moment: every connection is lost.
      agenda.at(at, [this, &server, keeps] {
        tell("server " + server.name + " is started again");
        ++out.faults;
        server.die(keeps);
        server.start();
      });
  }
}

void World::end_faults(SimulatedServer& server) {
  tell("server " + server.name + " is well from now on");
  server.start();
  server.thaw();
  server.come_back();
  server.refuse_clients(0);
  server.refuse_messages(0);
  server.be_deaf(false);
}

std::optional<int> World::live(Session& session, Mailbox& mailbox, Work& work) {
  session.start(agenda.now());
  std::vector<pollfd> fds;
  int at_once = 0;
  while (true) {
    if (++at_once > kMostTurnsAtOnce) broke(Promise::rests, "it goes round without a pause");
    if (++out.turns > most_turns_) {
      broke(Promise::comes_to_an_end, "it turns without an end");
      return std::nullopt;
    }
    for (const int signal : std::exchange(signals, {})) session.signalled(signal);
    auto due = session.turn(agenda.now());
    if (is(Break::never_rests)) due = agenda.now();
    if (session.is_over()) {
      before_finish();
      return session.finish(agenda.now());
    }
    look();
    agenda.move_to(agenda.now() + kTurnCosts);
    while (true) {
      if (killed || out.violation) return std::nullopt;
      if (!signals.empty()) break;
      fds.assign(1, {mailbox.fd(), POLLIN, 0});
      work.poll_fds(fds);
      if (::poll(fds.data(), fds.size(), 0) > 0) {
        work.on_poll(fds.data() + 1, fds.size() - 1, agenda.now());
        break;
      }
      const auto next = agenda.next();
      if (due && (!next || *due <= *next)) {
        if (*due > agenda.now()) at_once = 0;
        agenda.move_to(*due);
        break;
      }
      if (!next) {
        broke(Promise::comes_to_an_end, "nothing will ever happen again");
        return std::nullopt;
      }
      at_once = 0;
      agenda.happen();
    }
  }
}

}  // namespace mqfail::test
