// SPDX-License-Identifier: Apache-2.0
// The course of one case: its servers, a stranger beside them, the commands under test, what goes
// in and what comes out. Everything is entered in the record.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "faults/record.hpp"
#include "faults/servers.hpp"
#include "rig/authority.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"

namespace faults {

using Arguments = std::vector<std::string>;
using rig::milliseconds;
using namespace std::chrono_literals;

/// This machine cannot run the case.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A command under test. Its memory and descriptors are looked at all the time.
class Running {
 public:
  Running(Record& record, rig::Command command);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  rig::Process process;
  rig::Events events{process};

  /// Waits for the exit and enters it in the record. A command that does not end has broken its
  /// promise; it is killed. -1 then.
  int end(milliseconds patience = 20s);
  /// A promise that the event comes.
  std::optional<rig::Said> told(const std::string& event, milliseconds patience = 10s);
  /// The same with a condition.
  std::optional<rig::Said> told(const std::string& event,
                                const std::function<bool(const rig::Said&)>& pleases,
                                milliseconds patience = 10s);
  /// The last value of a number in an event, -1 if there is none.
  long number(const std::string& event, const std::string& key);

 private:
  void look();
  void look_no_more();
  Record& record_;
  long peak_kib_ = 0;  // of the onlooker, as the next one
  int descriptors_ = 0;
  std::atomic<bool> ended_{false};
  std::thread onlooker_;
};

class Trial {
 public:
  Trial();
  ~Trial();

  Record record;
  const rig::Scratch folder;

  /// Servers of the list, in order.
  Scripted& scripted(rig::Script script = {}, const Over& over = {});
  Real& real(rig::MosquittoSettings settings = {});
  Bare& bare(rig::MosquittoSettings settings = {});
  /// A server that is not in the list of servers().
  Scripted& apart(rig::Script script = {});
  std::vector<Server*> all() const;
  /// -s URI for each.
  Arguments servers() const;

  /// The authority of the trial's TLS servers, a PEM file; and a certificate of it.
  std::string cafile() { return authority().file(); }
  rig::Authority& authority();
  Over tls();

  std::string path(std::string_view name) const { return (folder / name).string(); }

  /// mqfail-pub -l with the servers, topic t, a short keepalive, --undelivered.
  std::unique_ptr<Running> pub(const Arguments& options, const Arguments& before = {});
  /// mqfail-sub -t t with the servers.
  std::unique_ptr<Running> sub(const Arguments& options, const Arguments& before = {});
  /// The command lines of both, without servers.
  Arguments pub_command() const;
  Arguments sub_command() const;
  /// Any command, as it is.
  std::unique_ptr<Running> run(rig::Command command);

  /// Compares what the servers have with the lines 1 to `lines` that went in. `copies`: the servers
  /// that get each line. Returns how many connections carried lines.
  std::size_t settle(std::uint32_t lines, int status, int copies = 1);
  /// The same of the lines that mqfail-sub has printed, on standard output or to a file.
  /// `published`: the last number. `whole`: none may be missing.
  void settle_printed(Running& run, std::uint32_t published, bool whole);
  void settle_printed(Running& run, std::uint32_t published, bool whole,
                      const std::vector<rig::Line>& lines);

  /// settle() and judge(): a window of doubled lines for each change of the connection is allowed.
  void publish_ends(Running& run, std::uint32_t lines, Promise promise = {},
                    milliseconds patience = 20s);

  /// Adds what servers and stranger saw.
  void look_at_servers();
  /// A promise that nobody has connected to the servers of apart().
  void connects_apart();

  /// A rule for packets, in this case's own network. Skips the case if that is not possible.
  void drop(const std::string& rule);
  void pass_all();
  /// The promise that a network or mounts of its own are there.
  void need_network() const;
  void need_mounts() const;
  /// A disk of so many bytes; returns its folder.
  std::string small_disk(std::size_t bytes);

 private:
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::unique_ptr<Scripted>> apart_;
  std::unique_ptr<rig::ScriptedServer> stranger_;
  std::unique_ptr<rig::Authority> authority_;
  std::optional<rig::Issued> issued_;
  rig::Moment first_line_ = rig::Moment::max();  ///< of those that settle() has seen
  int logins_ = 0;
  bool table_ = false;
};

/// Numbered lines to all servers of a trial at the same time.
class Flow {
 public:
  explicit Flow(std::vector<Server*> servers, rig::StreamSettings settings = {});
  ~Flow();
  /// The last number.
  std::uint32_t stop();
  std::uint32_t published() const;

 private:
  void run();
  std::vector<Scripted*> scripted_;
  rig::StreamSettings settings_;
  std::unique_ptr<rig::StreamPublisher> stream_;
  std::atomic<std::uint32_t> published_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Why this process has no network or mounts of its own; empty if it has. enter_room() is called
/// once, before any thread.
void enter_room();

int open_descriptors(pid_t pid);
/// mqtt://127.0.0.1:PORT
std::string uri(std::uint16_t port);
/// The whole lines of a file.
std::vector<rig::Line> lines_in(const std::string& file);
std::string lines_of(std::uint32_t first, std::uint32_t last, std::size_t length = 0);
Arguments operator+(Arguments one, const Arguments& more);

}  // namespace faults
