// SPDX-License-Identifier: Apache-2.0
// mqfail-pub: exit 0 means that a server has every message. This file only connects the parts:
// options, roster, session, exit status.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "announce.hpp"
#include "base/dice.hpp"
#include "base/write.hpp"
#include "publish/json_record.hpp"
#include "publish/publisher.hpp"
#include "publish/request_source.hpp"
#include "publish/spooled_source.hpp"
#include "tool/descriptors.hpp"
#include "tool/exit_status.hpp"
#include "tool/format.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

Result<std::string> read_whole(int fd, const std::string& name) {
  std::string payload;
  std::string block(65536, '\0');
  while (true) {
    const ssize_t got = read(fd, block.data(), block.size());
    if (got == 0) return payload;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::no_input, name + ": " + std::strerror(errno), ""};
    payload.append(block, 0, static_cast<std::size_t>(got));
    if (payload.size() > kLargestPayload) {
      return Error{ErrorKind::data, name + " is larger than a message can be (268,435,455 bytes)",
                   "send it in pieces, for instance with -l"};
    }
  }
}

// An empty message deletes a retained message. So no input at all is an error of the program that
// should have written it (product.md, section 3). An empty regular file is a message, as in
// mosquitto_pub.
Result<std::string> read_stream(int fd, const std::string& name) {
  auto payload = read_whole(fd, name);
  if (!payload || !payload->empty()) return payload;
  return Error{ErrorKind::no_input, name + " is empty, so nothing is published",
               "give -n to publish an empty message"};
}

bool is_stream(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return read_stream(STDIN_FILENO, "standard input");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return Error{ErrorKind::no_input, "-f " + path + ": " + std::strerror(errno),
                 "name a file that can be read"};
  }
  auto payload = is_stream(fd) ? read_stream(fd, "-f " + path) : read_whole(fd, "-f " + path);
  close(fd);
  return payload;
}

Result<std::unique_ptr<Source>> make_source(const PubOptions& options) {
  if (options.source == PubSource::stdin_line) {
    if (!is_open_for(STDIN_FILENO, Direction::reading)) {
      return Error{ErrorKind::no_input, "standard input is not open for reading",
                   "-l reads messages from it"};
    }
    // With a spool, a line leaves the input when it is on the disk.
    auto peek = options.spool_directory.empty() ? nullptr : Peek::of(STDIN_FILENO);
    return std::unique_ptr<Source>(std::make_unique<LineSource>(
        STDIN_FILENO, options.split_at_null ? '\0' : '\n', std::move(peek)));
  }
  Result<std::string> payload = options.message;
  if (options.source == PubSource::file) payload = read_file(options.file);
  if (options.source == PubSource::stdin_file)
    payload = read_stream(STDIN_FILENO, "standard input");
  if (options.source == PubSource::null_message) payload = std::string();
  if (!payload) return payload.error();
  if (options.wait_reply)
    return std::unique_ptr<Source>(std::make_unique<RequestSource>(std::move(*payload)));
  return std::unique_ptr<Source>(
      std::make_unique<RepeatSource>(std::move(*payload), options.repeat, options.repeat_delay));
}

std::shared_ptr<RecordForm> make_form(const PubOptions& options) {
  if (options.json) return std::make_shared<JsonRecord>();
  if (options.topic_separator.empty()) return nullptr;
  return std::make_shared<TopicRecord>(options.topic_separator);
}

Result<std::unique_ptr<AckTo>> make_ack_to(const PubOptions& options, EventWriter& events) {
  if (options.ack_to.empty()) return std::unique_ptr<AckTo>();
  auto fifo = Fifo::open("--ack-to", options.ack_to, Fifo::End::writing);
  if (!fifo) return fifo.error();
  return std::make_unique<AckTo>(std::move(*fifo), !options.json, events);
}

