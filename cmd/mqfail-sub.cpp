// SPDX-License-Identifier: Apache-2.0
// mqfail-sub: prints the messages of a server that is alive. This file only connects the parts:
// options, roster, session, exit status.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include "base/dice.hpp"
#include "base/text.hpp"
#include "subscribe/output.hpp"
#include "subscribe/redelivered.hpp"
#include "subscribe/subscriber.hpp"
#include "subscribe/topic_files.hpp"
#include "tool/descriptors.hpp"
#include "tool/exit_status.hpp"
#include "tool/format.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

// How many messages of QoS 1 and 2 may be under way from the server. Paho searches inbound QoS 2
// messages one by one, so this is bounded. With -C it is at most the number of messages to print.
constexpr std::uint64_t kReceiveMaximum = Redelivered::kUnderWay;

Result<MessageFormat> make_format(const SubOptions& options) {
  const bool terminal = options.output_directory.empty() && isatty(STDOUT_FILENO) == 1;
  const FormatOptions format{options.end_of_line, options.pretty, terminal};
  if (options.format) return MessageFormat::compile(*options.format, format);
  return options.verbose ? MessageFormat::verbose(format) : MessageFormat::payload(format);
}

NoveltySettings make_novelty(const SubOptions& options) {
  NoveltySettings novelty;
  novelty.several_servers = options.hot && options.dedupe;
  novelty.kept_sessions = !options.hot && options.dedupe && options.common.connect.keeps_session();
  novelty.retain_as_published = options.retain_as_published;
  // A server that is silent for one and a half keepalives is lost, so no living server is later
  // than this.
  novelty.window = options.common.connect.keepalive * 2;
  novelty.hold_back_unchanged = options.hold_back_unchanged && !options.retain_as_published;
  novelty.removes = options.remove_retained;
  novelty.numbers = options.dedupe;
  novelty.key = {throw_dice(), throw_dice()};
  return novelty;
}

SubscriberSettings make_settings(const SubOptions& options, const MessageFormat& format,
                                 EventWriter& events) {
  SubscriberSettings settings;
  settings.format = [&format, &events](const Message& message, const std::string& server_id,
                                       std::uint64_t epoch, std::string& out) {
    if (!format.append(message, {server_id, epoch, std::chrono::system_clock::now()}, out)) {
      events.warn("the payload on topic " + printable(message.topic) + " is " + format.misfit());
    }
  };
  if (const auto end = format.end_of_plain_payload()) settings.end_of_plain_payload = *end;
  settings.count = options.count;
  settings.no_retained = options.no_retained;
  settings.retained_only = options.retained_only;
  settings.idle_exit = options.idle_exit;
  settings.until_subscribed = options.exit_after_subscribe;
  settings.filter_out = options.filter_out;
  settings.remove_retained = options.remove_retained;
  settings.sequence_gaps = options.sequence_gaps;
  settings.keepalive = options.common.connect.keepalive;
  settings.strict = options.strict;
  settings.novelty = make_novelty(options);
  return settings;
}

Result<Done> check_output(const SubOptions& options) {
  if (!options.output_directory.empty()) return Done{};
  if (!options.exit_after_subscribe && !is_open_for(STDOUT_FILENO, Direction::writing)) {
    return Error{ErrorKind::io, "standard output is not open for writing",
                 "messages go there: leave out >&-"};
  }
  if (!options.sync || fdatasync(STDOUT_FILENO) == 0) return Done{};
  return Error{ErrorKind::usage, std::string("--sync: standard output: ") + std::strerror(errno),
               "it must be a file on a disk"};
}

Result<std::unique_ptr<Sink>> make_output(const SubOptions& options) {
  if (options.output_directory.empty())
    return std::unique_ptr<Sink>(std::make_unique<Output>(STDOUT_FILENO, options.sync));
  auto files = TopicFiles::open(options.output_directory, options.sync);
  if (!files) return files.error();
  return std::unique_ptr<Sink>(std::make_unique<TopicFiles>(std::move(*files)));
}

// Microseconds since 1970 as the base: no run gives the numbers of an earlier one, and every JSON
// parser keeps them exact.
Result<std::unique_ptr<AckFrom>> make_ack_from(const SubOptions& options, EventWriter& events) {
  if (options.ack_from.empty()) return std::unique_ptr<AckFrom>();
  auto fifo = Fifo::open("--ack-from", options.ack_from, Fifo::End::reading);
  if (!fifo) return fifo.error();
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto base = std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
  return std::make_unique<AckFrom>(std::move(*fifo), static_cast<std::uint64_t>(base),
                                   options.common.connect.keepalive, events);
}

int work(const Program& program, int argc, char** argv) {
  auto parsed = parse_sub(argc, argv, Environment::of_process(program.name));
  if (!parsed) return number(report(program.name, parsed.error()));
  if (const auto* const printout = std::get_if<Printout>(&*parsed))
    return print(program, *printout);
  const SubOptions options = std::move(std::get<SubOptions>(*parsed));
  EventWriter events = make_events(program, options.common);
  events.speak_without_memory();

  auto roster = roster_at_start(options.common);
  if (!roster) return number(events.tell(roster.error()));
  if (options.hot) roster->settings.width = 0;
  auto filters = subscriptions(options, roster->topics);
  if (!filters) return number(events.tell(filters.error()));
  const auto format = make_format(options);
  if (!format) return number(events.tell(format.error()));

  if (auto done = check_output(options); !done) return number(events.tell(done.error()));
  const auto output = make_output(options);
  if (!output) return number(events.tell(output.error()));
  auto ack_from = make_ack_from(options, events);
  if (!ack_from) return number(events.tell(ack_from.error()));

  SessionSettings settings;
  settings.connect = options.common.connect;
  settings.connect.subscriptions = std::move(*filters);
  // A message that comes twice shows by our identifiers, unless the user has one for all filters.
  const bool own_identifier = settings.connect.subscribe.subscription_id != 0;
  if (options.dedupe && !own_identifier) set_apart(settings.connect.subscriptions);
  settings.connect.unsubscriptions = options.unsubscribe;
  auto& receive_maximum = settings.connect.properties.receive_maximum;
  receive_maximum = static_cast<std::uint16_t>(
      std::min({static_cast<std::uint64_t>(receive_maximum.value_or(kReceiveMaximum)),
                options.count.value_or(kReceiveMaximum)}));
  const std::size_t window = *receive_maximum;
  if (options.common.publishes_state) {
    settings.host = {options.host_id, options.common.primary_host.version, [] {
                       return std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                           .count();
                     }};
  }
  // The end of stream of the server shows that it has the last acknowledgements.
  settings.leave_patience = std::chrono::milliseconds(500);
  SubscriberSettings work = make_settings(options, *format, events);
  work.subscriptions = settings.connect.subscriptions;
  if (!options.common.connect.keeps_session()) work.window = window;
  work.stale_timeout = roster->subscribe.stale_timeout;
  return run(program, options.common, std::move(*roster), std::move(settings), events,
             [&](Transport& transport) {
               return std::make_unique<Subscriber>(std::move(work), transport, events, **output,
                                                   std::move(*ack_from));
             },
             {options.output_directory, options.ack_from});
}

int main(int argc, char** argv) {
  const Program program = Program::begin("mqfail-sub", argc > 0 ? argv[0] : nullptr);
  return program.status(work(program, argc, argv));
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  mqfail::leave(mqfail::main(argc, argv));
}
