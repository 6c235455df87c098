// SPDX-License-Identifier: Apache-2.0
#include "wiring.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "base/dice.hpp"
#include "base/file.hpp"
#include "base/out_of_memory.h"
#include "base/write.hpp"
#include "certificates/tls_files.hpp"
#include "discovery/discovered.hpp"
#include "discovery/update_sources.hpp"
#include "onlookers.hpp"
#include "policy/transcript.hpp"
#include "session/clock.hpp"
#include "session/loop.hpp"
#include "tool/descriptors.hpp"
#include "tool/exit_status.hpp"
#include "tool/line_writer.hpp"
#include "tool/mosquitto_face.hpp"
#include "tool/sandbox.hpp"
#include "tool/signals.hpp"
#include "transport/paho_transport.hpp"

namespace mqfail {
namespace {

// A core file would contain the passwords.
void keep_secrets_in(const ServerList& servers) {
  const bool any = std::any_of(servers.begin(), servers.end(), [](const Server& server) {
    return server.password || !server.tls.key.empty() || server.tls.psk ||
           !server.tls.thumbprint.empty();
  });
  if (any) prctl(PR_SET_DUMPABLE, 0);
}

void tell_start(Announcer& announcer, const NamedRoster& roster) {
  std::vector<std::string> ids;
  for (const Server& server : roster.servers) ids.push_back(server.id);
  Notice start{.name = NoticeName::start};
  start.more = {{"servers", std::move(ids)}, {"version", std::string(MQFAIL_VERSION)}};
  announcer.announce(start);
}

// Writes each step of the policy as a transcript (--trace). Such a file can be replayed as a test.
class Trace {
 public:
  static Result<Trace> open(const std::string& path, const TranscriptHead& head, TimePoint begin,
                            EventWriter& events) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
      return Error{ErrorKind::cannot_create, "--trace " + path + ": " + std::strerror(errno),
                   "name a file that can be written"};
    }
    Trace trace(fd, begin, path, events);
    trace.lines_->put(transcript_head(head));
    return trace;
  }

  void operator()(const Event& event, TimePoint now, const Actions& actions,
                  const Failover& failover) const {
    std::string text = transcript_line(event, now - begin_) + "\n";
    for (const Action& action : actions)
      text += transcript_line(action, now - begin_, failover) + "\n";
    lines_->put(std::move(text));
    const int failed = lines_->error();
    if (failed != 0 && !std::exchange(*told_, true))
      events_.warn("--trace " + path_ + ": " + std::strerror(failed) + ": steps are missing");
  }
  void drain() const { lines_->drain(); }

 private:
  // A transcript with a hole cannot be replayed. This line prevents that it is read as a complete
  // one.
  Trace(int fd, TimePoint begin, std::string path, EventWriter& events)
      : lines_(std::make_shared<LineWriter>(fd,
                                            [](std::uint64_t dropped) {
                                              return std::to_string(dropped) +
                                                     " steps are missing: nobody read them\n";
                                            })),
        begin_(begin),
        path_(std::move(path)),
        events_(events) {}

  std::shared_ptr<LineWriter> lines_;
  std::shared_ptr<bool> told_ = std::make_shared<bool>(false);  // one for all copies
  TimePoint begin_;
  std::string path_;
  EventWriter& events_;
};

UpdateRequest update_request(const CommonOptions& options, const NamedRoster& roster,
                             const FailoverSettings& failover, std::uint64_t seed) {
  UpdateRequest request{.naming = options.naming,
                        .flags = options.failover,
                        .documents = roster.documents,
                        .discoveries = roster.discoveries,
                        .seed = seed,
                        .tuning = roster.updates,
                        .check = [&options, failover](const ServerList& servers) {
                          return check_servers(servers, failover, options);
                        }};
  request.naming.streams = roster.streams;
  return request;
}

