// SPDX-License-Identifier: Apache-2.0
// What the machine allows: descriptors and threads (38), thousands of dead servers (42), memory
// (44).
#include <csignal>

#include "faults/courses.hpp"
#include "paths.hpp"
#include "rig/sanitizer.hpp"

namespace faults {

using namespace rig;

namespace {

/// The exit statuses of the contract but 0, for a run that cannot do what it is for.
const std::vector<int> kTold{0, 69, 70, 73, 74, 75, 78};

/// The command ends by itself and says why, or it works.
void works_or_says_why(Trial& t, const std::string& tool, const Arguments& before,
                       const Arguments& options = {}, std::size_t length = 0) {
  t.scripted(), t.scripted();
  const Arguments all = Arguments{"-q", "1", "--startup-timeout", "2s"} + options;
  auto run = tool == "pub" ? t.pub(all, before) : t.sub(all + Arguments{"-W", "2"}, before);
  if (tool == "pub") run->process.feed(lines_of(1, 200, length));
  const int status = run->end();
  if (status == 0 && tool == "pub") t.settle(200, status);
  const std::string said = run->process.bytes(Stream::err);
  t.record.check(status == 0 || !said.empty(), "it ends without a word");
  t.record.check(t.record.cpu < at_most(1.5), "much processor time");
  t.look_at_servers();
  std::vector<int> exits = kTold;
  exits.push_back(27);  // -W
  judge(t.record, {.exits = exits, .doubled = 200, .kib = 512 * 1024});
}

void add_descriptors(Cases& cases) {
  for (const std::string tool : {"pub", "sub"}) {
    for (const int count : {6, 7, 8, 9, 10, 11, 12, 14})
      cases.push_back(
          {38, "descriptors/" + std::to_string(count) + "-" + tool,
           [=](Trial& t) {
             if (kSanitized) throw Skipped("a sanitizer needs descriptors of its own");
             works_or_says_why(t, tool, {"prlimit", "--nofile=" + std::to_string(count)});
           },
           count == 8 && tool == "pub"});
    cases.push_back({38, "descriptors/16-and-a-failover-" + tool, [=](Trial& t) {
                       Scripted& a = t.scripted(
                           {.at_publish = tool == "pub" ? 700U : 0U, .then = Then::refuse});
                       t.scripted();
                       const Arguments before{"prlimit", "--nofile=16"};
                       if (tool == "pub")
                         publish_through(t, {.options = {"-q", "1"}, .before = before});
                       else
                         read_through(t, {.options = {"-q", "1"},
                                          .fault = [&](Running&) { a.server.refuse(); },
                                          .before = before});
                     }});
    cases.push_back({38, "threads/none-" + tool, [=](Trial& t) {
                       works_or_says_why(
                           t, tool,
                           {"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
                            "trace=clone,clone3", "-e", "inject=clone,clone3:error=EAGAIN"});
                     }});
    cases.push_back({38, "threads/none-after-the-first-" + tool, [=](Trial& t) {
                       works_or_says_why(t, tool,
                                         {"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
                                          "trace=clone,clone3", "-e",
                                          "inject=clone,clone3:error=EAGAIN:when=2+"});
                     }});
  }
  cases.push_back(
      {38, "descriptors/none-leaks-in-100-failovers-sub", [](Trial& t) {
         Scripted &a = t.scripted(), &b = t.scripted();
         auto run = t.sub({"-q", "1", "--max-reconnect-delay", "1ms", "--stable", "1ms"});
         run->told("subscribed");
         int first = 0;
         for (int i = 0; i < 100; ++i) {
           const bool at_a = i % 2 == 0;
           (at_a ? a : b).server.reset_all();
           run->told("failover");
           run->told("subscribed");
           if (i == 9) first = open_descriptors(run->process.pid());
         }
         t.record.check(open_descriptors(run->process.pid()) <= first, "descriptors are left open");
         run->process.signal(SIGTERM);
         run->end();
         t.look_at_servers();
         judge(t.record, {});
       }});
}

/// A document with dead servers before the live one.
void many_servers(Trial& t, const std::string& tool, int count) {
  Scripted& live = t.apart();
  std::string all = "[";
  // Ports that nobody uses refuse at once.
  for (int i = 0; i < count; ++i)
    all += "{\"hostNameOrIpAddress\": \"127.1." + std::to_string(i / 250) + "." +
           std::to_string(1 + i % 250) + "\", \"port\": 1, \"tls\": \"none\"},\n";
  all += "{\"hostNameOrIpAddress\": \"127.0.0.1\", \"tls\": \"none\", \"port\": " +
         std::to_string(live.port()) + ", \"userName\": \"user-" + std::to_string(live.number) +
         "\", \"password\": \"secret-" + std::to_string(live.number) + "\"}]\n";
  const std::string file = t.path("servers.json");
  write_file(file, all);
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const Arguments servers{"--servers", file};
  const Promise promise{.gap = 10, .kib = 50 * 1024};
  if (tool == "probe") {
    auto run = t.run({.argv = {mqfail::test::bin_dir() + "/mqfail-probe", "--servers", file, "-t",
                               "20", "--ok-if-any"}});
    run->end(30s);
    t.look_at_servers();
    judge(t.record, {.kib = 100 * 1024, .descriptors = 2000});
    return;
  }
  auto run = t.run({.argv = (tool == "pub" ? t.pub_command() : t.sub_command()) + servers +
                            Arguments{"-q", "1", "--events", "logfmt", "--startup-timeout",
                                      std::to_string(10 * kSlower) + "s"},
                    .stdin_pipe = true});
  if (tool == "pub") run->process.feed(lines_of(1, 100));
  const bool reached =
      live.server.wait_for(tool == "pub" ? What::publish : What::subscribe, 1, 20s * kSlower);
  t.record.check(reached, "the live server is not reached");
  t.record.gap = seconds_between(run->process.started(), Clock::now());
  if (tool == "sub") run->process.signal(SIGTERM);
  run->end();
  t.record.check(tool == "sub" || live.server.count(What::acknowledged) == 100,
                 "lines are missing");
  t.look_at_servers();
  judge(t.record, promise);
}

void add_many_servers(Cases& cases) {
  for (const std::string tool : {"pub", "sub", "probe"})
    for (const int count : {100, 1000, 9999})
      cases.push_back({42, "dead-servers/" + std::to_string(count) + "-" + tool,
                       [=](Trial& t) { many_servers(t, tool, count); },
                       count == 1000 && tool == "pub"});
}

void add_memory(Cases& cases) {
  for (const std::string tool : {"pub", "sub"})
    for (const int mib : {12, 16, 24, 32, 48, 64, 96, 128, 192, 256})
      cases.push_back({44, "memory/" + std::to_string(mib) + "-mib-" + tool,
                       [=](Trial& t) {
                         if (kSanitized) throw Skipped("a sanitizer needs the memory");
                         works_or_says_why(t, tool,
                                           {"prlimit", "--as=" + std::to_string(mib << 20)}, {},
                                           100'000);
                       },
                       mib == 64 && tool == "pub"});
  cases.push_back({44, "memory/large-payload-does-not-fit", [](Trial& t) {
                     if (kSanitized) throw Skipped("a sanitizer needs the memory");
                     Scripted& a = t.scripted();
                     auto run = t.sub({"-q", "1", "-W", "5"}, {"prlimit", "--as=200000000"});
                     run->told("subscribed");
                     a.server.publish(
                         {.topic = "t", .payload = std::string(150'000'000, 'x'), .qos = 1});
                     run->end();
                     t.record.check(a.server.count(What::ack) == 0, "acknowledged and not written");
                     t.look_at_servers();
                     std::vector<int> exits = kTold;
                     exits.push_back(27);
                     judge(t.record, {.exits = exits, .kib = 512 * 1024});
                   }});
}

}  // namespace

void add_limits(Cases& cases) {
  add_descriptors(cases);
  add_many_servers(cases);
  add_memory(cases);
}

}  // namespace faults
