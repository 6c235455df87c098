// SPDX-License-Identifier: Apache-2.0
// The options that only mqfail-pub has, what they need of each other, and its topic.
#include "base/text.hpp"
#include "tool/setters.hpp"

namespace mqfail {
namespace {

Result<Done> set_topic(const Given& given, Draft& draft) {
  draft.pub.topic = given.value();
  return check_topic_name(given.flag(), given.value());
}

Result<Done> set_announce(const Given& given, Draft& draft) {
  draft.pub.announce = given.value();
  return check_topic_name(given.flag(), given.value());
}

// Where the message comes from. -m and -f have a value.
template <PubSource source, auto... member>
Result<Done> send(const Given& given, Draft& draft) {
  draft.source = source;
  ((setting<member>(draft) = given.value()), ...);
  return Done{};
}

Result<Done> set_wait_reply(const Given& given, Draft& draft) {
  const auto time = read_seconds(given, false);
  if (!time) return time.error();
  draft.pub.wait_reply = true;
  draft.common.time_limit = *time;
  return Done{};
}

Result<Done> set_json(const Given& /*given*/, Draft& draft) {
  draft.source = PubSource::stdin_line;
  draft.pub.json = true;
  return Done{};
}

// --standby warm is another word for the failover option `backup`.
Result<Done> set_standby(const Given& given, Draft& draft) {
  if (const auto word = word_index(given); !word) return word.error();
  draft.common.failover.options.emplace_back("backup", given.value() == "warm" ? "true" : "false");
  return Done{};
}

constexpr unsigned kTool = static_cast<unsigned>(Tool::pub);

using enum OptionGroup;

// Sorted by group; within a group as --help and the manual show it.
constexpr OptionRow kRows[] = {
    {"topic", 't', "TOPIC", messages, kTool, set_topic, "topic to publish to"},
    {"qos", 'q', "QOS", messages, kTool, number<&PubOptions::qos, 0, 2>,
     "quality of service of the messages: 0, 1 or 2 (default 0)",
     "Only messages with 1 or 2 survive the loss of a server.", "0 1 2"},
    OptionRow{"message", 'm', "TEXT", messages, kTool,
              send<PubSource::message, &PubOptions::message>, "the message"}
        .in(Family::message)
        .not_with("message file stdin-file stdin-line null-message",
                  "only one kind of message can be sent at once"),
    OptionRow{"file", 'f', "FILE", messages, kTool, send<PubSource::file, &PubOptions::file>,
              "the message is the content of FILE, - for standard input", "", "FILE"}
        .in(Family::message)
        .not_with("message file stdin-file stdin-line null-message",
                  "only one kind of message can be sent at once"),
    OptionRow{"stdin-file", 's', "", messages, kTool, send<PubSource::stdin_file>,
              "the message is all of standard input",
              "If standard input is empty, nothing is published and the exit status is 66, because "
              "an empty message would delete a retained one."}
        .in(Family::message)
        .not_with("message file stdin-line null-message",
                  "only one kind of message can be sent at once"),
    OptionRow{"stdin-line", 'l', "", messages, kTool, send<PubSource::stdin_line>,
              "a message for each line of standard input",
              "An empty line is an empty message. Input is read only as fast as messages are "
              "acknowledged."}
        .in(Family::message)
        .not_with("message file stdin-file null-message",
                  "only one kind of message can be sent at once"),
    OptionRow{"null", '0', "", messages, kTool, put<&PubOptions::split_at_null>,
              "with -l, messages end at NUL instead of newline"}
        .in(Family::message)
        .not_with("message file stdin-file null-message", "-0 goes with -l"),
    OptionRow{"json", 0, "", messages, kTool, set_json,
              "each line is a JSON object, as mqfail-sub --json prints it", "See JSON."}
        .in(Family::message)
        .not_with("message file stdin-file null-message topic-separator",
                  "only one kind of message can be sent at once"),
    OptionRow{"topic-separator", 0, "TEXT", messages, kTool,
              text<&PubOptions::topic_separator, "a text of 1 to 64 bytes", 64>,
              "with -l, each line is a topic, TEXT and the message",
              "The first TEXT in the line divides. A line without it has failed."}
        .not_with("topic json message file stdin-file null-message", "the topics are in the lines"),
    OptionRow{"null-message", 'n', "", messages, kTool, send<PubSource::null_message>,
              "an empty message"}
        .in(Family::message)
        .not_with("message file stdin-file stdin-line",
                  "only one kind of message can be sent at once"),
    OptionRow{"announce", 0, "TOPIC", messages, kTool, set_announce,
              "publish the list of servers itself to TOPIC, to all servers at once",
              "There is no other message. See ANNOUNCING."}
        .not_with("topic message file stdin-file stdin-line null null-message retain repeat "
                  "repeat-delay standby acks spool sequence undelivered",
                  "the list of servers is the only message then, retained and with QoS 1"),
    {"retain", 'r', "", messages, kTool, put<&PubOptions::retain>,
     "the server keeps the message for later subscribers"},
    OptionRow{
        "wait-reply", 0, "SECONDS", messages, kTool, mqtt5<set_wait_reply>,
        "print the first reply to the message, waiting for SECONDS at most (MQTT 5)",
        "The message names a response topic and correlation data; those of -D, or new ones. A "
        "message with other correlation data is not the reply. "
        "If the server is lost before the reply has come, the next one gets the message, "
        "once. When the time is over, the exit status is 27."}
        .not_with("stdin-line json null null-message repeat announce spool acks retain",
                  "a request is one message"),
    {"repeat", 0, "N", messages, kTool, number<&PubOptions::repeat, 1, INT64_MAX>,
     "publish the message N times, not with -l"},
    {"repeat-delay", 0, "SECONDS", messages, kTool, seconds<&PubOptions::repeat_delay, true>,
     "pause between repetitions (default 0)"},
    {"standby", 0, "MODE", messages, kTool, set_standby,
     "cold (default): one server at a time; warm: a connection to the next one is kept ready",
     "See STANDBY in mqfail(7).", "cold warm"},
    {"window", 0, "N", messages, kTool, number<&PubOptions::window, 1, kLargestWindow>,
     "most unacknowledged messages at a time, 1 to 60000 (default 100)",
     "The server's Receive Maximum may allow fewer. --max-cache-size limits their bytes."},
    {"", 'M', "N", messages, kTool, number<&PubOptions::window, 1, kLargestWindow>,
     "mosquitto's name for --window"},
    {"drain-timeout", 0, "TIME", messages, kTool, duration<&PubOptions::drain_timeout>,
     "longest wait for acknowledgements at the end of input or after a signal (default 10s)"},
    {"undelivered", 0, "FILE", messages, kTool, text<&PubOptions::undelivered_file, "a file">,
     "write messages that were not acknowledged to FILE, in the form of the input",
     "The file is byte-exact and can be used as input. It has lines for -l, and records that end "
     "with NUL for -l -0. For -m, -f, -s and -n it has the bytes of the message, for -f.",
     "FILE"},
    {"ack-to", 0, "FILE", messages, kTool, text<&PubOptions::ack_to, "the path of a FIFO">,
     "tell through the FIFO FILE how far the lines are delivered",
     "A FIFO is made where nothing is. See A PIPELINE THAT LOSES NOTHING in mqfail(7).", "FILE"},
    {"allow-loss", 0, "", messages, kTool, put<&PubOptions::allow_loss>,
     "exit with 0 although QoS 0 messages were dropped"},
    {"spool", 0, "DIR", messages, kTool, text<&PubOptions::spool_directory, "a directory">,
     "keep the messages in DIR until a server has them; the next run sends what is left",
     "See SPOOL.", "DIR"},
    {"sequence", 0, "", messages, kTool, mqtt5<put<&PubOptions::sequence>>,
     "number the messages, so that mqfail-sub prints each once and sees which are missing (MQTT 5)",
     "The user properties mqfail-id (new for each run) and mqfail-seq (1, 2, 3, ...) carry the "
     "numbers. A message that fails keeps its number, so that it is seen to be missing. A server "
     "that does not support MQTT 5 is not used."},
    {"acks", 0, "N", messages, kTool, number<&PubOptions::acks, 1, 65535>,
     "publish to N servers at once; a message counts when N servers have acknowledged it",
     "This needs -q 1 or 2. While fewer servers are connected, messages wait, and an event says "
     "so. A server that has acknowledged a message does not get it again."},
};

Result<Done> finish_pub(Draft& draft) {
  PubOptions& options = draft.pub;
  options.common = std::move(draft.common);
  if (options.announce && !options.common.metrics_file.empty()) {
    return Error{ErrorKind::usage, "--announce and --metrics exclude each other",
                 "a run that announces its servers is over at once"};
  }
  if (options.announce) return Done{};
  const bool names_topics = options.json || !options.topic_separator.empty();
  if (!options.topic && !names_url(options.common.naming) && !names_topics) {
    return Error{ErrorKind::usage, "no topic to publish to", "name it with -t"};
  }
  if (!draft.source && !options.split_at_null) {
    return Error{ErrorKind::usage, "no message", "give one of -m TEXT, -f FILE, -s, -l and -n"};
  }
  options.source = draft.source.value_or(PubSource::stdin_line);
  if (options.source != PubSource::stdin_line)
    options.common.events.silent_connections = options.acks;
  const bool has_lines = options.source == PubSource::stdin_line;
  if (!options.topic_separator.empty() && !has_lines)
    return Error{ErrorKind::usage, "--topic-separator divides lines", "give -l"};
  if (!options.ack_to.empty() && !has_lines)
    return Error{ErrorKind::usage, "--ack-to tells of lines", "give -l or --json"};
  if (!options.ack_to.empty() && !options.spool_directory.empty()) {
    return Error{ErrorKind::usage, "--ack-to and --spool exclude each other",
                 "a spool keeps the messages itself; give one of them"};
  }
  if (!options.spool_directory.empty() && options.qos == 0) {
    return Error{ErrorKind::usage, "--spool needs acknowledgements", "give -q 1 or -q 2"};
  }
  if (options.acks > 1 && options.qos == 0) {
    return Error{ErrorKind::usage, "--acks needs acknowledgements", "give -q 1 or -q 2"};
  }
  if (options.repeat > 1 && options.source == PubSource::stdin_line) {
    return Error{ErrorKind::usage, "--repeat and -l exclude each other",
                 "repeat the input instead"};
  }
  return Done{};
}

}  // namespace

std::span<const OptionRow> pub_rows() {
  return kRows;
}

Parsed<PubOptions> parse_pub(int argc, char** argv, const Environment& environment) {
  auto read = read_draft(Tool::pub, argc, argv, environment);
  if (!read) return read.error();
  if (auto* const printout = std::get_if<Printout>(&*read))
    return std::variant<PubOptions, Printout>(std::move(*printout));
  Draft& draft = std::get<Draft>(*read);
  if (auto done = finish_pub(draft); !done) return done.error();
  return std::variant<PubOptions, Printout>(std::move(draft.pub));
}

Result<std::string> publish_topic(const PubOptions& options,
                                  const std::vector<std::string>& url_topics) {
  std::string topic = options.topic.value_or(url_topics.empty() ? "" : url_topics.front());
  for (const std::string& other : url_topics) {
    if (other != topic) {
      return Error{ErrorKind::usage,
                   "two topics to publish to: '" + printable(topic, 64) + "' and '" +
                       printable(other, 64) + "'",
                   "give the same in -t and in every -L"};
    }
  }
  if (topic.empty() && !options.topic) return topic;  // the lines name topics
  if (auto checked = check_topic_name(options.topic ? "-t" : "the topic of -L", topic); !checked) {
    return checked.error();
  }
  return topic;
}

}  // namespace mqfail
