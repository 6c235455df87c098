// SPDX-License-Identifier: Apache-2.0
// The session turn by turn. The test says the time, and the Work only notes what it is told.
#include "session/session.hpp"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "unit/session/quiet_transport.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

std::string number(AttemptId attempt) {
  return std::to_string(static_cast<std::uint64_t>(attempt));
}

/// Everything that is said to the Work, the transport and the world, in one order.
struct Log {
  std::string words;
  std::string take() { return std::exchange(words, {}); }
  void note(const std::string& word) { words += (words.empty() ? "" : "; ") + word; }
};

class NotingWork final : public Work {
 public:
  explicit NotingWork(Log& log) : log_(log) {}
  std::optional<Reason> online(AttemptId attempt, const Server& server, std::uint64_t epoch,
                               const ConnectionFacts&, TimePoint) override {
    log_.note("online " + number(attempt) + " " + server.id + " epoch " + std::to_string(epoch));
    return std::exchange(unfit, std::nullopt);
  }
  void failed(const Server& server, const Reason&) override { log_.note("failed " + server.id); }
  void lost(AttemptId attempt, const Reason&, TimePoint) override {
    log_.note("lost " + number(attempt));
  }
  void offline(AttemptId attempt, TimePoint) override { log_.note("offline " + number(attempt)); }
  void leave(AttemptId attempt, TimePoint) override { log_.note("leave " + number(attempt)); }
  std::vector<Trouble> pump(TimePoint) override { return std::exchange(troubles, {}); }
  std::vector<AttemptId> take_finished() override { return std::exchange(finished, {}); }
  void poll_fds(std::vector<pollfd>&) const override {}
  void on_poll(const pollfd*, std::size_t, TimePoint) override {}
  std::optional<TimePoint> deadline() const override { return due; }
  bool done() const override { return is_done; }
  void stop(TimePoint) override { log_.note("stop"); }
  int finish(const Ending& ending, bool reached, TimePoint, Notice& exit) override {
    how = ending.how;
    log_.note(reached ? "finish" : "finish unreached");
    exit.more.emplace_back("moved", std::int64_t{7});
    return 3;
  }

  std::optional<Reason> unfit;
  std::vector<Trouble> troubles;
  std::vector<AttemptId> finished;
  std::optional<TimePoint> due;
  bool is_done = false;
  std::optional<Ending::How> how;

 private:
  Log& log_;
};

class NotingTransport final : public QuietTransport {
 public:
  explicit NotingTransport(Log& log) : log_(log) {}
  void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
               Protocol) override {
    log_.note("connect " + number(attempt) + " " + server.id);
    client_ids += settings.client_id + " ";
  }
  void abandon(AttemptId attempt) override { log_.note("abandon " + number(attempt)); }
  bool disconnect(AttemptId attempt, Duration patience) override {
    log_.note("disconnect " + number(attempt) + (patience > 0s ? " with patience" : ""));
    return true;
  }
  const ConnectionFacts* facts(AttemptId) const override { return &known; }

  std::string client_ids;  // one behind the other
  ConnectionFacts known;

 private:
  Log& log_;
};

class NotingAnnouncer final : public Announcer {
 public:
  void announce(const Notice& notice) override { notices.push_back(notice); }
  std::vector<Notice> notices;
};

struct Stage {
  explicit Stage(SessionSettings settings = {}, FailoverSettings failover = {},
                 const std::vector<std::string>& hosts = {"a", "b"},
                 const std::string& cluster = {}) {
    settings.leave_patience = 1s;
    settings.random_id = [number = 0]() mutable { return "random-" + std::to_string(++number); };
    failover.backoff.jitter = Jitter::none;
    failover.bounded = true;
    ServerList servers;
    for (const std::string& host : hosts)
      servers.push_back({.id = host, .host = host, .cluster = cluster});
    mailbox = std::move(*Mailbox::make());
    session = std::make_unique<Session>(std::move(settings), Failover(failover, servers, Random(1)),
                                        transport, *mailbox, work, announcer, now);
    session->start(now);
  }
  std::string turn(const std::vector<Event>& events = {}) {
    for (const Event& event : events) mailbox->post(event);
    due = session->turn(now);
    return log.take();
  }
  bool told(NoticeName name) const {
    return std::any_of(announcer.notices.begin(), announcer.notices.end(),
                       [&](const Notice& one) { return one.name == name; });
  }