// It is opened before anything is read, so a path that cannot be written loses nothing; and it is
// not emptied yet, because what an earlier run left there may still be needed.
Result<int> open_undelivered(const PubOptions& options) {
  const std::string& path = options.undelivered_file;
  if (path.empty()) return -1;
  struct stat input {};
  struct stat there {};
  const bool from_file = options.source == PubSource::file && options.file != "-";
  const int found = from_file ? stat(options.file.c_str(), &input) : fstat(STDIN_FILENO, &input);
  if (found == 0 && stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode) &&
      input.st_dev == there.st_dev && input.st_ino == there.st_ino) {
    return Error{ErrorKind::usage,
                 "--undelivered " + path + " is also " +
                     (from_file ? "the file of -f" : "standard input") + " and would be emptied",
                 "name another file"};
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) {
    return Error{ErrorKind::cannot_create, "--undelivered " + path + ": " + std::strerror(errno),
                 "name a file that can be written"};
  }
  return fd;
}

// Only a regular file has an end that can be moved.
Result<Done> empty_undelivered(const PubOptions& options, int fd) {
  if (fd < 0 || ftruncate(fd, 0) == 0 || errno == EINVAL) return Done{};
  return Error{ErrorKind::cannot_create,
               "--undelivered " + options.undelivered_file + ": " + std::strerror(errno),
               "name a file that can be written"};
}

// The 128 bits that identify the numbers of this publisher.
std::string throw_publisher_id() {
  char digits[33];
  std::snprintf(digits, sizeof digits, "%016llx%016llx",
                static_cast<unsigned long long>(throw_dice()),
                static_cast<unsigned long long>(throw_dice()));
  return digits;
}

// --wait-reply: hears the topic of the reply, and prints the first message there.
void await_reply(RequestSource& request, PublisherSettings& publisher, SessionSettings& settings) {
  publisher.request = true;
  MessageProperties& properties = publisher.properties;
  if (!properties.response_topic)
    properties.response_topic = "mqfail/reply/" + throw_publisher_id();
  if (!properties.correlation_data) properties.correlation_data = throw_publisher_id();
  settings.connect.watched.push_back({.topic = *properties.response_topic, .needed = true});
  settings.heard = [&request, topic = *properties.response_topic,
                    correlation = *properties.correlation_data](const Heard& heard) {
    if (heard.topic != topic || heard.retained) return;
    // That of another request. A responder may leave it out, although it should not.
    if (heard.correlation && *heard.correlation != correlation) return;
    if (!request.replied()) return;
    if (heard.too_large) return request.not_printed("the reply is larger than 1 MiB");
    std::string text;
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    MessageFormat::payload({.escape_for_terminal = terminal})
        .append({.topic = heard.topic, .payload = heard.payload}, {}, text);
    if (const int error = write_unless_ended(STDOUT_FILENO, text); error != 0)
      request.not_printed(std::string("the reply could not be printed: ") + std::strerror(error));
  };
}

// Two names of one endpoint are one server, and the nodes of one cluster count once.
std::size_t different_servers(const ServerList& servers) {
  std::set<std::string> different;
  for (const Server& server : servers) {
    different.insert(server.cluster.empty() ? endpoint_key(server) : "cluster " + server.cluster);
  }
  return different.size();
}

Result<Done> check_acks(std::size_t acks, const ServerList& servers) {
  const std::size_t different = different_servers(servers);
  if (acks <= different) return Done{};
  return Error{ErrorKind::usage,
               "--acks " + std::to_string(acks) + " needs as many servers, and there are " +
                   std::to_string(different) + " (a cluster counts once)",
               "name more servers or ask for fewer acknowledgements"};
}

// What the progress line counts. A terminal on which somebody types the lines is left alone, and
// mosquitto has no such line.
std::string_view progress_noun(const PubOptions& options) {
  if (options.common.as_mosquitto) return "";
  if (options.source == PubSource::file) return "message";
  return options.source == PubSource::stdin_line && isatty(STDIN_FILENO) == 0 ? "line" : "";
}