// A list that was read, from the thread of its source to the session.
void bring(Mailbox& mailbox, ListSource source, Result<Reading> reading) {
  if (!reading) return mailbox.bring({.source = source, .servers = reading.error()});
  if (reading->servers) keep_secrets_in(*reading->servers);
  mailbox.bring({.source = source,
                 .servers = reading->servers ? std::move(*reading->servers) : ServerList(),
                 .rebalance = reading->rebalance,
                 .warnings = std::move(reading->warnings)});
}

}  // namespace

Program Program::begin(const char* name, const char* called_as) {
  const TimePoint started = steady_now();
  std::set_new_handler(mqfail_out_of_memory);
  const bool as_mosquitto = called_as != nullptr && !mosquitto_name(called_as).empty();
  if (as_mosquitto) name = mosquitto_name(called_as).data();  // the rest of argv[0]
  if (const auto filled = fill_standard_descriptors(); !filled)
    leave(number(report(name, filled.error())));
  prepare_signals();
  return {name, started, as_mosquitto};
}

int Program::status(int status, std::optional<int> refusal) const {
  return as_mosquitto ? mosquitto_status(status, refusal) : status;
}

namespace {
std::string name_with_dice(const char* prefix) {
  char name[32];
  std::snprintf(name, sizeof name, "%s%016llx", prefix,
                static_cast<unsigned long long>(throw_dice()));
  return name;
}
}  // namespace

EventWriter make_events(const Program& program, const CommonOptions& options) {
  return {options.events,
          options.debug,
          {program.name, name_with_dice("")},
          {[] { return std::chrono::system_clock::now(); }, [] { return steady_now(); }}};
}

Result<NamedRoster> roster_at_start(const CommonOptions& options) {
  // At once: what follows, such as the input of mqfail-pub, may take long.
  const ServerDefaults& given = options.naming.defaults;
  if (given.password || given.tls.psk || !given.tls.key.empty() ||
      options.connect.properties.authentication_data)
    prctl(PR_SET_DUMPABLE, 0);
  auto roster = name_servers(options.naming, options.failover);
  if (!roster) return roster;
  keep_secrets_in(roster->servers);
  if (roster->updates.url.find('@') != std::string::npos) prctl(PR_SET_DUMPABLE, 0);
  if (const auto good = check_tls_files(roster->servers); !good) return good.error();
  return roster;
}

Result<NamedRoster> roster_now(const CommonOptions& options, bool some_suffice) {
  auto roster = roster_at_start(options);
  if (!roster) return roster;
  const UpdateRequest request =
      update_request(options, *roster, with_options(roster->settings, options),
                     options.seed.value_or(throw_dice()));
  roster->origins.resize(roster->servers.size());
  auto found = discover(request);
  if (!found && !(some_suffice && !roster->servers.empty())) return found.error();
  if (!found) {
    roster->warnings.push_back(found.error().message);
    return roster;
  }
  ServerList servers = found->servers.value_or(ServerList());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const bool known =
        std::any_of(roster->servers.begin(), roster->servers.end(),
                    [&](const Server& one) { return same_endpoint(one, servers[i]); });
    if (known) continue;
    roster->servers.push_back(std::move(servers[i]));
    roster->origins.push_back(found->origins[i]);
  }
  std::move(found->warnings.begin(), found->warnings.end(), std::back_inserter(roster->warnings));
  return roster;
}

Error unwritten(int failed) {
  return {ErrorKind::io, std::string("cannot write to standard output: ") + std::strerror(failed),
          ""};
}

int print(const Program& program, const Printout& printout) {
  const int failed = write_all(STDOUT_FILENO, printout.text);
  // --help and --version end with 1 in mosquitto.
  return failed == 0 ? (program.as_mosquitto ? 1 : 0)
                     : number(report(program.name, unwritten(failed)));
}