  Log log;
  NotingWork work{log};
  NotingTransport transport{log};
  NotingAnnouncer announcer;
  std::unique_ptr<Mailbox> mailbox;
  TimePoint now{1h};
  std::optional<TimePoint> due;
  std::unique_ptr<Session> session;
};

constexpr AttemptId k1{1}, k2{2};
const Reason kClosed{Cause::closed, Phase::publish, 0, false, {}};
const Reason kRefused{Cause::refused, Phase::tcp, 111, false, {}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_turn_returns_the_earliest_of_all_deadlines) {
  Stage stage({.run_for = 100s});
  BOOST_TEST((stage.turn() == "connect 1 a"));
  BOOST_TEST((stage.due == stage.now + 5s));  // connectTimeout
  stage.work.due = stage.now + 2s;
  stage.turn();
  BOOST_TEST((stage.due == stage.now + 2s));
  stage.work.due.reset();
  stage.turn({event::Connected{k1}});
  BOOST_TEST((stage.due == stage.now + 100s));
}

BOOST_AUTO_TEST_CASE(a_deadline_of_the_policy_that_has_come_is_a_tick) {
  Stage stage;
  stage.turn();
  stage.now += 4999ms;
  BOOST_TEST(stage.turn().empty());
  stage.now += 1ms;
  BOOST_TEST((stage.turn() == "abandon 1; failed a; connect 2 b"));
}

BOOST_AUTO_TEST_CASE(what_the_work_finds_unfit_is_dropped_before_the_next_event) {
  Stage stage;
  stage.turn();
  stage.work.unfit = Reason{Cause::unfit, Phase::connack, 0, false, {}};
  BOOST_TEST((stage.turn({event::Connected{k1}, event::Failed{k2, kRefused}}) ==
              "online 1 a epoch 1; lost 1; offline 1; connect 2 b; abandon 2; failed b"));
}

BOOST_AUTO_TEST_CASE(what_is_lost_is_abandoned_when_the_work_needs_it_no_longer) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  BOOST_TEST((stage.turn({event::Lost{k1, kClosed}}) == "lost 1; offline 1; connect 2 b"));
  BOOST_TEST(stage.turn().empty());
  stage.work.finished = {k1};
  BOOST_TEST((stage.turn() == "abandon 1"));
}

BOOST_AUTO_TEST_CASE(what_the_work_is_done_with_at_once_is_abandoned_before_the_next_connect) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.work.finished = {k1};  // as if offline() had put it there
  stage.mailbox->post(event::Lost{k1, kClosed});
  BOOST_TEST((stage.turn() == "lost 1; offline 1; abandon 1; connect 2 b"));
}

BOOST_AUTO_TEST_CASE(trouble_of_the_work_is_a_loss_in_the_same_turn) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.work.troubles = {{k1, {Cause::ack_timeout, Phase::publish, 0, false, {}}}};
  BOOST_TEST((stage.turn() == "lost 1; offline 1; connect 2 b"));
  BOOST_TEST(stage.told(NoticeName::lost));
}

BOOST_AUTO_TEST_CASE(the_outage_of_a_loss_by_the_work_counts_from_where_the_work_says) {
  std::vector<Duration> silences;
  Stage stage(
      {.trace = [&silences](const Event& event, TimePoint, const Actions&, const Failover&) {
        if (const auto* const lost = std::get_if<event::Lost>(&event))
          silences.push_back(lost->silent);
      }});
  stage.turn({event::Connected{k1}});
  stage.work.troubles = {{k1, {Cause::stale, Phase::publish, 3000, false, {}}, 3s}};
  stage.turn();
  BOOST_TEST((silences == std::vector<Duration>{3s}));
}

