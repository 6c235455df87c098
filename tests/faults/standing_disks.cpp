// SPDX-License-Identifier: Apache-2.0
// A disk of ours stands still (45): the connection lives on, nothing is lost, and all goes on with
// the disk.
#include <csignal>

#include "faults/courses.hpp"
#include "rig/standing_disk.hpp"

namespace faults {

using namespace rig;

namespace {

// More than a server waits for one (1.5 x keepalive, which is 1 s here).
constexpr std::size_t kPings = 4;

std::unique_ptr<StandingDisk> disk_of(const Trial& t) {
  t.need_mounts();
  try {
    return std::make_unique<StandingDisk>();
  } catch (const Broken& no_disk) {
    throw Skipped(no_disk.what());
  }
}

/// Pings go on, none is late, and the disk goes on after them.
void lives_on(Trial& t, Scripted& server, StandingDisk& disk) {
  const std::size_t before = server.server.count(What::ping);
  const Moment begun = Clock::now();
  t.record.check(server.server.wait_for(What::ping, before + kPings, 15s),
                 "no pings while the disk stands");
  const std::vector<Seen> pings = server.server.log(What::ping);
  Moment last = begun;
  for (std::size_t i = before; i < pings.size(); ++i) {
    t.record.check(pings[i].at - last < 1500ms, "a server would have given the connection up");
    last = pings[i].at;
  }
  disk.go_on();
}

/// What is printed goes to a file on the disk.
void output_stands(Trial& t, const Arguments& options, bool folder) {
  const auto disk = disk_of(t);
  Scripted& a = t.scripted();
  const std::string file = disk->path("t"), stored = disk->behind("t");
  Command command{.argv = t.sub_command() + t.servers() + options};
  if (folder)
    command.argv = command.argv + Arguments{"--output", disk->path("")};
  else
    command.stdout_file = file;
  auto run = t.run(command);
  run->told("subscribed");
  Flow flow({&a}, {.qos = 2, .every = 5ms});
  const auto printed = [&](std::size_t count) {
    return a.server.wait_until(
        [&](const std::vector<Seen>&) {
          return std::filesystem::exists(stored) && lines_in(stored).size() >= count;
        },
        10s);
  };
  t.record.check(printed(50), "nothing is printed");
  disk->stand_still();
  lives_on(t, a, *disk);
  const std::uint32_t last = flow.stop();
  t.record.check(printed(last), "not all lines come");
  run->process.signal(SIGTERM);
  run->end();
  t.settle_printed(*run, last, true, lines_in(stored));
  t.record.gap.reset();
  t.look_at_servers();
  judge(t.record, {.must_not = {"lost"}});
}

void add_outputs_that_stand(Cases& cases) {
  for (const std::string version : {"5", "311"})
    for (const std::string qos : {"0", "1", "2"})
      cases.push_back({45, "standing-disk/output-q" + qos + "-v" + version,
                       [=](Trial& t) {
                         output_stands(t, {"-q", qos, "-V", version}, false);
                       },
                       qos == "1" && version == "5"});
  for (const std::string qos : {"1", "2"})
    cases.push_back({45, "standing-disk/output-sync-q" + qos, [=](Trial& t) {
                       output_stands(t, {"-q", qos, "--sync"}, false);
                     }});
  for (const std::string sync : {"", "--sync"})
    cases.push_back({45, "standing-disk/output-folder" + sync, [=](Trial& t) {
                       output_stands(
                           t, Arguments{"-q", "1"} + (sync.empty() ? Arguments() : Arguments{sync}),
                           true);
                     }});
  cases.push_back({45, "standing-disk/output-mosquitto", [](Trial& t) {
                     const auto disk = disk_of(t);
                     Bare& a = t.bare({.lines = {"log_type all"}});
                     auto run = t.run({.argv = t.sub_command() + t.servers() + Arguments{"-q", "1"},
                                       .stdout_file = disk->path("out")});
                     run->told("subscribed");
                     Flow flow({&a}, {.every = 5ms});
                     disk->stand_still();
                     t.record.check(a.server.wait_for_log("Received PINGREQ", 15s, kPings),
                                    "no pings while the disk stands");
                     disk->go_on();
                     const std::uint32_t last = flow.stop();
                     run->process.signal(SIGTERM);
                     run->end();
                     t.settle_printed(*run, last, false, lines_in(disk->behind("out")));
                     t.record.gap.reset();
                     judge(t.record, {.must_not = {"lost"}});
                   }});
}

/// A change of the connections is written to the file of --metrics while its disk stands still.
void metrics_stand(Trial& t, const std::string& tool) {
  const auto disk = disk_of(t);
  Scripted &a = t.scripted(), &b = t.scripted();
  const bool pub = tool == "pub";
  const Arguments both = pub ? Arguments{"--acks", "2"} : Arguments{"--standby", "hot"};
  auto run = t.run({.argv = (pub ? t.pub_command() : t.sub_command()) + t.servers() + both +
                            Arguments{"-q", "1", "--metrics", disk->path("metrics.prom")},
                    .stdin_pipe = pub});
  for (int i = 0; i < 2; ++i) run->told(pub ? "connected" : "subscribed");
  disk->stand_still();
  b.server.refuse();
  lives_on(t, a, *disk);
  b.server.accept();
  if (pub) {
    run->process.feed(lines_of(1, 500));
    t.publish_ends(*run, 500, {.copies = 2});
    return;
  }
  run->told("subscribed");
  run->process.signal(SIGTERM);
  run->end();
  t.look_at_servers();
  judge(t.record, {});
}

void add_others_that_stand(Cases& cases) {
  for (const std::string tool : {"pub", "sub"})
    cases.push_back(
        {45, "standing-disk/metrics-" + tool, [=](Trial& t) { metrics_stand(t, tool); }});
  for (const std::string qos : {"1", "2"})
    cases.push_back({45, "standing-disk/spool-q" + qos, [=](Trial& t) {
                       const auto disk = disk_of(t);
                       Scripted& a = t.scripted();
                       auto run = t.pub({"-q", qos, "--spool", disk->path("spool")});
                       run->told("connected");
                       disk->stand_still();
                       run->process.feed(lines_of(1, 2000));
                       lives_on(t, a, *disk);
                       t.publish_ends(*run, 2000, {.must_not = {"lost"}});
                     }});
  for (const std::string tool : {"pub", "sub"})
    cases.push_back({45, "standing-disk/document-" + tool, [=](Trial& t) {
                       // The list is read again while its disk stands still.
                       const auto disk = disk_of(t);
                       Scripted &a = t.apart(), &b = t.apart();
                       const std::string file = disk->path("servers.json");
                       write_file(file, document({&a}));
                       std::filesystem::permissions(file, std::filesystem::perms::owner_read |
                                                              std::filesystem::perms::owner_write);
                       const bool pub = tool == "pub";
                       auto run = t.run({.argv = (pub ? t.pub_command() : t.sub_command()) +
                                                 Arguments{"-q", "1", "--servers", file},
                                         .stdin_pipe = true});
                       run->told(pub ? "connected" : "subscribed");
                       write_file(disk->behind("servers.json"), document({&b, &a}));
                       disk->stand_still();
                       run->process.signal(SIGHUP);
                       lives_on(t, a, *disk);
                       run->told("list-updated");
                       run->process.signal(SIGTERM);
                       run->end();
                       t.look_at_servers();
                       judge(t.record, {});
                     }});
}

}  // namespace

void add_standing_disks(Cases& cases) {
  add_outputs_that_stand(cases);
  add_others_that_stand(cases);
}

}  // namespace faults
