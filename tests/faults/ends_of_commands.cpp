// SPDX-License-Identifier: Apache-2.0
// The command itself ends: its input ends while all servers are down (33), a signal (34), kill -9
// (35).
#include <csignal>

#include "faults/courses.hpp"
#include "rig/lasting_pipe.hpp"

namespace faults {

using namespace rig;

namespace {

const Arguments kSoon{"--drain-timeout", "500ms"};

void add_ends_of_input(Cases& cases) {
  for (const Variant& v : publishers()) {
    cases.push_back({33, "input-ends/" + v.name + "-while-down",
                     [v](Trial& t) {
                       Scripted &a = t.scripted(), &b = t.scripted();
                       auto run = t.pub(v.options + kSoon);
                       run->process.write(lines_of(1, 100));
                       a.server.wait_for(What::acknowledged, 100);
                       b.server.refuse(), a.server.refuse();
                       run->told("lost");
                       run->process.feed(lines_of(101, 190));
                       t.publish_ends(*run, 190, {.exits = {75}});
                       t.record.check(run->number("exit", "unsettled") == 90, "wrong count");
                       t.record.check(read_file(t.path("undelivered")) == lines_of(101, 190),
                                      "not every byte is left over");
                     },
                     v.name == "pub-q1-v5"});
    cases.push_back(
        {33, "input-ends/" + v.name + "-never-reached", [v](Trial& t) {
           t.scripted().server.refuse();
           auto run = t.pub(v.options + kSoon + Arguments{"--startup-timeout", "600ms"});
           run->process.feed(lines_of(1, 300));
           t.publish_ends(*run, 300, {.exits = {69}});
           t.record.check(read_file(t.path("undelivered")) == lines_of(1, 300),
                          "not every byte is left over");
         }});
    cases.push_back({33, "input-ends/" + v.name + "-server-comes-back", [v](Trial& t) {
                       Scripted& a = t.scripted();
                       auto run = t.pub(v.options + Arguments{"--max-reconnect-delay", "200ms"});
                       run->process.write(lines_of(1, 100));
                       a.server.wait_for(What::acknowledged, 100);
                       a.server.refuse();
                       run->told("lost");
                       run->process.feed(lines_of(101, 400));
                       run->told("backoff");
                       a.server.accept();
                       t.publish_ends(*run, 400);
                     }});
  }
  cases.push_back({33, "input-ends/pub-spool", [](Trial& t) {
                     Scripted& a = t.scripted();
                     a.server.refuse();
                     const Arguments options{"-q", "1", "--spool", t.path("spool")};
                     auto run = t.pub(options + kSoon + Arguments{"--startup-timeout", "600ms"});
                     run->process.feed(lines_of(1, 300));
                     t.record.check(run->end() == 69, "the first run does not end with 69");
                     t.record.exits.clear();
                     a.server.accept();
                     auto again = t.pub(options);
                     again->process.close_stdin();
                     const int status = again->end();
                     t.settle(300, status);
                     t.look_at_servers();
                     judge(t.record, {});
                   }});
}

void add_signals(Cases& cases) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string name = signal == SIGTERM ? "term" : "int";
    for (const Variant& v : publishers()) {
      cases.push_back({34, "signal/" + name + "-" + v.name + "-drains",
                       [=](Trial& t) {
                         Scripted& a = t.scripted({.ack_delay = 300ms});
                         auto run = t.pub(v.options);
                         run->process.write(lines_of(1, 15));
                         a.server.wait_for(What::publish, 15);
                         run->process.signal(signal);
                         t.publish_ends(*run, 15);
                       },
                       signal == SIGTERM && v.name == "pub-q1-v5"});
      cases.push_back({34, "signal/" + name + "-" + v.name + "-twice", [=](Trial& t) {
                         Scripted& a = t.scripted({.at_publish = 1, .then = Then::stop_acking});
                         auto run = t.pub(v.options);
                         run->process.write(lines_of(1, 15));
                         a.server.wait_for(What::publish, 15);
                         run->process.signal(signal);
                         // It waits for acknowledgements: for as long as nothing else happens.
                         t.record.check(!run->process.wait_exit(300ms), "it does not drain");
                         run->process.signal(signal);
                         const Moment second = Clock::now();
                         t.publish_ends(*run, 15, {.exits = {75, 128 + signal}});
                         t.record.check(seconds_between(second, Clock::now()) < 1, "it waits");
                       }});
    }
    for (const std::string standby : {"cold", "warm", "hot"})
      cases.push_back({34, "signal/" + name + "-sub-" + standby, [=](Trial& t) {
                         t.scripted(), t.scripted();
                         auto run = t.sub({"-q", "1", "--standby", standby});
                         run->told("subscribed");
                         run->process.signal(signal);
                         t.record.check(run->process.wait_exit(1s).has_value(), "it waits");
                         run->end();
                         t.look_at_servers();
                         judge(t.record, {});
                       }});
  }
  for (const std::string tool : {"pub", "sub"})
    cases.push_back({34, "signal/term-" + tool + "-while-connecting", [=](Trial& t) {
                       t.scripted({.connack = false});
                       auto run = tool == "pub" ? t.pub({"-q", "1"}) : t.sub({"-q", "1"});
                       run->told("trying");
                       run->process.signal(SIGTERM);
                       t.record.check(run->process.wait_exit(2s).has_value(), "it waits");
                       run->end();
                       t.look_at_servers();
                       judge(t.record, {});
                     }});
}