BOOST_AUTO_TEST_CASE(a_server_that_leaves_the_list_is_left_in_good_order) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.mailbox->bring({.servers = ServerList{{.id = "b", .host = "b"}}});
  BOOST_TEST((stage.turn() == "leave 1; connect 2 b"));
  stage.work.finished = {k1};
  BOOST_TEST((stage.turn() == "disconnect 1"));
  BOOST_TEST(stage.turn().empty());
}

// What it was lost with may be about a message: a server that closes over one, and is left before
// that is known, would never be held to do so.
BOOST_AUTO_TEST_CASE(a_server_that_is_left_and_ends_by_itself_is_lost_to_the_work_alone) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.mailbox->bring({.servers = ServerList{{.id = "b", .host = "b"}}});
  stage.turn();
  stage.announcer.notices.clear();
  BOOST_TEST((stage.turn({event::Lost{k1, kClosed}}) == "lost 1; offline 1"));
  stage.work.finished = {k1};
  BOOST_TEST((stage.turn() == "abandon 1"));
  BOOST_TEST(stage.turn({event::Lost{k1, kClosed}}).empty());
  BOOST_TEST(stage.announcer.notices.empty());
}

BOOST_AUTO_TEST_CASE(documents_that_cannot_be_read_change_nothing_and_are_told) {
  int asked = 0;
  Stage stage({.read_again = [&asked] { ++asked; }});
  stage.turn({event::Connected{k1}});
  stage.session->signalled(SIGHUP);
  stage.turn();
  BOOST_TEST(asked == 1);
  stage.mailbox->bring({.servers = Error{ErrorKind::data, "broken", "mend it"}});
  BOOST_TEST(stage.turn().empty());
  BOOST_TEST(stage.announcer.notices.back().reason ==
             "the servers stay as they are: broken; mend it");
}

BOOST_AUTO_TEST_CASE(the_first_signal_asks_for_an_end_and_the_second_is_one) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.session->signalled(SIGINT);
  BOOST_TEST((stage.turn() == "stop"));
  BOOST_TEST(!stage.session->is_over());
  stage.session->signalled(SIGTERM);
  stage.turn();
  BOOST_TEST(stage.session->is_over());
  BOOST_TEST(stage.session->finish(stage.now) == 3);
  BOOST_TEST((stage.work.how == Ending::How::interrupted));
}

BOOST_AUTO_TEST_CASE(a_hangup_that_ends_the_run_is_said_twice_and_is_no_impatience) {
  Stage stage({.hangup_ends = [] { return true; }});
  stage.session->signalled(SIGHUP);
  stage.session->signalled(SIGHUP);
  BOOST_TEST((stage.turn() == "connect 1 a; stop"));
  BOOST_TEST(!stage.session->is_over());
}

BOOST_AUTO_TEST_CASE(sigusr1_ends_a_wait) {
  Stage stage({}, {}, {"a"});
  stage.turn({event::Failed{k1, kRefused}});
  BOOST_TEST(stage.turn().empty());
  stage.session->signalled(SIGUSR1);
  BOOST_TEST((stage.turn() == "connect 2 a"));
}

BOOST_AUTO_TEST_CASE(the_time_of_the_whole_run_is_bounded) {
  Stage stage({.run_for = 10s});
  stage.turn({event::Connected{k1}});
  stage.now += 10s;
  stage.turn();
  BOOST_REQUIRE(stage.session->is_over());
  stage.session->finish(stage.now);
  BOOST_TEST((stage.work.how == Ending::How::timed_out));
}

