// SPDX-License-Identifier: Apache-2.0
// The options that only mqfail-sub has, what they need of each other, and its topics.
#include "tool/format.hpp"
#include "tool/setters.hpp"

namespace mqfail {
namespace {

// --standby warm is another word for the failover option `backup`.
Result<Done> set_standby(const Given& given, Draft& draft) {
  if (const auto word = word_index(given); !word) return word.error();
  draft.sub.hot = given.value() == "hot";
  draft.common.failover.options.emplace_back("backup", given.value() == "warm" ? "true" : "false");
  return Done{};
}

Result<Done> set_retained(const Given& given, Draft& draft) {
  if (const auto word = word_index(given); !word) return word.error();
  draft.sub.hold_back_unchanged = given.value() == "changed";
  draft.sub.no_retained = given.value() == "none";
  return Done{};
}

Result<Done> set_retain_handling(const Given& given, Draft& draft) {
  const auto index = word_index(given);
  if (!index) return index.error();
  draft.sub.retain_handling = static_cast<int>(*index % 3);
  return Done{};
}

// Seconds, as the other limits of mosquitto_sub, or a duration with a unit.
Result<Done> set_idle_exit(const Given& given, Draft& draft) {
  const std::string& text = given.value();
  const bool has_unit = !text.empty() && text.back() >= 'a' && text.back() <= 'z';
  const auto time = has_unit ? read_duration(given) : read_seconds(given, false);
  if (!time) return time.error();
  if (*time <= Duration::zero()) return bad_value(given, "a time above 0, as 5 or 500ms");
  draft.sub.idle_exit = *time;
  return Done{};
}

Result<Done> set_format(const Given& given, Draft& draft) {
  draft.sub.format = given.value();
  const auto compiled = MessageFormat::compile(given.value(), {});
  if (compiled) return Done{};
  return Error{ErrorKind::usage, given.flag() + ": " + compiled.error().message,
               compiled.error().hint};
}

Result<Done> set_json(const Given& /*given*/, Draft& draft) {
  draft.sub.format = "%j";
  return Done{};
}

Result<Done> set_host_id(const Given& given, Draft& draft) {
  draft.sub.host_id = given.value();
  return check_host_id(given.flag(), given.value());
}

constexpr unsigned kTool = static_cast<unsigned>(Tool::sub);

using enum OptionGroup;

// Sorted by group; within a group as --help and the manual show it.
constexpr OptionRow kRows[] = {
    {"topic", 't', "FILTER", messages, kTool, filter<&SubOptions::topics>,
     "topic filter to subscribe to; may be repeated"},
    {"qos", 'q', "QOS", messages, kTool, number<&SubOptions::qos, 0, 2>,
     "quality of service to subscribe with: 0, 1 or 2 (default 0)", "", "0 1 2"},
    {"", 'C', "N", messages, kTool, number<&SubOptions::count, 1, INT64_MAX>,
     "exit with 0 after N messages"},
    {"", 'W', "SECONDS", messages, kTool, seconds<&CommonOptions::time_limit, false>,
     "exit with 27 after this time, which includes connecting", "Fractions are allowed."},
    {"idle-exit", 0, "SECONDS", messages, kTool, set_idle_exit,
     "exit with 0 after so long without a message",
     "The time counts while a server is connected, from the last message or the connection. It may "
     "have a unit, as 500ms."},
    {"", 'E', "", messages, kTool, put<&SubOptions::exit_after_subscribe>,
     "exit with 0 as soon as all filters are granted"},
    {"filter-out", 'T', "FILTER", messages, kTool, filter<&SubOptions::filter_out>,
     "drop messages whose topic matches; may be repeated"},
    {"", 'R', "", messages, kTool, put<&SubOptions::no_retained>, "drop retained messages"},
    {"retained-only", 0, "", messages, kTool, put<&SubOptions::retained_only>,
     "print only retained messages; exit at the first message that is not retained",
     "Such a message may come before retained ones of QoS 1 and 2. With --standby hot, the other "
     "servers have one second to send their retained messages "
     "first."},
    {"retain-as-published", 0, "", messages, kTool, mqtt5<put<&SubOptions::retain_as_published>>,
     "keep the retain flag as the publisher set it (MQTT 5)",
     "What is missing among numbered messages that were published with retain is not told then: "
     "the server may have kept only some of them."},
    {"retain-handling", 0, "WORD", messages, kTool, mqtt5<set_retain_handling>,
     "the server sends retained messages always, for new subscriptions or never (MQTT 5)",
     "The numbers of MQTT 5 stand for the words: 0 always, 1 new, 2 never.",
     "always new never 0 1 2"},
    {"no-local", 0, "", messages, kTool, mqtt5<put<&SubOptions::no_local>>,
     "the server does not send what this client id has published (MQTT 5)",
     "It is about publishers with the same client id, such as a session that was kept."},
    {"strict", 0, "", messages, kTool, put<&SubOptions::strict>,
     "do not use a server that grants less than was asked for",
     "Less is a lower quality of service, or a shared subscription ($share) over MQTT 3.1.1, which "
     "a server may grant without delivering anything. Without this option, each such server causes "
     "one warning."},
    {"unsubscribe", 'U', "FILTER", messages, kTool, filter<&SubOptions::unsubscribe>,
     "end a subscription of a kept session (-c) after -t is granted; may be repeated",
     "This happens on each server, at each connection. A filter without a subscription is no "
     "error."},
    {"remove-retained", 0, "", messages, kTool, put<&SubOptions::remove_retained>,
     "remove each retained message that is received from its server",
     "After the message is printed, an empty retained message is published to its topic. See "
     "DELIVERY in mqfail(7)."},
    {"message-rate", 0, "", messages, kTool, not_supported, "count the lines: pipe to pv -l"},
    {"latency", 0, "", messages, kTool, not_supported,
     "mqfail-probe measures the time of a server"},
    {"random-filter", 0, "PERCENT", messages, kTool, not_supported, "filter the output instead"},
    {"standby", 0, "MODE", messages, kTool, set_standby,
     "cold (default): one server at a time; warm: a connection to the next one is kept ready; hot: "
     "all at once, so that the loss of one leaves no gap",
     "See STANDBY in mqfail(7).", "cold warm hot"},
    {"dedupe", 0, "", messages, kTool, put<&SubOptions::dedupe>,
     "print a message once if its publisher has numbered it, if it comes through several servers "
     "or if it matches several filters (default)",
     "The numbers are those of --sequence in mqfail-pub(1). The last 65536 numbers of each of 2048 "
     "publishers are remembered. With a persistent session (-c, -x), a message that a server has "
     "kept is a copy, too, if another server has delivered it. The last 65536 printed messages are "
     "compared. See DELIVERY in mqfail(7)."},
    {"no-dedupe", 0, "", messages, kTool, put<&SubOptions::dedupe, false>,
     "print every message that is received"},
    OptionRow{"publish-state", 0, "", messages, kTool, put<&CommonOptions::publishes_state>,
              "be the Sparkplug host application --host-id: publish its STATE on every server",
              "STATE says online while the server is connected, and offline, as the will of the "
              "connection or by us, when it is not. See SPARKPLUG in mqfail(7)."}
        .not_with("primary-host will-topic will-payload will-qos will-retain",
                  "the will of a host is its STATE, and a host waits for no other"),
    {"host-id", 0, "ID", messages, kTool, set_host_id, "the host id for --publish-state"},
    OptionRow{"sequence-gaps", 0, "", messages, kTool, put<&SubOptions::sequence_gaps>,
              "exit with 75 if numbered messages are still missing at the end"}
        .not_with("retain-as-published",
                  "a message that the server kept looks like a new one then"),
    {"retained", 0, "MODE", messages, kTool, set_retained,
     "retained messages after a new connection: all, only those that have changed (default) or "
     "none (-R)",
     "A message has changed if it differs from the last one that was printed for its topic. With "
     "--retain-as-published all are printed.",
     "all changed none"},
    {"sync", 0, "", messages, kTool, put<&SubOptions::sync>,
     "acknowledge messages only when they are on the disk; standard output must be a file",
     "There is an fdatasync(2) after each batch. Without it, messages are written before they are "
     "acknowledged, but a loss of power may lose the last ones."},

    {"verbose", 'v', "", output, kTool, put<&SubOptions::verbose>,
     "print `topic payload' instead of the payload alone"},
    {"", 'N', "", output, kTool, put<&SubOptions::end_of_line, false>,
     "print no newline after each message"},
    {"", 'F', "FORMAT", output, kTool, set_format, "print each message in FORMAT",
     "See OUTPUT for the sequences of a format."},
    {"json", 0, "", output, kTool, set_json,
     "print each message as a JSON object, the same as -F %j"},
    {"ack-from", 0, "FILE", output, kTool, text<&SubOptions::ack_from, "the path of a FIFO">,
     "acknowledge a message when its number has come back through the FIFO FILE",
     "It goes with --json, which adds the number as \"ack\". mqfail-pub --ack-to writes the "
     "numbers. "
     "A FIFO is made where nothing is. See A PIPELINE THAT LOSES NOTHING in mqfail(7).",
     "FILE"},
    OptionRow{"output", 0, "DIR", output, kTool, text<&SubOptions::output_directory, "a directory">,
              "append the messages of each topic to a file of its own in DIR",
              "The name of a file is the topic; each byte but letters, digits, '-', '_' and '.' "
              "is %XX in it. A file has whole messages only. Messages are acknowledged when they "
              "are written.",
              "DIR"}
        .not_with("ack-from", "there is no pipeline then"),
    {"pretty", 0, "", output, kTool, put<&SubOptions::pretty>,
     "print the JSON of %j and %J over several lines"},
    {"watch", 'w', "", output, kTool, not_supported,
     "print lines with -v, or see the retained messages with --retained-only"},
};

Result<Done> finish_sub(Draft& draft) {
  SubOptions& options = draft.sub;
  options.common = std::move(draft.common);
  if (options.topics.empty() && !names_url(options.common.naming)) {
    return Error{ErrorKind::usage, "no topic to subscribe to",
                 "name one with -t, as in -t 'plant/#'"};
  }
  if (options.common.publishes_state != !options.host_id.empty()) {
    return Error{ErrorKind::usage,
                 options.host_id.empty() ? "--publish-state without a host id"
                                         : "--host-id without --publish-state",
                 "give both: --publish-state --host-id ID"};
  }
  if (!options.ack_from.empty() &&
      (options.format != "%j" || options.pretty || !options.end_of_line)) {
    return Error{ErrorKind::usage, "--ack-from needs lines that have a number",
                 "give --json, without --pretty and -N"};
  }
  if (options.no_retained && options.retained_only) {
    return Error{ErrorKind::usage, "-R and --retained-only leave nothing to print",
                 "give one of them"};
  }
  if (options.no_retained) options.retain_handling = 2;
  if (options.count || options.idle_exit || options.exit_after_subscribe)
    options.common.events.silent_connections = options.hot ? SIZE_MAX : 1;
  return Done{};
}

}  // namespace

std::span<const OptionRow> sub_rows() {
  return kRows;
}

Parsed<SubOptions> parse_sub(int argc, char** argv, const Environment& environment) {
  auto read = read_draft(Tool::sub, argc, argv, environment);
  if (!read) return read.error();
  if (auto* const printout = std::get_if<Printout>(&*read))
    return std::variant<SubOptions, Printout>(std::move(*printout));
  Draft& draft = std::get<Draft>(*read);
  if (auto done = finish_sub(draft); !done) return done.error();
  return std::variant<SubOptions, Printout>(std::move(draft.sub));
}

Result<std::vector<Subscription>> subscriptions(const SubOptions& options,
                                                const std::vector<std::string>& url_topics) {
  std::vector<Subscription> all;
  const auto add = [&](const std::string& filter) {
    all.push_back({filter, options.qos, options.no_local, options.retain_as_published,
                   options.retain_handling});
  };
  for (const std::string& filter : options.topics) add(filter);
  for (const std::string& filter : url_topics) {
    if (auto checked = check_topic_filter("the topic of -L", filter); !checked)
      return checked.error();
    add(filter);
  }
  if (all.empty()) {
    return Error{ErrorKind::usage, "no topic to subscribe to",
                 "name one with -t, as in -t 'plant/#'"};
  }
  return all;
}

}  // namespace mqfail
