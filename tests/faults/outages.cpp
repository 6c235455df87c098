// SPDX-License-Identifier: Apache-2.0
// All servers are down for long (20), a server flaps (21), the first one is back (22), the network
// of this machine is gone (28).
#include <csignal>

#include "faults/courses.hpp"
#include "rig/sanitizer.hpp"

namespace faults {

using namespace rig;

namespace {

constexpr auto kOutage = 2s;

/// Both servers die and one comes back. The way there costs next to nothing.
void all_down(Trial& t, const std::string& tool, const Arguments& options) {
  Scripted &a = t.scripted(), &b = t.scripted();
  const Arguments all = options + Arguments{"--max-reconnect-delay", "400ms"};
  const auto outage = [&](Running& run) {
    if (tool == "pub") a.server.wait_for(What::publish, 700);
    b.server.refuse(), a.server.refuse();
    run.told("lost");
    // The outage lasts; it is no event.
    run.process.wait_exit(kOutage);
    b.server.accept();
  };
  const double gap = 2.0 + 0.4 + 0.25;
  if (tool == "pub") {
    // More than fits into memory, and into a pipe.
    publish_through(t, {.options = all,
                        .lines = 40'000,
                        .length = 1000,
                        .meanwhile = outage,
                        .promise = {.gap = gap, .must = {"backoff"}}});
  } else {
    read_through(t, {.options = all,
                     .fault = outage,
                     .after = "connected",
                     .promise = {.gap = gap, .doubled = 1, .must = {"backoff"}}});
  }
  t.record.check(t.record.cpu < rig::at_most(1.5), "much processor time");
  t.record.check(a.server.tcp_connections() + b.server.tcp_connections() <= 60, "many connects");
}

/// Servers that accept and close at once, until one of them is mended.
void flaps(Trial& t, const std::string& tool, const std::string& how, const Arguments& options) {
  const Script bad = how == "after-connack" ? Script{.close_after_connack = true}
                                            : Script{.connack_v3 = 3, .close_v5 = true};
  Scripted &a = t.scripted(bad), &b = t.scripted(bad);
  auto run = tool == "pub" ? t.pub(options) : t.sub(options);
  if (tool == "pub") run->process.feed(lines_of(1, 2000));
  run->process.wait_exit(2s);  // that long they flap
  const std::size_t connects = a.server.tcp_connections() + b.server.tcp_connections();
  t.record.check(connects <= 60, "connects in 2 s: " + std::to_string(connects));
  b.server.change([](Script& script) {
    const auto user = script.user, password = script.password;
    script = Script();
    script.user = user, script.password = password;
  });
  if (tool == "pub") {
    t.publish_ends(*run, 2000, {.doubled = 2000, .must = {"backoff"}});
  } else {
    b.server.wait_for(What::subscribe, 1, 20s);
    b.server.publish({.topic = "t", .payload = numbered_line(1), .qos = 1});
    t.record.check(run->process.wait_for_lines(Stream::out, 1, 10s), "no line");
    run->process.signal(SIGTERM);
    run->end();
    t.settle_printed(*run, 1, true);
    t.look_at_servers();
    judge(t.record, {.must = {"backoff"}});
  }
}

// Each connection counts as stable, or the hold would grow.
const Arguments& fast_failback() {
  static const Arguments options{"--priority-backup",
                                 "--priority-probe-interval",
                                 "100ms",
                                 "--priority-stable",
                                 "2",
                                 "--priority-hold",
                                 "200ms",
                                 "--stable",
                                 "0s"};
  return options;
}

void fails_back(Trial& t, const std::string& tool, const Arguments& options, int times) {
  Scripted &a = t.scripted({.ack_delay = 1ms}), &b = t.scripted({.ack_delay = 1ms});
  const auto there_and_back = [&](Running& run) {
    if (tool == "pub") a.server.wait_for(What::publish, 300);
    for (int i = 0; i < times; ++i) {
      a.server.refuse();
      run.told("failover");
      a.server.accept();
      run.told("failback");
    }
  };
  const std::size_t switches = static_cast<std::size_t>(2 * times);
  if (tool == "pub") {
    publish_through(t, {.options = options + fast_failback(),
                        .lines = 20'000 * static_cast<std::uint32_t>(times),
                        .meanwhile = there_and_back,
                        .promise = {.gap = 0.25, .must = {"failback"}}});
  } else {
    // Make before break: from its SUBSCRIBE here to its DISCONNECT there a client gets each line
    // from both servers, one a millisecond. How long that is, is also the machine's.
    const auto on_both = [&] {
      std::size_t lines = 0;
      const auto came = a.server.log(What::subscribe), left = b.server.log(What::disconnect);
      t.record.check(came.size() == left.size() + 1, "not each change is a failback");
      for (std::size_t i = 0; i < left.size() && i + 1 < came.size(); ++i) {
        const double both = seconds_between(came[i + 1].at, left[i].at);
        t.record.check(both < at_most(0.1), "on both servers for " + std::to_string(both) + " s");
        lines += 1 + static_cast<std::size_t>(std::max(both, 0.0) * 1000);
      }
      return lines;
    };
    read_through(t, {.options = options + fast_failback(),
                     .fault = there_and_back,
                     .after = "",
                     .promise = {.gap = 0.25, .doubled = switches, .must = {"failback"}},
                     .more_doubled = on_both});
  }
}

void loses_its_address(Trial& t, const std::string& tool) {
  t.need_network();
  Scripted& a = t.scripted();
  t.scripted();
  const auto ip = [](const Arguments& words) {
    const Finished done = rig::run(Arguments{"ip"} + words);
    if (done.exit.status != 0) throw Broken("ip: " + done.err);
  };
  const auto away = [&](Running& run) {
    if (tool == "pub") a.server.wait_for(What::publish, 300);
    ip({"address", "del", "127.0.0.1/8", "dev", "lo"});
    run.told("backoff", 15s);
    ip({"address", "add", "127.0.0.1/8", "dev", "lo"});
  };
  const Arguments options{"-q", "1", "--max-reconnect-delay", "400ms"};
  if (tool == "pub") {
    a.server.change([](Script& script) { script.ack_delay = 20ms; });
    publish_through(t, {.options = options,
                        .lines = 3000,
                        .meanwhile = away,
                        .promise = {.must = {"lost", "backoff"}}});
  } else {
    read_through(t, {.options = options,
                     .fault = away,
                     .after = "connected",
                     .promise = {.doubled = 2, .must = {"lost", "backoff"}}});
  }
}

void has_no_ports(Trial& t, const std::string& tool) {
  t.need_network();
  Scripted& a = t.scripted();
  Scripted& b = t.scripted();
  Scripted* const both[] = {&a, &b};
  write_file("/proc/sys/net/ipv4/ip_local_port_range", "50000 50003");
  std::vector<Fd> taken;
  for (Scripted* server : both)
    for (int i = 0; i < 4; ++i)
      if (Fd fd = connect_to(server->port(), 0ms)) taken.push_back(std::move(fd));
  if (taken.size() != 8) throw Skipped("the ports cannot be used up");
  const auto later = [&](Running& run) {
    run.told("backoff");
    for (Fd& fd : taken) reset_connection(fd);
    taken.clear();
  };
  const Arguments options{"-q", "1", "--max-reconnect-delay", "200ms"};
  const Promise promise{.gap = 2, .from_start = true, .must = {"failed", "backoff"}};
  if (tool == "pub") {
    publish_through(t, {.options = options, .lines = 500, .meanwhile = later, .promise = promise});
  } else {
    auto run = t.sub(options);
    later(*run);
    run->told("subscribed");
    run->process.signal(SIGTERM);
    run->end();
    t.look_at_servers();
    judge(t.record, promise);
  }
}

}  // namespace

void add_outages(Cases& cases) {
  for (const Variant& v : publishers())
    cases.push_back({20, "all-down/" + v.name, [v](Trial& t) { all_down(t, "pub", v.options); }});
  for (const Variant& v : readers())
    cases.push_back({20, "all-down/" + v.name, [v](Trial& t) { all_down(t, "sub", v.options); },
                     v.name == "sub-q1-v5"});
  cases.push_back({20, "all-down/pub-spool", [](Trial& t) {
                     all_down(t, "pub", {"-q", "1", "--spool", t.path("spool")});
                   }});
  for (const std::string tool : {"pub", "sub"})
    for (const std::string how : {"after-connack", "before-connack"})
      cases.push_back({21, "flaps/" + how + "-" + tool,
                       [=](Trial& t) {
                         flaps(t, tool, how, {"-q", "1"});
                       },
                       tool == "sub" && how == "after-connack"});
  for (const Variant& v : publishers())
    cases.push_back({22, "fails-back/" + v.name,
                     [v](Trial& t) { fails_back(t, "pub", v.options, 1); }, v.name == "pub-q1-v5"});
  for (const Variant& v : readers())
    cases.push_back(
        {22, "fails-back/" + v.name, [v](Trial& t) { fails_back(t, "sub", v.options, 1); }});
  cases.push_back({22, "fails-back/sub-five-times", [](Trial& t) {
                     fails_back(t, "sub", {"-q", "1"}, 5);
                   }});
  for (const std::string tool : {"pub", "sub"}) {
    cases.push_back({28, "no-address/" + tool, [=](Trial& t) { loses_its_address(t, tool); }});
    cases.push_back(
        {28, "no-ports/" + tool, [=](Trial& t) { has_no_ports(t, tool); }, tool == "pub"});
    for (const std::string route : {"none", "unreachable", "prohibit", "blackhole"})
      cases.push_back({28, "no-route/" + route + "-" + tool, [=](Trial& t) {
                         t.need_network();
                         t.scripted().name = "10.9.9.9";
                         t.scripted();
                         if (route != "none")
                           rig::run({"ip", "route", "add", route, "10.9.9.9/32"});
                         passed_over(t, tool);
                       }});
  }
}

}  // namespace faults