BOOST_AUTO_TEST_CASE(at_the_end_the_live_server_is_left_with_patience_and_the_exit_is_told_last) {
  Stage stage;
  stage.turn({event::Connected{k1}});
  stage.work.is_done = true;
  stage.turn();
  BOOST_REQUIRE(stage.session->is_over());
  BOOST_TEST(stage.session->finish(stage.now) == 3);
  BOOST_TEST((stage.log.take() == "finish; disconnect 1 with patience"));
  const Notice& exit = stage.announcer.notices.back();
  BOOST_TEST((exit.name == NoticeName::exit));
  BOOST_TEST(exit.more.front().first == "exit");
  BOOST_TEST((exit.level == Level::error));
}

BOOST_AUTO_TEST_CASE(a_policy_that_gives_up_ends_the_run) {
  Stage stage({}, {.once = true}, {"a"});
  stage.turn({event::Failed{k1, kRefused}});
  BOOST_REQUIRE(stage.session->is_over());
  stage.session->finish(stage.now);
  BOOST_TEST((stage.work.how == Ending::How::gave_up));
  BOOST_TEST((stage.log.take() == "finish unreached"));
}

BOOST_AUTO_TEST_CASE(the_trace_hears_each_step_after_the_one_before_is_carried_out) {
  std::vector<std::string> steps;
  Stage stage(
      {.trace = [&steps](const Event& event, TimePoint, const Actions& actions, const Failover&) {
        steps.push_back(std::to_string(event.index()) + ":" + std::to_string(actions.size()));
      }});
  stage.work.unfit = kClosed;
  stage.turn({event::Connected{k1}});
  // Started: Connect. Connected: Use. Lost: TellLost, Retire, Connect.
  BOOST_TEST((steps == std::vector<std::string>{"0:1", "3:1", "5:3"}));
}

BOOST_AUTO_TEST_CASE(every_connection_has_a_random_id_if_none_is_given) {
  Stage stage;
  stage.turn({event::Failed{k1, kRefused}});
  stage.turn({event::Connected{k2}});
  stage.turn({event::Lost{k2, kClosed}});
  stage.now += 1s;
  stage.turn();
  BOOST_TEST(stage.transport.client_ids == "random-1 random-2 random-3 ");
}

BOOST_AUTO_TEST_CASE(a_given_id_is_every_connections_with_a_suffix_for_standbys) {
  SessionSettings settings;
  settings.connect.client_id = "me";
  Stage stage(settings, {.standbys = 2, .client_id_given = true}, {"a", "b", "c", "d"});
  for (std::uint64_t i = 1; i <= 3; ++i) stage.turn({event::Connected{AttemptId{i}}});
  BOOST_TEST(stage.transport.client_ids == "me me-standby me-standby-2 ");
  stage.turn({event::Lost{k1, kClosed}});
  stage.turn({event::Connected{k2}});  // it keeps its id, and the free one is used again
  BOOST_TEST(stage.transport.client_ids == "me me-standby me-standby-2 me ");
}

BOOST_AUTO_TEST_CASE(all_nodes_of_a_cluster_at_once_have_ids_of_their_own) {
  SessionSettings settings;
  settings.connect.client_id = "me";
  const Stage stage(settings, {.width = 0, .client_id_given = true}, {"a", "b"}, "C");
  BOOST_TEST(stage.transport.client_ids == "me-a me-b ");
}

