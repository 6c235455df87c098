// SPDX-License-Identifier: Apache-2.0
// A server that is there and does not answer: it hangs (3) and goes on later (4), packets vanish in
// both directions (7) or in one (8), are slow, get lost, overtake each other or come twice (26).
#include <csignal>

#include "faults/courses.hpp"
#include "rig/bad_line.hpp"
#include "rig/byte_proxy.hpp"

namespace faults {

using namespace rig;
using Do = RecordingProxy::Do;

namespace {

// 1.5 times a keepalive of 1 s, and a quarter of a second to notice and connect.
constexpr double kSilent = 1.75;
// --ack-timeout 500ms, and the same.
constexpr double kUnanswered = 0.75;

Publishing unanswered(const Arguments& options) {
  return {.options = options + Arguments{"--ack-timeout", "500ms"},
          .lines = 3000,
          .promise = {.gap = kUnanswered, .must = {"lost"}}};
}

void hangs_at(Real& server, std::size_t at) {
  server.proxy.on_publish([&server, at](std::size_t count) {
    if (count == at) server.server.signal(SIGSTOP);
    return Do::forward;
  });
}

/// A server whose lines take 20 ms, so that some are always under way.
Scripted& slow(Trial& trial) {
  return trial.scripted({.ack_delay = 20ms});
}

std::string tcp(const char* direction, const Server& server) {
  return std::string("tcp ") + direction + " " + std::to_string(server.port()) + " ";
}

/// `rules`: what vanishes, in the words of nft: dport is to the server, sport from it.
void packets_vanish(Trial& t, const std::vector<const char*>& directions,
                    const Arguments& options) {
  Scripted& a = slow(t);
  t.scripted();
  Publishing publishing = unanswered(options);
  publishing.meanwhile = [&](Running&) {
    a.server.wait_for(What::publish, 300);
    for (const char* direction : directions) t.drop(tcp(direction, a) + "drop");
  };
  publish_through(t, publishing);
}

void packets_vanish_for_a_reader(Trial& t, const std::vector<const char*>& directions,
                                 Reading reading) {
  Scripted& a = t.scripted();
  t.scripted();
  reading.fault = [&](Running&) {
    for (const char* direction : directions) t.drop(tcp(direction, a) + "drop");
  };
  reading.promise.gap = kSilent;
  read_through(t, std::move(reading));
}

void add_hangs(Cases& cases) {
  for (const Variant& v : publishers()) {
    cases.push_back({3, "hangs/" + v.name + "-ack-timeout", [v](Trial& t) {
                       hangs_at(t.real(), 700);
                       t.real();
                       publish_through(t, unanswered(v.options));
                     }});
    cases.push_back({3, "hangs/" + v.name + "-keepalive",
                     [v](Trial& t) {
                       hangs_at(t.real(), 700);
                       t.real();
                       publish_through(t, {.options = v.options,
                                           .lines = 3000,
                                           .promise = {.gap = kSilent, .must = {"failover"}}});
                     },
                     v.name == "pub-q1-v5"});
  }
  cases.push_back({3, "hangs/pub-spool", [](Trial& t) {
                     hangs_at(t.real(), 700);
                     t.real();
                     publish_through(t, unanswered({"-q", "1", "--spool", t.path("spool")}));
                   }});
  cases.push_back({3, "hangs/pub-acks-2", [](Trial& t) {
                     hangs_at(t.real(), 700);
                     t.real(), t.real();
                     Publishing publishing = unanswered({"-q", "1", "--acks", "2"});
                     publishing.promise.copies = 2;
                     publish_through(t, publishing);
                   }});
  for (const std::string standby : {"cold", "warm", "hot"})
    for (const Variant& v : readers())
      cases.push_back({3, "hangs/" + v.name + "-" + standby, [v, standby](Trial& t) {
                         const bool hot = standby == "hot";
                         Real& a = t.real();
                         t.real();
                         read_through(t, {.options = v.options + Arguments{"--standby", standby},
                                          .fault = [&](Running&) { a.server.freeze(); },
                                          .after = hot ? "lost" : "failover",
                                          .subscriptions = hot ? 2U : 1U,
                                          .whole = hot,
                                          .promise = {.gap = hot ? 0.25 : kSilent, .doubled = 1}});
                       }});
}

void add_returns(Cases& cases) {
  for (const Variant& v : publishers()) {
    cases.push_back({4, "resumes/" + v.name + "-too-late", [v](Trial& t) {
                       Real& a = t.real();
                       hangs_at(a, 700);
                       t.real();
                       Publishing publishing = unanswered(v.options);
                       publishing.lines = 20'000;
                       publishing.meanwhile = [&](Running& run) {
                         run.told("failover");
                         a.server.thaw();
                       };
                       publish_through(t, publishing);
                     }});
    cases.push_back({4, "resumes/" + v.name + "-in-time",
                     [v](Trial& t) {
                       Real& a = t.real();
                       hangs_at(a, 700);
                       t.real();
                       publish_through(t, {.options = v.options + Arguments{"-k", "2"},
                                           .meanwhile =
                                               [&](Running& run) {
                                                 // A pause, not an event: shorter than the
                                                 // keepalive.
                                                 run.process.wait_exit(400ms);
                                                 a.server.thaw();
                                               },
                                           .promise = {.gap = 0.7, .must_not = {"lost"}}});
                     },
                     v.name == "pub-q1-v5"});
  }
  for (const Variant& v : readers())
    cases.push_back({4, "resumes/" + v.name + "-in-time", [v](Trial& t) {
                       Real& a = t.real();
                       t.real();
                       read_through(t, {.options = v.options + Arguments{"-k", "2"},
                                        .fault =
                                            [&](Running& run) {
                                              a.server.freeze();
                                              run.process.wait_exit(400ms);
                                              a.server.thaw();
                                            },
                                        .after = "",
                                        .promise = {.gap = 0.7, .must_not = {"lost"}}});
                     }});
  cases.push_back({4, "resumes/pub-acks-come-after-the-timeout", [](Trial& t) {
                     t.scripted({.ack_delay = 700ms});
                     t.scripted();
                     publish_through(t, unanswered({"-q", "1"}));
                   }});
}

void add_holes(Cases& cases) {
  const std::vector<std::pair<std::string, std::vector<const char*>>> ways{
      {"both", {"dport", "sport"}}, {"answers", {"sport"}}, {"requests", {"dport"}}};
  for (const auto& [name, directions] : ways) {
    const int of = name == "both" ? 7 : 8;
    const std::string what = of == 7 ? "half-open/" : "one-way-" + name + "/";
    for (const Variant& v : publishers())
      cases.push_back(
          {of, what + v.name,
           [v, directions = directions](Trial& t) { packets_vanish(t, directions, v.options); },
           name != "requests" && v.name == "pub-q1-v5"});
    for (const Variant& v : readers())
      cases.push_back({of, what + v.name, [v, directions = directions](Trial& t) {
                         packets_vanish_for_a_reader(t, directions, {.options = v.options});
                       }});
  }
  for (const std::string packet : {"syn", "syn,ack"})
    for (const std::string tool : {"pub", "sub"})
      cases.push_back(
          {8, "one-way-" + std::string(packet == "syn" ? "syn" : "syn-ack") + "/" + tool,
           [packet, tool](Trial& t) {
             Scripted& a = t.scripted();
             t.scripted();
             t.drop(tcp(packet == "syn" ? "dport" : "sport", a) + "tcp flags & (syn|ack) == " +
                    (packet == "syn" ? "syn" : "(syn|ack)") + " drop");
             const Arguments options{"-q", "1", "--connect-timeout", "1s"};
             const Promise promise{.gap = 1.25, .from_start = true, .must = {"failed"}};
             if (tool == "pub")
               publish_through(t, {.options = options, .lines = 500, .promise = promise});
             else
               read_through(t, {.options = options, .after = "", .promise = promise});
           }});
}

/// Slower only: nothing is lost, and the server is not left.
Publishing patient(std::uint32_t lines) {
  return {.options = {"-q", "1", "-k", "10"}, .lines = lines, .promise = {.must_not = {"lost"}}};
}

/// Packets overtake each other or come twice, there and back.
void packets_come_as_they_like(Trial& t, const std::string& tool, BadLine::Manners manners) {
  t.need_network();
  std::optional<BadLine> line;
  try {
    line.emplace(manners);
  } catch (const Broken& broken) {
    throw Skipped(broken.what());
  }
  t.scripted().name = BadLine::far();
  if (tool == "pub") {
    Publishing publishing = patient(2000);
    publishing.length = 1000;  // a window is many packets
    publish_through(t, publishing);
  } else {
    read_through(t, {.options = {"-q", "1", "-k", "10"},
                     .after = "",
                     .batch = 500,
                     .promise = {.must_not = {"lost"}}});
  }
  t.record.check(manners.late == 0 || line->overtaken() > 10, "no packet was overtaken");
  t.record.check(manners.twice == 0 || line->doubled() > 10, "no packet came twice");
}

void add_bad_lines(Cases& cases) {
  for (const std::string tool : {"pub", "sub"}) {
    const std::vector<std::pair<std::string, BadLine::Manners>> lines{
        {"packets-out-of-order", {.late = 4}},
        {"packets-twice", {.twice = 3}},
        {"packets-out-of-order-and-twice", {.late = 3, .twice = 2, .behind = 5}}};
    for (const auto& [name, manners] : lines)
      cases.push_back({26, name + "/" + tool, [tool, manners = manners](Trial& t) {
                         packets_come_as_they_like(t, tool, manners);
                       }});
  }
  for (const int percent : {5, 30})
    for (const std::string tool : {"pub", "sub"})
      cases.push_back(
          {26, "packet-loss-" + std::to_string(percent) + "/" + tool, [percent, tool](Trial& t) {
             Scripted& a = t.scripted();
             const std::string some =
                 "numgen random mod 100 < " + std::to_string(percent) + " drop";
             t.drop(tcp("dport", a) + some);
             t.drop(tcp("sport", a) + some);
             if (tool == "pub")
               publish_through(t, patient(200));
             else
               read_through(t, {.options = {"-q", "1", "-k", "10"},
                                .after = "",
                                .stream = {.qos = 2, .every = 5ms},
                                .promise = {.must_not = {"lost"}}});
           }});
  for (const std::string tool : {"pub", "sub"}) {
    cases.push_back({26, "one-byte-segments/" + tool,
                     [tool](Trial& t) {
                       Scripted& a = t.scripted();
                       const ByteProxy proxy(a.port(), {.slice = 1}, {.slice = 1});
                       a.through = proxy.port();
                       if (tool == "pub")
                         publish_through(t, patient(1000));
                       else
                         read_through(t, {.options = {"-q", "1", "-k", "10"},
                                          .after = "",
                                          .stream = {.qos = 2, .every = 2ms},
                                          .promise = {.must_not = {"lost"}}});
                     },
                     tool == "pub"});
    cases.push_back({26, "9600-bit/" + tool, [tool](Trial& t) {
                       t.need_network();
                       const Finished done =
                           rig::run({"tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate",
                                     "9600bit", "burst", "1540", "latency", "5s"});
                       if (done.exit.status != 0) throw Skipped("tc: " + done.err);
                       rig::run({"ip", "link", "set", "lo", "mtu", "576"});
                       t.scripted();
                       if (tool == "pub")
                         publish_through(t, patient(30));
                       else
                         read_through(t, {.options = {"-q", "1", "-k", "10"},
                                          .after = "",
                                          .stream = {.qos = 2, .every = 150ms},
                                          .batch = 10,
                                          .promise = {.must_not = {"lost"}}});
                     }});
  }
  for (const Variant& v : publishers())
    cases.push_back({26, "wrong-mtu/" + v.name, [v](Trial& t) {
                       // Large packets vanish: the handshakes work, the lines do not.
                       Scripted& a = t.scripted();
                       t.scripted();
                       t.drop(tcp("dport", a) + "meta length > 600 drop");
                       Publishing publishing = unanswered(v.options);
                       publishing.length = 200;
                       publishing.promise.from_start = true;
                       publishing.promise.gap = kUnanswered + 0.25;
                       publish_through(t, publishing);
                     }});
}

}  // namespace

void add_silences(Cases& cases) {
  add_hangs(cases);
  add_returns(cases);
  add_holes(cases);
  add_bad_lines(cases);
}

}  // namespace faults