int run(const Program& program, const CommonOptions& options, NamedRoster roster,
        SessionSettings settings, EventWriter& events,
        const std::function<std::unique_ptr<Work>(Transport&)>& make_work,
        std::vector<std::string> written, std::string_view progress_noun) {
  if (options.sandbox) {
    written.insert(written.end(), {options.trace_file, behind_links(options.metrics_file)});
    std::erase(written, "");
    enter_sandbox(written);
  }
  for (const std::string& warning : roster.warnings) events.warn(warning);

  const std::uint64_t seed = options.seed.value_or(throw_dice());
  const FailoverSettings failover = with_options(roster.settings, options);
  if (const auto fits = check_standby(failover, options); !fits) {
    return number(events.tell(fits.error()));
  }
  if (const auto fits = check_servers(roster.servers, failover, options); !fits) {
    return number(events.tell(fits.error()));
  }
  std::optional<Trace> trace;
  if (!options.trace_file.empty()) {
    auto opened =
        Trace::open(options.trace_file, {failover, roster.servers, seed}, program.started, events);
    if (!opened) return number(events.tell(opened.error()));
    settings.trace = trace.emplace(std::move(*opened));
  }
  if (!options.primary_host.id.empty()) settings.primary_host = options.primary_host;
  const bool nameless = options.as_mosquitto && options.connect.client_id.empty();
  settings.random_id = [nameless] { return nameless ? std::string() : name_with_dice("mqfail-"); };
  settings.run_for = options.time_limit;
  // No file is opened before all descriptors that the options name.
  const auto signals = Signals::block();
  if (!signals) return number(events.tell(signals.error()));
  Onlookers onlookers(program, options, events, progress_noun);

  const auto mailbox = Mailbox::make();
  if (!mailbox) return number(events.tell(mailbox.error()));
  auto updates = UpdateSources::begin(update_request(options, roster, failover, seed),
                                      [&](ListSource source, Result<Reading> reading) {
                                        bring(**mailbox, source, std::move(reading));
                                      });
  if (!updates) return number(events.tell(updates.error()));
  const auto read_again = [&] { (*updates)->again(); };
  if ((*updates)->any()) settings.read_again = read_again;
  onlookers.join(settings, roster.updates.supported && !roster.documents.empty());
  if (roster.updates.supported && !roster.updates.topic.empty()) {
    settings.connect.watched.push_back({.topic = roster.updates.topic});
    settings.heard = [&, topic = roster.updates.topic,
                      other = std::move(settings.heard)](Heard heard) {
      if (heard.topic == topic) {
        (*updates)->heard(heard.too_large ? std::nullopt : std::optional(std::move(heard.payload)));
      } else if (other) {
        other(std::move(heard));
      }
    };
  }
  settings.hangup_ends = [hangup = HangUp::of_process(), managed = onlookers.has_manager(),
                          any = (*updates)->any() || !roster.documents.empty()] {
    return !managed && hangup.ends(any);
  };
  std::optional<DocumentWatch> documents;
  if (!(*updates)->files().empty()) {
    auto watch = DocumentWatch::open((*updates)->files(), program.started);
    if (watch) {
      documents.emplace(std::move(*watch));
    } else {
      events.warn(watch.error().message + "; " + watch.error().hint);
    }
  }
  PahoTransport transport(**mailbox);
  const std::unique_ptr<Work> work = make_work(transport);
  tell_start(events, roster);
  Failover mind(failover, roster.servers, Random(seed));
  roster.servers
      .clear();  // a password that changes stays nowhere: the policy's list is the only one
  Session session(std::move(settings), std::move(mind), transport, **mailbox, *work, events,
                  program.started);
  onlookers.begin(session, *work);
  const int status = run(session, {.mailbox = **mailbox,
                                   .work = *work,
                                   .transport = transport,
                                   .signal_fd = signals->fd(),
                                   .documents = documents ? &*documents : nullptr,
                                   .documents_changed = read_again,
                                   .look = [&](TimePoint now) { return onlookers.look(now); }});
  events.drain();
  if (trace) trace->drain();
  // The process ends without a return from main, because Paho's threads still run and nothing is
  // left to write.
  leave(program.status(status, events.refusal()));
}

void leave(int status) {
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace mqfail
