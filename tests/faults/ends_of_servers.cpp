// SPDX-License-Identifier: Apache-2.0
// A server ends: it is killed (1), also between storing and acknowledging (2), it says good-bye
// (5), cuts the connection (6), comes back without what it knew (27).
#include <csignal>

#include "faults/courses.hpp"

namespace faults {

using namespace rig;
using Do = RecordingProxy::Do;

namespace {

/// The server dies at its PUBLISH number `at`.
void dies_at(Real& server, std::size_t at) {
  server.proxy.on_publish([&server, at](std::size_t count) {
    if (count != at) return Do::forward;
    server.server.signal(SIGKILL);
    return Do::die;
  });
}

/// Real servers, the first of which dies at line 700.
void killed(Trial& trial, const Arguments& options, int copies = 1) {
  dies_at(trial.real(), 700);
  for (int i = 0; i < copies; ++i) trial.real();
  Publishing publishing{.options = options};
  publishing.promise.copies = copies;
  if (copies > 1) publishing.promise.must = {"lost"};
  publish_through(trial, publishing);
}

/// The server has stored `before` lines that are not acknowledged, and dies.
void killed_before_the_answer(Trial& trial, const Arguments& options, std::size_t before) {
  Real& a = trial.real();
  trial.real();
  a.proxy.on_acknowledgement([&a, before](std::size_t count) {
    if (count < 500) return Do::forward;
    if (count < 500 + before) return Do::drop;
    a.server.signal(SIGKILL);
    return Do::die;
  });
  publish_through(trial, {.options = options + Arguments{"--ack-timeout", "5s"}});
}

void killed_over(Trial& trial, const Over& over, const Arguments& options) {
  trial.scripted({.at_publish = 700, .then = Then::refuse}, over);
  trial.scripted({}, over);
  publish_through(trial, {.options = options});
}

void reads_while_killed(Trial& trial, Reading reading) {
  Real& a = trial.real();
  trial.real();
  reading.fault = [&](Running&) { kill(a); };
  read_through(trial, std::move(reading));
}

void add_kills(Cases& cases) {
  for (const Variant& v : publishers())
    cases.push_back(
        {1, "killed/" + v.name, [v](Trial& t) { killed(t, v.options); }, v.name == "pub-q1-v5"});
  const std::vector<Variant> more{{"pub-sequence", {"-q", "1", "--sequence"}},
                                  {"pub-warm", {"-q", "1", "--standby", "warm"}},
                                  {"pub-window-1", {"-q", "1", "--window", "1"}}};
  for (const Variant& v : more)
    cases.push_back({1, "killed/" + v.name, [v](Trial& t) { killed(t, v.options); }});
  cases.push_back({1, "killed/pub-spool", [](Trial& t) {
                     killed(t, {"-q", "1", "--spool", t.path("spool")});
                   }});
  cases.push_back({1, "killed/pub-acks-2", [](Trial& t) {
                     killed(t, {"-q", "1", "--acks", "2"}, 2);
                   }});
  for (const Variant& v : publishers()) {
    cases.push_back({1, "killed/" + v.name + "-tls", [v](Trial& t) {
                       killed_over(t, t.tls(), v.options + Arguments{"--cafile", t.cafile()});
                     }});
    cases.push_back({1, "killed/" + v.name + "-ws",
                     [v](Trial& t) { killed_over(t, {.websocket = true}, v.options); }});
  }
  for (const Variant& v : readers())
    for (const std::string standby : {"cold", "warm", "hot"})
      cases.push_back({1, "killed/" + v.name + "-" + standby, [v, standby](Trial& t) {
                         const bool hot = standby == "hot";
                         reads_while_killed(t,
                                            {.options = v.options + Arguments{"--standby", standby},
                                             .after = hot ? "lost" : "failover",
                                             .subscriptions = hot ? 2U : 1U,
                                             .whole = hot});
                       }});
  cases.push_back({1, "killed/sub-sequence", [](Trial& t) {
                     reads_while_killed(t, {.options = {"-q", "1"},
                                            .stream = {.qos = 2, .every = 1ms, .sequence = true}});
                   }});
}

void add_lost_answers(Cases& cases) {
  for (const Variant& v : publishers())
    for (const std::size_t before : {std::size_t{0}, std::size_t{15}})
      cases.push_back({2, "lost-ack/" + v.name + "-" + std::to_string(before + 1),
                       [v, before](Trial& t) { killed_before_the_answer(t, v.options, before); },
                       v.name == "pub-q1-v5" && before == 0});
  cases.push_back({2, "lost-ack/pub-spool", [](Trial& t) {
                     killed_before_the_answer(t, {"-q", "1", "--spool", t.path("spool")}, 15);
                   }});
  cases.push_back({2, "lost-ack/pub-first-message", [](Trial& t) {
                     t.scripted({.at_publish = 1, .then = Then::refuse});
                     t.scripted();
                     publish_through(t, {.options = {"-q", "1"}, .lines = 1});
                   }});
  cases.push_back(
      {2, "lost-ack/sub-sequence-prints-once", [](Trial& t) {
         // The publisher's copies come to a reader that is on both servers.
         Real &a = t.real(), &b = t.real();
         auto reader =
             t.run({.argv = t.sub_command() + Arguments{"-s", uri(a.port()), "-s", uri(b.port()),
                                                        "-q", "1", "--standby", "hot"}});
         reader->told("subscribed"), reader->told("subscribed");
         a.proxy.on_acknowledgement([&a](std::size_t count) {
           if (count < 300) return Do::forward;
           return count < 315 ? Do::drop : Do::die;
         });
         auto run = t.pub({"-q", "1", "--sequence"});
         run->process.feed(lines_of(1, 2000));
         run->end();
         t.record.check(reader->process.wait_for_lines(Stream::out, 2000, 10s),
                        "the reader has not all lines");
         reader->process.signal(SIGTERM);
         reader->end();
         t.settle_printed(*reader, 2000, true);
         judge(t.record, {.must = {"failover"}});
       }});
}

void add_good_byes(Cases& cases) {
  for (const Variant& v : publishers())
    cases.push_back({5, "terminated/" + v.name, [v](Trial& t) {
                       Real& a = t.real();
                       t.real();
                       a.proxy.on_publish([&a](std::size_t count) {
                         if (count == 700) a.server.signal(SIGTERM);
                         return Do::forward;
                       });
                       publish_through(t, {.options = v.options});
                     }});
  for (const Variant& v : readers())
    cases.push_back({5, "terminated/" + v.name, [v](Trial& t) {
                       Bare& a = t.bare();
                       t.bare();
                       read_through(t, {.options = v.options,
                                        .fault = [&](Running&) { a.server.terminate(); }});
                     }});
  for (const int code : {0x80, 0x83, 0x8b, 0x8d, 0x97, 0x98, 0x9f}) {
    char name[16];
    std::snprintf(name, sizeof name, "0x%02x", code);
    cases.push_back({5, std::string("disconnect/pub-") + name,
                     [code](Trial& t) {
                       t.scripted(
                           {.at_publish = 700, .then = Then::disconnect, .disconnect_code = code});
                       t.scripted();
                       publish_through(t, {.options = {"-q", "1", "-V", "5"}});
                     },
                     code == 0x8b});
    cases.push_back({5, std::string("disconnect/sub-") + name, [code](Trial& t) {
                       Scripted& a = t.scripted();
                       t.scripted();
                       read_through(t, {.options = {"-q", "1", "-V", "5"},
                                        .fault = [&](Running&) { a.server.disconnect_all(code); }});
                     }});
  }
  // It says that the client is at fault: no other server will do better.
  for (const int code : {0x81, 0x82}) {
    const std::string name = code == 0x81 ? "0x81" : "0x82";
    cases.push_back(
        {5, "disconnect/pub-" + name + "-stops", [code](Trial& t) {
           t.scripted({.at_publish = 700, .then = Then::disconnect, .disconnect_code = code});
           t.scripted();
           publish_through(
               t, {.options = {"-q", "1", "-V", "5"},
                   .promise = {.exits = {75}, .must = {"gave-up"}, .must_not = {"failover"}}});
         }});
  }
}

void add_cuts(Cases& cases) {
  for (const std::string how : {"reset", "fin", "half-close"})
    for (const Variant& v : publishers())
      cases.push_back(
          {6, how + "/" + v.name,
           [v, how](Trial& t) {
             if (how == "half-close") {
               Real& a = t.real();
               t.real();
               a.proxy.on_publish(
                   [](std::size_t count) { return count == 700 ? Do::finish : Do::forward; });
             } else {
               t.scripted({.at_publish = 700, .then = how == "fin" ? Then::close : Then::reset});
               t.scripted();
             }
             publish_through(t, {.options = v.options});
           },
           how == "half-close" && v.name == "pub-q1-v5"});
  for (const std::string how : {"reset", "fin", "mid-packet"})
    for (const Variant& v : readers())
      cases.push_back({6, how + "/" + v.name, [v, how](Trial& t) {
                         Scripted& a = t.scripted();
                         t.scripted();
                         read_through(t,
                                      {.options = v.options, .fault = [&](Running&) {
                                         if (how == "mid-packet")
                                           a.server.send_and_close(std::string("\x30\x20\0\1t", 5));
                                         else if (how == "fin")
                                           a.server.close_all();
                                         else
                                           a.server.reset_all();
                                       }});
                       }});
}

void add_restarts(Cases& cases) {
  for (const Variant& v : publishers())
    cases.push_back({27, "restarted/" + v.name, [v](Trial& t) {
                       Real& a = t.real();
                       dies_at(a, 700);
                       publish_through(t, {.options = v.options,
                                           .meanwhile =
                                               [&](Running& run) {
                                                 run.told("lost");
                                                 a.server.kill9();
                                                 a.server.restart();
                                                 a.proxy.rise();
                                               },
                                           .promise = {.gap = 1.5, .must = {"lost"}}});
                     }});
  for (const Variant& v : readers())
    cases.push_back({27, "restarted/" + v.name + "-session",
                     [v](Trial& t) {
                       Real& a = t.real();
                       read_through(t, {.options = v.options + Arguments{"-c", "-i", "reader"},
                                        .fault =
                                            [&](Running&) {
                                              kill(a);
                                              a.server.kill9();
                                              a.server.restart();
                                              a.proxy.rise();
                                            },
                                        .after = "connected",
                                        .promise = {.gap = 1.5, .must = {"lost", "gap"}}});
                     },
                     v.name == "sub-q1-v5"});
}

}  // namespace

void add_ends_of_servers(Cases& cases) {
  add_kills(cases);
  add_lost_answers(cases);
  add_good_byes(cases);
  add_cuts(cases);
  add_restarts(cases);
}

}  // namespace faults