BOOST_AUTO_TEST_CASE(a_connection_that_makes_way_ends_before_the_next_begins_and_is_no_loss) {
  SessionSettings settings;
  settings.connect.client_id = "me";
  settings.connect.clean_session = false;
  for (const auto& [may_wait, by_itself] :
       {std::pair(true, false), std::pair(false, false), std::pair(true, true)}) {
    Stage stage(settings,
                {.priority_backup = true,
                 .priority_probe_interval = 1s,
                 .priority_stable = 1,
                 .priority_hold = 1s,
                 .client_id_given = true,
                 .keeps_session = true},
                {"a", "b"}, "C");
    stage.turn({event::Connected{k1}});
    stage.turn({event::Lost{k1, kClosed}});
    stage.turn({event::Connected{k2}});
    stage.now += 1s;
    BOOST_TEST(stage.turn() == "connect 3 a");  // the probe
    BOOST_TEST(stage.turn({event::Connected{AttemptId{3}}}) == "disconnect 3; leave 2");
    stage.announcer.notices.clear();
    if (by_itself) {
      stage.work.finished = {k2};
      BOOST_TEST(stage.turn({event::Lost{k2, kClosed}}) ==
                 "lost 2; offline 2; abandon 2; connect 4 a");
      continue;
    }
    stage.work.finished = {k2};
    // Where nobody may wait for the server, it ends in the first turn that may.
    if (!may_wait) {
      stage.session->may_wait(false);
      BOOST_TEST(stage.turn().empty());
      BOOST_TEST(stage.session->wants_to_wait());
      stage.session->may_wait(true);
    }
    BOOST_TEST(stage.turn() == "disconnect 2 with patience; connect 4 a");
    BOOST_TEST(!stage.session->wants_to_wait());
    BOOST_TEST(stage.turn({event::Connected{AttemptId{4}}}) == "online 4 a epoch 3");
    BOOST_TEST(stage.told(NoticeName::failback));
    BOOST_TEST(!stage.told(NoticeName::lost));
    BOOST_TEST(stage.transport.client_ids == "me me random-1 me ");
  }
}

BOOST_AUTO_TEST_CASE(nodes_of_a_cluster_without_our_session_are_told_once) {
  SessionSettings settings;
  settings.connect.clean_session = false;
  Stage stage(settings, {.client_id_given = true, .keeps_session = true}, {"a", "b"}, "C");
  const auto warnings = [&] {
    return std::count_if(stage.announcer.notices.begin(), stage.announcer.notices.end(),
                         [](const Notice& one) { return one.name == NoticeName::warning; });
  };
  stage.turn({event::Connected{k1}});
  BOOST_TEST(warnings() == 0);
  stage.turn({event::Lost{k1, kClosed}});
  stage.turn({event::Connected{k2}});
  BOOST_TEST(warnings() == 1);
  stage.turn({event::Lost{k2, kClosed}});
  stage.now += 1s;
  stage.turn();
  stage.turn({event::Connected{AttemptId{3}}});
  BOOST_TEST(warnings() == 1);
}

// Found by tests/peers with RabbitMQ.
BOOST_AUTO_TEST_CASE(a_session_whose_server_has_closed_at_the_subscribe_may_have_kept_nothing) {
  for (const std::string cluster : {"", "C"}) {
    for (const bool closed : {true, false}) {
      SessionSettings settings;
      settings.connect.clean_session = false;
      settings.connect.subscriptions = {{.filter = "t", .qos = 1}};
      Stage stage(settings, {.client_id_given = true, .keeps_session = true}, {"a", "b"}, cluster);
      stage.transport.known.session_present = true;
      const auto may_be_missing = [&] {
        for (const Notice& one : stage.announcer.notices)
          if (one.name == NoticeName::gap)
            return one.more ==
                   decltype(one.more){{"qos", std::int64_t{1}}, {"may_be_missing", true}};
        BOOST_ERROR("no gap");
        return false;
      };
      stage.turn({event::Connected{k1}});
      stage.turn({event::Lost{k1, kClosed}});
      const Reason why{closed ? Cause::closed : Cause::reset, Phase::subscribe, 0, false, {}};
      stage.turn({event::Failed{k2, why}});  // at b
      stage.now += 1s;
      stage.turn();
      stage.turn({event::Failed{AttemptId{3}, kRefused}});  // at b
      stage.turn({event::Connected{AttemptId{4}}});         // at a
      // Servers that are no cluster have a session each.
      BOOST_TEST(may_be_missing() == (closed && !cluster.empty()));
    }
  }
}
