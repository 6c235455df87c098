// SPDX-License-Identifier: Apache-2.0
// A server that answers and refuses: the login (13), for now (14), because somebody else has the
// client id (15), a message (16), a filter (17), a size (18), or what it cannot do (19).
#include <csignal>

#include "faults/courses.hpp"

namespace faults {

using namespace rig;

namespace {

std::string hex(int code) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%02x", code);
  return text;
}

const std::vector<std::string>& tools() {
  static const std::vector<std::string> both{"pub", "sub"};
  return both;
}

/// Every server refuses: the run ends with `status`, and every line is left over.
void nobody_accepts(Trial& t, const std::string& tool, const Script& script, int status,
                    const Arguments& options) {
  t.scripted(script), t.scripted(script);
  const Promise promise{.exits = {status}, .must = {"failed", "gave-up"}};
  if (tool == "pub") {
    publish_through(t,
                    {.options = Arguments{"-q", "1"} + options, .lines = 50, .promise = promise});
  } else {
    auto run = t.sub(options);
    run->end();
    t.look_at_servers();
    judge(t.record, promise);
  }
}

void add_logins(Cases& cases) {
  const auto add = [&](const std::string& version, int code) {
    const Script script = version == "5" ? Script{.connack_v5 = code} : Script{.connack_v3 = code};
    const std::string name = "login/" + hex(code) + "-v" + version;
    for (const std::string& tool : tools()) {
      cases.push_back({13, name + "-" + tool,
                       [=](Trial& t) {
                         t.scripted(script), t.scripted();
                         passed_over(t, tool, {"-V", version});
                       },
                       code == 0x87 && tool == "pub"});
      cases.push_back({13, name + "-" + tool + "-everywhere", [=](Trial& t) {
                         nobody_accepts(t, tool, script, 77, {"-V", version});
                       }});
    }
  };
  for (const int code : {0x86, 0x87, 0x8a, 0x8c}) add("5", code);
  for (const int code : {4, 5}) add("311", code);
}

void add_busy_servers(Cases& cases) {
  const auto add = [&](const std::string& version, int code) {
    const Script script = version == "5" ? Script{.connack_v5 = code} : Script{.connack_v3 = code};
    for (const std::string& tool : tools())
      cases.push_back({14, "busy/" + hex(code) + "-v" + version + "-" + tool,
                       [=](Trial& t) {
                         t.scripted(script), t.scripted();
                         passed_over(t, tool, {"-V", version});
                       },
                       code == 0x89 && tool == "pub"});
  };
  for (const int code : {0x88, 0x89, 0x97, 0x9f}) add("5", code);
  add("311", 3);
  cases.push_back({14, "busy/0x89-rests", [](Trial& t) {
                     // It is asked again only after a delay of its own, while the other one lives.
                     Scripted& a = t.scripted({.connack_v5 = 0x89});
                     Scripted& b = t.scripted();
                     read_through(t, {.options = {"-q", "1", "-V", "5"},
                                      .fault = [&](Running&) { b.server.reset_all(); },
                                      .after = "connected",
                                      .promise = {.gap = 1.5, .doubled = 1}});
                     t.record.check(a.server.count(What::connect) <= 3, "a busy server is pressed");
                   }});
}

void add_twins(Cases& cases) {
  for (const std::string& tool : tools())
    cases.push_back({15, "taken-over/" + tool,
                     [tool](Trial& t) {
                       Scripted& a = t.scripted({.at_publish = tool == "pub" ? 100U : 0U,
                                                 .then = Then::disconnect,
                                                 .disconnect_code = 0x8e});
                       Scripted& b = t.scripted();
                       auto run = tool == "pub" ? t.pub({"-q", "1", "-i", "twin"})
                                                : t.sub({"-q", "1", "-i", "twin"});
                       const Promise promise{.exits = {tool == "pub" ? 75 : 69},
                                             .must = {"gave-up"},
                                             .must_not = {"failover"}};
                       if (tool == "pub") {
                         run->process.feed(lines_of(1, 500));
                         t.publish_ends(*run, 500, promise);
                       } else {
                         run->told("subscribed");
                         a.server.disconnect_all(0x8e);
                         run->end();
                         t.look_at_servers();
                         judge(t.record, promise);
                       }
                       t.record.check(b.server.count(What::connect) == 0, "it went on elsewhere");
                     },
                     tool == "pub"});
  for (const std::string version : {"5", "311"})
    cases.push_back({15, "twins-at-mosquitto/sub-v" + version, [version](Trial& t) {
                       Real& a = t.real();
                       const Arguments options{"-q", "1", "-i", "twin", "-V", version};
                       auto one = t.sub(options), other = t.sub(options);
                       // They take the session from each other and back off; it is no event.
                       one->process.wait_exit(3s);
                       t.record.check(a.proxy.connections() <= 24, "the twins fight");
                       for (auto* run : {&*one, &*other}) {
                         run->process.signal(SIGTERM);
                         run->end();
                       }
                       t.look_at_servers();
                       judge(t.record, {.exits = {0, 69}});
                     }});
}

/// The server refuses line 30 with a code.
Script refusing(int code, std::uint32_t line = 30) {
  return {.puback = [=](const Publish& p) { return number_of(p.payload) == line ? code : 0; }};
}

void add_refused_messages(Cases& cases) {
  for (const std::string qos : {"1", "2"}) {
    for (const int code : {0x80, 0x83, 0x87, 0x97}) {
      cases.push_back({16, "puback/" + hex(code) + "-q" + qos,
                       [=](Trial& t) {
                         t.scripted(refusing(code)), t.scripted();
                         publish_through(t, {.options = {"-q", qos, "-V", "5"}, .lines = 500});
                       },
                       code == 0x87 && qos == "1"});
      cases.push_back({16, "puback/" + hex(code) + "-q" + qos + "-everywhere", [=](Trial& t) {
                         t.scripted(refusing(code)), t.scripted(refusing(code));
                         publish_through(t, {.options = {"-q", qos, "-V", "5"},
                                             .lines = 500,
                                             .promise = {.exits = {75}, .must = {"failed"}}});
                         t.record.check(read_file(t.path("undelivered")) == lines_of(30, 30),
                                        "not exactly the refused line is left over");
                       }});
    }
    for (const int code : {0x90, 0x99})
      cases.push_back(
          {16, "puback/" + hex(code) + "-q" + qos, [=](Trial& t) {
             t.scripted(refusing(code)), t.scripted();
             publish_through(
                 t, {.options = {"-q", qos, "-V", "5"},
                     .lines = 500,
                     .promise = {.exits = {75}, .must = {"failed"}, .must_not = {"lost"}}});
             t.record.check(read_file(t.path("undelivered")) == lines_of(30, 30),
                            "not exactly the refused line is left over");
           }});
    cases.push_back({16, "puback/0x10-q" + qos, [=](Trial& t) {
                       t.scripted({.puback = [](const Publish&) { return 0x10; }});
                       publish_through(t, {.options = {"-q", qos, "-V", "5"},
                                           .lines = 500,
                                           .promise = {.must_not = {"lost", "failed"}}});
                       t.record.check(t.record.events["warning"] == 1U,
                                      "it does not warn exactly once");
                     }});
  }
}

void add_refused_filters(Cases& cases) {
  for (const int code : {0x80, 0x83, 0x87, 0x8f, 0x97})
    for (const std::string version : {"5", "311"}) {
      if (version == "311" && code != 0x80) continue;
      cases.push_back({17, "suback/" + hex(code) + "-v" + version,
                       [=](Trial& t) {
                         t.scripted({.suback = [code](const std::string& filter, int qos) {
                           return filter == "other" ? code : qos;
                         }});
                         t.scripted();
                         read_through(t,
                                      {.options = {"-q", "1", "-V", version, "-t", "other"},
                                       .after = "",
                                       .promise = {.gap = 0.25, .from_start = true, .doubled = 1}});
                       },
                       code == 0x87});
    }
  cases.push_back({17, "suback/missing", [](Trial& t) {
                     t.scripted({.answer_subscribe = false}), t.scripted();
                     read_through(t, {.options = {"-q", "1", "--connect-timeout", "500ms"},
                                      .after = "",
                                      .promise = {.gap = 0.75, .from_start = true, .doubled = 1}});
                   }});
  cases.push_back({17, "suback/everywhere", [](Trial& t) {
                     const Script script{.suback = [](const std::string&, int) { return 0x80; }};
                     t.scripted(script), t.scripted(script);
                     auto run = t.sub({"-q", "1", "--max-reconnect-attempts", "3"});
                     run->end();
                     t.look_at_servers();
                     judge(t.record, {.exits = {69}, .must = {"gave-up"}});
                   }});
  cases.push_back({17, "suback/less-and-strict", [](Trial& t) {
                     t.scripted({.suback = [](const std::string&, int) { return 0; }});
                     t.scripted();
                     read_through(t, {.options = {"-q", "1", "--strict"},
                                      .after = "",
                                      .promise = {.gap = 0.25, .from_start = true, .doubled = 1}});
                   }});
}

void add_sizes(Cases& cases) {
  for (const std::string qos : {"0", "1", "2"})
    cases.push_back({18, "maximum-packet-size/q" + qos,
                     [=](Trial& t) {
                       t.scripted({.connack_properties = {{property::maximum_packet_size, 100}}});
                       auto run = t.pub({"-q", qos, "-V", "5"});
                       const std::string large = numbered_line(3, 300) + "\n";
                       run->process.feed(lines_of(1, 2) + large + lines_of(4, 200));
                       if (qos == "0") {
                         run->end();
                         judge(t.record, {.exits = {75}, .must = {"failed"}});
                       } else {
                         t.publish_ends(*run, 200,
                                        {.exits = {75}, .must = {"failed"}, .must_not = {"lost"}});
                       }
                       t.record.check(run->number("failed", "line") == 3, "the line is not named");
                       t.record.check(read_file(t.path("undelivered")) == large,
                                      "not exactly the large line is left over");
                     },
                     qos == "1"});
  for (const int code : {0x93, 0x95, 0x97, 0x99})
    cases.push_back(
        {18, "too-large/" + hex(code), [code](Trial& t) {
           const Script script{
               .longest_payload = 200, .then = Then::disconnect, .disconnect_code = code};
           t.scripted(script), t.scripted(script);
           auto run = t.pub({"-q", "1", "-V", "5", "--max-reconnect-delay", "50ms"});
           const std::string large = numbered_line(3, 300) + "\n";
           run->process.feed(lines_of(1, 2) + large + lines_of(4, 200));
           t.publish_ends(*run, 200, {.exits = {75}, .doubled = 1000, .must = {"failed"}});
           t.record.check(read_file(t.path("undelivered")) == large,
                          "not exactly the large line is left over");
         }});
}

void add_inabilities(Cases& cases) {
  struct Kind {
    std::string name;
    Property property;
    std::string tool;
    Arguments options;
  };
  const std::vector<Kind> unfit{
      {"maximum-qos-0", {property::maximum_qos, 0}, "pub", {}},
      {"maximum-qos-1", {property::maximum_qos, 1}, "pub", {"-q", "2"}},
      {"no-retain", {property::retain_available, 0}, "pub", {"-r"}},
      {"no-wildcards", {0x28, 0}, "sub", {"-t", "a/#"}},
      {"no-shared-subscriptions", {0x2a, 0}, "sub", {"-t", "$share/g/a"}},
  };
  for (const Kind& kind : unfit)
    cases.push_back({19, "cannot/" + kind.name,
                     [kind](Trial& t) {
                       t.scripted({.connack_properties = {kind.property}});
                       t.scripted();
                       const Arguments options = Arguments{"-q", "1", "-V", "5"} + kind.options;
                       const Promise promise{.gap = 0.25, .from_start = true, .doubled = 1};
                       if (kind.tool == "pub")
                         publish_through(t, {.options = options, .lines = 500, .promise = promise});
                       else
                         read_through(t, {.options = options, .after = "", .promise = promise});
                     },
                     kind.name == "maximum-qos-0"});
  for (const std::string qos : {"1", "2"})
    cases.push_back(
        {19, "receive-maximum-1/pub-q" + qos, [qos](Trial& t) {
           Scripted& a = t.scripted({.connack_properties = {{property::receive_maximum, 1}}});
           publish_through(t, {.options = {"-q", qos, "-V", "5"},
                               .lines = 300,
                               .promise = {.must_not = {"lost"}}});
           int open = 0;
           for (const Seen& seen : a.server.log()) {
             if (seen.what == What::publish) ++open;
             if (seen.what == What::acknowledged) --open;
             t.record.check(open <= 1, "more than one unacknowledged");
           }
         }});
  cases.push_back(
      {19, "keepalive-of-the-server/sub", [](Trial& t) {
         Scripted& a = t.scripted({.connack_properties = {{property::server_keep_alive, 1}}});
         read_through(t, {.options = {"-q", "0", "-V", "5", "-k", "60"},
                          .fault = [&](Running&) { a.server.wait_for(What::ping); },
                          .after = "",
                          .promise = {.must_not = {"lost"}}});
         t.record.check(a.server.count(What::ping) >= 1, "no ping in time");
       }});
}

}  // namespace

void add_refusals(Cases& cases) {
  add_logins(cases);
  add_busy_servers(cases);
  add_twins(cases);
  add_refused_messages(cases);
  add_refused_filters(cases);
  add_sizes(cases);
  add_inabilities(cases);
}

}  // namespace faults