/// mqfail-pub with a spool is killed several times; each run goes on with the same pipe.
void pub_is_killed(Trial& t, const Arguments& options) {
  constexpr std::uint32_t lines = 4000;
  Scripted& a = t.scripted({.ack_delay = 2ms});
  LastingPipe pipe(t.path("pipe"));
  std::thread writer([&] { pipe.write(lines_of(1, lines)); });
  const Command command{
      .argv = t.pub_command() + t.servers() + options + Arguments{"--spool", t.path("spool")},
      .stdin_file = t.path("pipe")};
  std::size_t seen = 0;
  for (int i = 0; i < 3; ++i) {
    auto run = t.run(command);
    seen += 700;
    a.server.wait_for(What::publish, seen);
    run->process.signal(SIGKILL);
    run->end();
    seen = a.server.count(What::publish);
  }
  auto last = t.run(command);
  writer.join();
  pipe.finish();  // a pipe without a writer cannot be opened
  const int status = last->end();
  t.record.exits = {status};
  t.settle(lines, status);
  t.record.gap.reset();
  t.look_at_servers();
  judge(t.record, {.doubled = 300});
}

/// mqfail-sub with a session is killed several times; each run appends to the same file.
void sub_is_killed(Trial& t, const Arguments& options) {
  Bare& a = t.bare({.lines = {"max_queued_messages 0"}});
  const Command command{
      .argv = t.sub_command() + t.servers() + options + Arguments{"-c", "-i", "reader"},
      .stdout_file = t.path("out")};
  auto run = t.run(command);
  run->told("subscribed");
  std::atomic<std::uint32_t> last{0};
  std::thread publisher([&] {
    Client client(a.port());
    while (last < 1500) client.publish({.topic = "t", .payload = numbered_line(++last), .qos = 2});
  });
  const auto wait_for_line = [&](std::uint32_t number) {
    const Moment end = Clock::now() + 15s;
    while (Clock::now() < end && !run->process.wait_exit(2ms))
      if (const auto lines = lines_in(t.path("out"));
          !lines.empty() && number_of(lines.back().text).value_or(0) >= number)
        return;
    t.record.check(false, "the lines stand still");
  };
  for (std::uint32_t i = 1; i <= 3; ++i) {
    wait_for_line(i * 300);
    run->process.signal(SIGKILL);
    run->end();
    run = t.run(command);
    run->told("subscribed");
  }
  publisher.join();
  wait_for_line(last);
  run->process.signal(SIGTERM);
  const int status = run->end();
  t.record.exits = {status};
  t.settle_printed(*run, last, true, lines_in(t.path("out")));
  t.record.gap.reset();
  t.look_at_servers();
  // What was written and not acknowledged comes again: what the server had sent ahead of the
  // acknowledgements at each kill, which was 30 to 370 lines.
  judge(t.record, {.doubled = last});
}

void add_kills_of_commands(Cases& cases) {
  for (const Variant& v : publishers())
    cases.push_back({35, "killed-command/" + v.name + "-spool",
                     [v](Trial& t) { pub_is_killed(t, v.options); }, v.name == "pub-q1-v5"});
  for (const Variant& v : {Variant{"sub-q1-v5", {"-q", "1", "-V", "5"}},
                           Variant{"sub-q1-v311", {"-q", "1", "-V", "311"}},
                           Variant{"sub-q2-v5", {"-q", "2", "-V", "5"}},
                           Variant{"sub-q2-v311", {"-q", "2", "-V", "311"}}})
    cases.push_back({35, "killed-command/" + v.name + "-session",
                     [v](Trial& t) { sub_is_killed(t, v.options); }});
  cases.push_back({35, "killed-command/sub-sync-session", [](Trial& t) {
                     sub_is_killed(t, {"-q", "1", "--sync"});
                   }});
}

}  // namespace

void add_ends_of_commands(Cases& cases) {
  add_ends_of_input(cases);
  add_signals(cases);
  add_kills_of_commands(cases);
}

}  // namespace faults