int work(const Program& program, int argc, char** argv) {
  auto parsed = parse_pub(argc, argv, Environment::of_process(program.name));
  if (!parsed) return number(report(program.name, parsed.error()));
  if (const auto* const printout = std::get_if<Printout>(&*parsed))
    return print(program, *printout);
  const PubOptions options = std::move(std::get<PubOptions>(*parsed));
  EventWriter events = make_events(program, options.common);
  events.speak_without_memory();

  if (options.announce) return announce(program, options, events);
  auto roster = roster_at_start(options.common);
  if (!roster) return number(events.tell(roster.error()));
  const bool finds_more = !roster->discoveries.empty();
  if (auto enough = check_acks(options.acks, roster->servers); !enough && !finds_more) {
    return number(events.tell(enough.error()));
  }
  roster->settings.width = options.acks;
  roster->settings.publishes = true;
  const auto topic = publish_topic(options, roster->topics);
  if (!topic) return number(events.tell(topic.error()));
  if (options.wait_reply && options.properties.response_topic == *topic) {
    return number(events.tell(
        {ErrorKind::usage, "the response topic is that of the request, which would be the reply",
         "name another one with -D publish response-topic"}));
  }
  const auto undelivered = open_undelivered(options);
  if (!undelivered) return number(events.tell(undelivered.error()));
  const bool spools = !options.spool_directory.empty();
  std::string publisher_id = spools || options.sequence ? throw_publisher_id() : std::string();
  std::unique_ptr<Spool> spool;
  if (spools) {
    // The records of a form can be read by the same form only.
    const std::string what = options.json ? "(--json) " + *topic
                             : options.topic_separator.empty()
                                 ? *topic
                                 : "(--topic-separator) " + options.topic_separator;
    auto opened = Spool::open(options.spool_directory, what, publisher_id);
    if (!opened) return number(events.tell(opened.error()));
    spool = std::move(*opened);
    publisher_id = spool->publisher_id();
  }
  auto source = make_source(options);
  if (!source) return number(events.tell(source.error()));
  if (spool) {
    source = std::unique_ptr<Source>(
        std::make_unique<SpooledSource>(std::move(*source), std::move(spool), events));
  }

  SessionSettings settings;
  settings.connect = options.common.connect;
  auto ack_to = make_ack_to(options, events);
  if (!ack_to) return number(events.tell(ack_to.error()));

  PublisherSettings publisher;
  publisher.form = make_form(options);
  publisher.mixed = options.json;
  publisher.topic = *topic;
  publisher.qos = options.qos;
  publisher.retain = options.retain;
  publisher.properties = options.properties;
  if (options.sequence) publisher.publisher_id = publisher_id;
  publisher.window = options.window;
  publisher.max_cache_bytes = roster->publish.max_cache_bytes;
  publisher.drain_timeout = options.drain_timeout;
  const FailoverSettings bounds = with_options(roster->settings, options.common);
  publisher.waits_for_first_server = bounds.bounded || bounds.startup_timeout.has_value();
  publisher.servers = finds_more ? SIZE_MAX : roster->servers.size();
  publisher.single = options.source != PubSource::stdin_line && options.repeat == 1;
  publisher.ack_timeout = roster->publish.ack_timeout;
  publisher.timeout = roster->publish.timeout;
  publisher.allow_loss = options.allow_loss;
  publisher.acks = options.acks;
  publisher.undelivered_fd = *undelivered;
  publisher.delimited = options.source == PubSource::stdin_line;
  publisher.delimiter = options.split_at_null ? '\0' : '\n';
  if (options.wait_reply) {
    await_reply(static_cast<RequestSource&>(**source), publisher, settings);
  }
  return run(
      program, options.common, std::move(*roster), std::move(settings), events,
      [&](Transport& transport) {
        if (auto empty = empty_undelivered(options, *undelivered); !empty)
          events.warn(empty.error().message);
        return std::make_unique<Publisher>(std::move(publisher), std::move(*source), transport,
                                           events, std::move(*ack_to));
      },
      {options.spool_directory, options.ack_to}, progress_noun(options));
}

int main(int argc, char** argv) {
  const Program program = Program::begin("mqfail-pub", argc > 0 ? argv[0] : nullptr);
  return program.status(work(program, argc, argv));
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  mqfail::leave(mqfail::main(argc, argv));
}
