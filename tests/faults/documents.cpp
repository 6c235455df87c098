// SPDX-License-Identifier: Apache-2.0
// Files of ours: the document of servers changes or breaks while it is used (36), a folder or a
// disk cannot be written or is slow (45).
#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>

#include "faults/courses.hpp"
#include "paths.hpp"
#include "rig/full_pipe.hpp"

namespace faults {

using namespace rig;

namespace {

/// What becomes of the file, and whether that must be told.
struct Change {
  std::string name;
  std::function<void(const std::string& file)> make;
};

void replace(const std::string& file, const std::string& content) {
  write_file(file + ".new", content);
  std::filesystem::rename(file + ".new", file);
}

std::vector<Change> changes() {
  const auto becomes = [](const std::string& content) {
    return [content](const std::string& file) { replace(file, content); };
  };
  return {
      {"cut-off", becomes("[{\"hostNameOrIpAddress\": \"127.0.0.1\", \"port\"")},
      {"empty", becomes("")},
      {"no-servers", becomes("[]")},
      {"no-json", becomes("servers: a, b\n")},
      {"wrong-type", becomes("[{\"hostNameOrIpAddress\": 7}]")},
      {"unknown-tls", becomes("[{\"hostNameOrIpAddress\": \"a\", \"tls\": \"maybe\"}]")},
      {"deep", becomes(std::string(100'000, '['))},
      {"truncated-in-place",
       [](const std::string& file) { std::filesystem::resize_file(file, 9); }},
      {"deleted", [](const std::string& file) { std::filesystem::remove(file); }},
      {"folder",
       [](const std::string& file) {
         std::filesystem::remove(file);
         std::filesystem::create_directory(file);
       }},
      {"fifo",
       [](const std::string& file) {
         std::filesystem::remove(file);
         if (::mkfifo(file.c_str(), 0600) != 0) throw Broken("mkfifo");
       }},
  };
}

/// The file breaks while the first server is in use. It is told, nothing changes, and the second
/// server of the old list is there when it is needed.
void document_breaks(Trial& t, const std::string& tool, const Change& change) {
  Scripted &a = t.apart(), &b = t.apart();
  const std::string file = t.path("servers.json");
  write_file(file, document({&a, &b}));
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto run = t.run({.argv = (tool == "pub" ? t.pub_command() : t.sub_command()) +
                            Arguments{"--servers", file, "-q", "1"},
                    .stdin_pipe = true});
  run->told(tool == "pub" ? "connected" : "subscribed");
  change.make(file);
  run->process.signal(SIGHUP);
  run->told("warning", 5s);
  t.record.check(run->events.count("lost") == 0, "the connection is touched");
  a.server.refuse();
  run->told("failover");
  if (tool == "pub") {
    run->process.feed(lines_of(1, 100));
    run->end();
    t.record.check(b.server.count(What::acknowledged) == 100, "lines are missing");
    t.record.lines = 100;
  } else {
    run->process.signal(SIGTERM);
    run->end();
  }
  t.look_at_servers();
  judge(t.record, {});
}

void add_documents_in_use(Cases& cases) {
  for (const Change& change : changes())
    for (const std::string tool : {"pub", "sub"})
      cases.push_back({36, "document/" + change.name + "-" + tool,
                       [=](Trial& t) { document_breaks(t, tool, change); },
                       change.name == "cut-off" && tool == "sub"});
  cases.push_back(
      {36, "document/replaced-sub", [](Trial& t) {
         Scripted &a = t.apart(), &b = t.apart();
         const std::string file = t.path("servers.json");
         write_file(file, document({&a}));
         auto run = t.run({.argv = t.sub_command() + Arguments{"--servers", file, "-q", "1"}});
         run->told("subscribed");
         replace(file, document({&a, &b}));
         run->told("list-updated", 5s);
         t.record.check(run->events.count("lost") == 0, "the connection is touched");
         a.server.refuse();
         run->told("failover");
         run->process.signal(SIGTERM);
         run->end();
         t.look_at_servers();
         judge(t.record, {});
       }});
}

std::string tool(const std::string& name) {
  return mqfail::test::bin_dir() + "/" + name;
}

/// mqfail-config changes a stored document on a disk that has no room. The old one stays.
void stored_document(Trial& t, const std::string& how) {
  const std::string home = t.small_disk(256 * 1024);
  const std::map<std::string, std::string> environment{
      {"XDG_CONFIG_HOME", home}, {"XDG_STATE_HOME", t.path("state")}, {"HOME", home}};
  const auto config = [&](const Arguments& words, const std::string& input) {
    auto run = t.run({.argv = Arguments{tool("mqfail-config")} + words,
                      .environment = environment,
                      .stdin_pipe = true});
    run->process.feed(input);
    return run->end();
  };
  const std::string first = "[{\"hostNameOrIpAddress\": \"a\", \"serverId\": \"a\"}]";
  std::string large = "[";
  for (int i = 0; i < 4000; ++i)
    large += std::string(i == 0 ? "" : ",") + "{\"hostNameOrIpAddress\": \"host" +
             std::to_string(i) + "\", \"serverId\": \"s" + std::to_string(i) + "\"}";
  large += "]";
  t.record.check(config({"set", "--component", "X"}, first) == 0, "the first set fails");
  const std::string file = home + "/mqfail/components/X/RedundantServers.json";
  const std::string before = read_file(file);
  t.record.exits.clear();
  if (how == "read-only") {
    if (::mount(nullptr, home.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      throw Skipped("no read-only mount");
  }
  config({"set", "--component", "X"}, large);
  t.record.check(!before.empty() && read_file(file) == before, "the stored document is damaged");
  t.record.check(!std::filesystem::exists(file) ||
                     std::distance(std::filesystem::directory_iterator(
                                       std::filesystem::path(file).parent_path()),
                                   {}) <= 2,
                 "something is left behind");
  judge(t.record, {.exits = {73, 74}});
}

void add_folders_and_disks(Cases& cases) {
  for (const std::string how : {"full", "read-only"})
    cases.push_back({45, "stored-document/disk-" + how, [=](Trial& t) { stored_document(t, how); },
                     how == "full"});
  cases.push_back({45, "spool/read-only", [](Trial& t) {
                     const std::string disk = t.small_disk(1 << 20);
                     if (::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) !=
                         0)
                       throw Skipped("no read-only mount");
                     Scripted& a = t.scripted();
                     auto run = t.pub({"-q", "1", "--spool", disk + "/spool"});
                     run->process.feed(lines_of(1, 10));
                     run->end();
                     t.record.check(a.server.count(What::publish) == 0, "it sends without a spool");
                     judge(t.record, {.exits = {73}});
                   }});
  for (const std::string qos : {"1", "2"})
    cases.push_back({45, "spool/disk-full-q" + qos, [=](Trial& t) {
                       // While the server is away the spool fills; the input waits.
                       const std::string disk = t.small_disk(512 * 1024);
                       Scripted& a = t.scripted();
                       auto run = t.pub({"-q", qos, "--spool", disk + "/spool",
                                         "--max-reconnect-delay", "200ms"});
                       run->told("connected");
                       a.server.refuse();
                       run->told("lost");
                       run->process.feed(lines_of(1, 4000, 500));
                       run->told("stalled");
                       a.server.accept();
                       t.publish_ends(*run, 4000, {.kib = 64 * 1024, .must = {"stalled"}});
                     }});
  cases.push_back({45, "spool/slow-disk", [](Trial& t) {
                     t.scripted();
                     publish_through(t, {.options = {"-q", "1", "--spool", t.path("spool")},
                                         .lines = 3000,
                                         .promise = {.must_not = {"lost"}},
                                         .before = {"strace", "-D", "-f", "-qq", "-o", "/dev/null",
                                                    "-e", "trace=fsync,fdatasync", "-e",
                                                    "inject=fsync,fdatasync:delay_enter=50000"}});
                   }});
  for (const std::string name : {"fsync,fdatasync", "pwrite64"})
    cases.push_back({45, "spool/disk-error-" + name.substr(0, name.find(',')), [=](Trial& t) {
                       // What is not on the disk is not lost: it is left over or still in the pipe.
                       t.scripted();
                       auto run =
                           t.pub({"-q", "1", "--spool", t.path("spool")},
                                 {"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
                                  "trace=" + name, "-e", "inject=" + name + ":error=EIO:when=6+"});
                       run->process.feed(lines_of(1, 3000));
                       const int status = run->end();
                       t.record.check(status != 0 || run->number("exit", "acked") == 3000,
                                      "exit status 0 and lines are missing");
                       t.look_at_servers();
                       judge(t.record, {.exits = {0, 73, 74, 75}});
                     }});
  cases.push_back({45, "undelivered/disk-full", [](Trial& t) {
                     const std::string disk = t.small_disk(8192);
                     t.scripted().server.refuse();
                     auto run = t.pub({"-q", "1", "--undelivered", disk + "/left",
                                       "--startup-timeout", "300ms"});
                     run->process.feed(lines_of(1, 2000));
                     run->end();
                     t.record.check(run->number("exit", "exit") != 0, "exit status 0");
                     judge(t.record, {.exits = {69, 74}});
                   }});
  for (const std::string pub_or_sub : {"pub", "sub"})
    cases.push_back({45, "metrics/disk-full-" + pub_or_sub, [=](Trial& t) {
                       const std::string disk = t.small_disk(8192);
                       write_file(disk + "/filler", std::string(4096, 'x'));
                       const Arguments options{"-q", "1", "--metrics", disk + "/metrics.prom"};
                       t.scripted({.at_publish = 700, .then = Then::refuse});
                       t.scripted();
                       if (pub_or_sub == "pub")
                         publish_through(t, {.options = options});
                       else
                         read_through(t, {.options = options, .after = ""});
                     }});
}

}  // namespace

void add_documents(Cases& cases) {
  add_documents_in_use(cases);
  add_folders_and_disks(cases);
}

}  // namespace faults
