// SPDX-License-Identifier: Apache-2.0
// Standard output is full (29), its reader has gone (30) or is slow (31), a write is short or
// interrupted (32).
#include <csignal>

#include "faults/courses.hpp"

namespace faults {

using namespace rig;

namespace {

/// Runs until the disk is full. What is acknowledged stands in the file.
void disk_is_full(Trial& t, const Arguments& options, const std::string& file,
                  const Arguments& before = {}, Promise promise = {.exits = {74}}) {
  Scripted& a = t.scripted();
  auto run = t.run({.argv = before + t.sub_command() + t.servers() + options, .stdout_file = file});
  run->told("subscribed");
  Flow flow({&a}, {.qos = 2, .every = 1ms});
  run->end();
  const std::uint32_t last = flow.stop();
  const bool kept = std::filesystem::is_regular_file(file);
  t.settle_printed(*run, last, false, kept ? lines_in(file) : std::vector<Line>());
  t.record.gap.reset();
  t.record.check(!kept || !lines_in(file).empty(), "nothing was written before");
  t.look_at_servers();
  judge(t.record, promise);
}

void add_full_disks(Cases& cases) {
  for (const std::string version : {"5", "311"})
    for (const std::string qos : {"0", "1", "2"})
      cases.push_back({29, "stdout-full/dev-full-q" + qos + "-v" + version,
                       [=](Trial& t) {
                         disk_is_full(t, {"-q", qos, "-V", version}, "/dev/full");
                       },
                       qos == "1" && version == "5"});
  for (const std::string qos : {"1", "2"}) {
    cases.push_back({29, "stdout-full/disk-q" + qos, [=](Trial& t) {
                       disk_is_full(t, {"-q", qos}, t.small_disk(16384) + "/out");
                     }});
    cases.push_back({29, "stdout-full/disk-sync-q" + qos, [=](Trial& t) {
                       disk_is_full(t, {"-q", qos, "--sync"}, t.small_disk(16384) + "/out");
                     }});
    cases.push_back({29, "stdout-full/file-size-q" + qos, [=](Trial& t) {
                       disk_is_full(t, {"-q", qos}, t.path("out"), {"prlimit", "--fsize=10000"});
                     }});
    cases.push_back({29, "stdout-full/output-folder-q" + qos, [=](Trial& t) {
                       const std::string disk = t.small_disk(16384);
                       Scripted& a = t.scripted();
                       auto run = t.sub({"-q", qos, "--output", disk});
                       run->told("subscribed");
                       Flow flow({&a}, {.qos = 2, .every = 1ms});
                       run->end();
                       const std::uint32_t last = flow.stop();
                       std::vector<Line> lines;
                       for (const auto& entry : std::filesystem::directory_iterator(disk))
                         for (const Line& line : lines_in(entry.path().string()))
                           lines.push_back(line);
                       t.settle_printed(*run, last, false, lines);
                       t.record.check(!lines.empty(), "nothing was written before");
                       t.record.gap.reset();
                       t.look_at_servers();
                       judge(t.record, {.exits = {74}});
                     }});
  }
}

void add_closed_pipes(Cases& cases) {
  for (const std::string version : {"5", "311"})
    for (const std::string qos : {"0", "1", "2"})
      cases.push_back({30, "pipe-closed/q" + qos + "-v" + version,
                       [=](Trial& t) {
                         Scripted& a = t.scripted();
                         auto run = t.run({.argv = t.sub_command() + t.servers() +
                                                   Arguments{"-q", qos, "-V", version},
                                           .stdout_closed_after_first_line = true});
                         run->told("subscribed");
                         Flow flow({&a}, {.qos = 2, .every = 30ms});
                         run->end();
                         t.settle_printed(*run, flow.stop(), false);
                         t.record.gap.reset();
                         t.look_at_servers();
                         judge(t.record, {});
                       },
                       qos == "1" && version == "5"});
  for (const std::string qos : {"1", "2"})
    cases.push_back(
        {30, "pipe-closed/session-keeps-the-rest-q" + qos, [=](Trial& t) {
           Bare& a = t.bare();
           const Arguments reader =
               t.sub_command() + t.servers() + Arguments{"-q", qos, "-c", "-i", "reader"};
           Client client(a.port());
           std::vector<Line> lines;
           std::uint32_t last = 0;
           const auto publish = [&](std::uint32_t count) {
             for (std::uint32_t i = 0; i < count; ++i)
               client.publish({.topic = "t", .payload = numbered_line(++last), .qos = 2});
           };
           {
             auto run = t.run({.argv = reader, .stdout_closed_after_first_line = true});
             run->told("subscribed");
             publish(1);
             run->process.wait_for_lines(Stream::out, 1, 5s);
             publish(50);
             run->end();
             lines = run->process.lines(Stream::out);
           }
           auto run = t.run({.argv = reader});
           run->told("subscribed");
           t.record.check(
               run->process
                   .wait_for_line(
                       Stream::out,
                       [&](const std::string& line) { return line == numbered_line(last); }, 10s)
                   .has_value(),
               "the last line does not come");
           run->process.signal(SIGTERM);
           run->end();
           for (const Line& line : run->process.lines(Stream::out)) lines.push_back(line);
           t.settle_printed(*run, last, true, lines);
           t.record.gap.reset();
           judge(t.record, {.doubled = 1});
         }});
}

void add_slow_readers(Cases& cases) {
  for (const std::string qos : {"0", "1", "2"})
    for (const std::string standby : {"cold", "hot"}) {
      if (qos == "0" && standby == "hot") continue;
      cases.push_back({31, "slow-reader/q" + qos + "-" + standby,
                       [=](Trial& t) {
                         Scripted &a = t.scripted(), &b = t.scripted();
                         const bool hot = standby == "hot";
                         auto run = t.run({.argv = t.sub_command() + t.servers() +
                                                   Arguments{"-q", qos, "--standby", standby},
                                           .stdout_unread = true});
                         run->told("subscribed");
                         if (hot) run->told("subscribed");
                         constexpr std::uint32_t last = 20'000;
                         for (std::uint32_t n = 1; n <= last; ++n)
                           for (Scripted* server : {&a, &b})
                             server->server.publish({.topic = "t",
                                                     .payload = numbered_line(n, 1000),
                                                     .qos = std::atoi(qos.c_str())});
                         run->told("stalled", 10s);
                         // The keepalive goes on while nobody reads.
                         a.server.wait_for(What::ping, 2, 10s);
                         run->process.read_on();
                         t.record.check(run->process.wait_for_lines(Stream::out, last, 30s),
                                        "not all lines come");
                         run->process.signal(SIGTERM);
                         run->end();
                         t.settle_printed(*run, last, true);
                         t.record.gap.reset();
                         t.look_at_servers();
                         judge(t.record, {.kib = 40 * 1024, .must_not = {"lost"}});
                       },
                       false});
    }
  cases.push_back(
      {31, "slow-reader/server-dies-meanwhile",
       [](Trial& t) {
         Scripted &a = t.scripted(), &b = t.scripted();
         auto run = t.run(
             {.argv = t.sub_command() + t.servers() + Arguments{"-q", "1"}, .stdout_unread = true});
         run->told("subscribed");
         for (std::uint32_t n = 1; n <= 500; ++n)
           a.server.publish({.topic = "t", .payload = numbered_line(n, 1000), .qos = 1});
         run->told("stalled");
         a.server.refuse();
         run->told("failover");
         b.server.publish({.topic = "t", .payload = numbered_line(501, 1000), .qos = 1});
         run->process.read_on();
         t.record.check(
             run->process
                 .wait_for_line(
                     Stream::out,
                     [](const std::string& line) { return line == numbered_line(501, 1000); }, 10s)
                 .has_value(),
             "the last line does not come");
         run->process.signal(SIGTERM);
         run->end();
         t.settle_printed(*run, 501, false);
         t.record.gap.reset();
         t.look_at_servers();
         judge(t.record, {});
       },
       true});
}

Arguments this_program(const Arguments& more) {
  return Arguments{std::filesystem::read_symlink("/proc/self/exe").string()} + more;
}

void add_short_writes(Cases& cases) {
  for (const std::string qos : {"0", "1", "2"})
    cases.push_back(
        {32, "short-writes/nonblocking-pipe-of-4096-bytes-q" + qos,
         [=](Trial& t) {
           Scripted& a = t.scripted();
           auto run = t.run({.argv = this_program({"--nonblocking", "1"}) + t.sub_command() +
                                     t.servers() + Arguments{"-q", qos},
                             .stdout_unread = true});
           run->told("subscribed");
           for (std::uint32_t n = 1; n <= 3000; ++n)
             a.server.publish(
                 {.topic = "t", .payload = numbered_line(n, 333), .qos = std::atoi(qos.c_str())});
           run->process.read_on();
           t.record.check(run->process.wait_for_lines(Stream::out, 3000, 15s),
                          "not all lines come");
           run->process.signal(SIGTERM);
           run->end();
           t.settle_printed(*run, 3000, true);
           t.record.gap.reset();
           t.look_at_servers();
           judge(t.record, {});
         },
         qos == "1"});
  for (const std::string qos : {"0", "1", "2"})
    cases.push_back({32, "short-writes/signals-sub-q" + qos, [=](Trial& t) {
                       t.scripted();
                       read_through(t, {.options = {"-q", qos},
                                        .fault =
                                            [](Running& run) {
                                              for (int i = 0; i < 300; ++i) {
                                                run.process.signal(i % 2 == 0 ? SIGUSR1 : SIGWINCH);
                                                run.process.wait_exit(1ms);
                                              }
                                            },
                                        .after = "",
                                        .promise = {.gap = 0.25, .must_not = {"lost"}}});
                     }});
  cases.push_back({32, "short-writes/signals-pub", [](Trial& t) {
                     t.scripted({.ack_delay = 5ms});
                     publish_through(t, {.options = {"-q", "1"},
                                         .lines = 10'000,
                                         .meanwhile =
                                             [](Running& run) {
                                               run.told("connected");  // it takes signals now
                                               for (int i = 0; i < 300; ++i) {
                                                 run.process.signal(SIGUSR1);
                                                 run.process.wait_exit(1ms);
                                               }
                                             },
                                         .promise = {.must_not = {"lost"}}});
                   }});
  cases.push_back({32, "short-reads/nonblocking-stdin", [](Trial& t) {
                     t.scripted();
                     publish_through(t, {.options = {"-q", "1"},
                                         .promise = {.must_not = {"lost"}},
                                         .before = this_program({"--nonblocking", "0"})});
                   }});
  for (const std::string error : {"EINTR", "EAGAIN"})
    cases.push_back({32, "short-writes/every-third-write-" + error, [=](Trial& t) {
                       Scripted& a = t.scripted();
                       write_file(t.path("out"), "");
                       auto run = t.run(
                           {.argv = Arguments{"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P",
                                              t.path("out"), "-e", "trace=write,writev", "-e",
                                              "inject=write,writev:error=" + error + ":when=3+3"} +
                                    t.sub_command() + t.servers() + Arguments{"-q", "1"},
                            .stdout_file = t.path("out")});
                       run->told("subscribed");
                       Flow flow({&a}, {.qos = 1, .every = 1ms});
                       a.server.wait_for(What::ack, 300);
                       const std::uint32_t last = flow.stop();
                       a.server.wait_for(What::ack, last);
                       run->process.signal(SIGTERM);
                       run->end();
                       t.settle_printed(*run, last, true, lines_in(t.path("out")));
                       t.record.gap.reset();
                       t.look_at_servers();
                       judge(t.record, {.must_not = {"lost"}});
                     }});
}

}  // namespace

void add_outputs(Cases& cases) {
  add_full_disks(cases);
  add_closed_pipes(cases);
  add_slow_readers(cases);
  add_short_writes(cases);
}

}  // namespace faults
