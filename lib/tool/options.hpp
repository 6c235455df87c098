// SPDX-License-Identifier: Apache-2.0
// What the command line, the options files and the environment ask for, as plain values. Nothing is
// connected, resolved or opened here (but password and options files); naming servers is
// lib/config's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "config/naming/naming.hpp"
#include "policy/settings.hpp"
#include "probe/format.hpp"
#include "probe/limits.hpp"
#include "session/host_gate.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// The environment that options depend on, as values that a test can choose.
struct Environment {
  std::optional<std::string> servers;          ///< $MQFAIL_SERVERS
  std::optional<std::string> xdg_config_home;  ///< $XDG_CONFIG_HOME
  std::optional<std::string> home;             ///< $HOME
  KeySource key;                               ///< its two directories
  CertificateSearch certificates;              ///< $MQFAIL_CERT_DIR and $HOME
  long pid = 0;                                ///< ends the client id of -I
  std::uint64_t dice = 0;                      ///< makes the client id if none is given
  bool as_mosquitto = false;                   ///< called by mosquitto's name (mosquitto_face.hpp)

  /// `called_as`: argv[0].
  static Environment of_process(std::string_view called_as = {});
  std::string config_home() const;  ///< $XDG_CONFIG_HOME, else ~/.config; empty: none
};

enum class EventFormat { human, json, logfmt, none };

/// --events, --events-fd, --quiet. With a copy, stderr stays human.
struct EventChoice {
  EventFormat on_stderr = EventFormat::human;
  std::optional<int> copy_fd;
  EventFormat copy = EventFormat::json;
  bool quiet = false;  ///< nothing on stderr but usage and configuration errors
  /// Errors in mosquitto's words (mosquitto_face.hpp); the other events only with -d.
  bool as_mosquitto = false;
  /// A run of one message or file: people are not told that the first so many servers that are
  /// tried are connected, as long as there is no trouble.
  std::size_t silent_connections = 0;
  friend bool operator==(const EventChoice&, const EventChoice&) = default;
};

struct CommonOptions {
  NamingRequest naming;
  FailoverFlags failover;  ///< also --timeout, --ack-timeout and --max-cache-size of pub
  /// Client id (never empty), clean session, keepalive, will and CONNECT properties. The
  /// subscriptions are left to subscriptions(), because -L may bring topics.
  ConnectSettings connect;
  bool client_id_given = false;        ///< -i or -I; else it is made of dice
  std::optional<Protocol> protocol;    ///< -V
  bool needs_mqtt5 = false;            ///< some option means nothing before MQTT 5
  std::optional<Duration> time_limit;  ///< -W: bounds the whole run, connecting included
  /// --primary-host, --state-version and --state-timeout; without an id there is none.
  PrimaryHostSettings primary_host;
  bool publishes_state = false;  ///< --publish-state: each connection has a will of its own
  bool once = false;             ///< --once
  bool as_mosquitto = false;     ///< Environment::as_mosquitto
  bool debug = false;            ///< -d: more detail in human events
  EventChoice events;
  std::optional<std::uint64_t> seed;  ///< --seed
  std::string trace_file;             ///< --trace; empty: none
  std::string metrics_file;           ///< --metrics; empty: none
  bool sandbox = true;                ///< false: --no-sandbox
  friend bool operator==(const CommonOptions&, const CommonOptions&) = default;
};

struct SubOptions {
  CommonOptions common;
  std::vector<std::string> topics;  ///< -t; those of -L come with the roster
  int qos = 0;
  bool no_local = false;  ///< --no-local
  bool retain_as_published = false;
  int retain_handling = 0;             ///< 2 with -R
  bool verbose = false;                ///< -v; a format wins over it
  bool end_of_line = true;             ///< false: -N
  bool pretty = false;                 ///< --pretty, for %j and %J
  std::optional<std::string> format;   ///< -F, or %j for --json; valid for MessageFormat::compile
  std::optional<std::uint64_t> count;  ///< -C, at least 1; messages that -T or -R drop do not count
  std::optional<Duration> idle_exit;   ///< end with 0 after so long without a message
  bool no_retained = false;            ///< -R, --retained none: drop retained messages
  bool retained_only = false;          ///< end at the first message that is not retained
  std::vector<std::string> filter_out;   ///< -T
  std::vector<std::string> unsubscribe;  ///< -U
  bool remove_retained = false;
  bool sync = false;                  ///< what was written is on the disk before it is acknowledged
  bool hot = false;                   ///< --standby hot: on all servers at once
  bool dedupe = true;                 ///< false: --no-dedupe, all that comes is printed
  bool hold_back_unchanged = true;    ///< --retained changed
  bool exit_after_subscribe = false;  ///< -E: exit 0 once all filters are granted
  bool sequence_gaps = false;    ///< numbers that are missing at the end make the exit status 75
  std::string host_id;           ///< --host-id
  std::string ack_from;          ///< --ack-from; empty: none
  std::string output_directory;  ///< --output; empty: messages go to standard output
  bool strict = false;           ///< a server that grants less than was asked for is not used
  friend bool operator==(const SubOptions&, const SubOptions&) = default;
};

/// Where the messages of mqfail-pub come from.
enum class PubSource { message, file, stdin_file, stdin_line, null_message };

struct PubOptions {
  CommonOptions common;
  std::optional<std::string> topic;  ///< -t; else it comes with -L, see publish_topic()
  PubSource source = PubSource::message;
  std::string message;          ///< -m
  std::string file;             ///< -f; "-" is standard input
  bool split_at_null = false;   ///< -0: stdin_line ends messages at NUL instead of newline
  bool json = false;            ///< --json: stdin_line has JSON objects
  std::string topic_separator;  ///< --topic-separator: stdin_line has topics; empty: no
  std::string ack_to;           ///< --ack-to; empty: none
  bool wait_reply = false;      ///< --wait-reply; its time is common.time_limit
  int qos = 0;
  bool retain = false;
  std::uint64_t repeat = 1;  ///< at least 1
  Duration repeat_delay{0};
  MessageProperties properties;  ///< -D PUBLISH
  std::uint32_t window = 100;    ///< --window or -M: unsettled messages at most
  Duration drain_timeout = std::chrono::seconds(10);
  std::string undelivered_file;  ///< --undelivered; empty: none
  bool allow_loss = false;
  std::uint32_t acks = 1;       ///< servers that must acknowledge a message (delivery.md P5)
  bool sequence = false;        ///< number the messages (delivery.md P7)
  std::string spool_directory;  ///< --spool; empty: none
  std::optional<std::string> announce;  ///< --announce: the list of servers is the message
  friend bool operator==(const PubOptions&, const PubOptions&) = default;
};

enum class ColorChoice { automatic, always, never };

struct ProbeOptions {
  CommonOptions common;  ///< the client id is fresh, the session clean, no will
  Duration time_limit = std::chrono::seconds(10);  ///< -t, for the whole run
  ProbeFormat format = ProbeFormat::text;
  ColorChoice color = ColorChoice::automatic;
  std::string output_file;  ///< -o; empty: none
  bool plan = false;        ///< --plan: only say what would be done
  std::string topic;        ///< --topic: a message is delivered through it; empty: none is
  bool cross = false;       ///< --cross, with `topic`
  bool features = false;    ///< --features
  Limits limits;            ///< -w, -c, --metric, --min-up, --cert-warn, --ok-if-any, --first ...
  int verbose = 0;          ///< how often -v was given
  std::optional<Duration> watch;        ///< --watch: from round to round
  std::optional<std::string> announce;  ///< --announce, with `watch`
  friend bool operator==(const ProbeOptions&, const ProbeOptions&) = default;
};

/// --help or --version: print to stdout and exit 0.
struct Printout {
  std::string text;
  friend bool operator==(const Printout&, const Printout&) = default;
};

template <class T>
using Parsed = Result<std::variant<T, Printout>>;

/// Reads the options file of the tool, those of -o, and the command line, which wins. Passwords are
/// overwritten in `argv` as they are read. Errors are one line each: usage, or no_input for a file.
Parsed<SubOptions> parse_sub(int argc, char** argv, const Environment& environment);
Parsed<PubOptions> parse_pub(int argc, char** argv, const Environment& environment);
/// `format` is set first, because an error of the command line is reported in that format, too.
Parsed<ProbeOptions> parse_probe(int argc, char** argv, const Environment& environment,
                                 ProbeFormat& format);

/// `settings` with what the command line says beyond the failover options: -V, --once, and that -W
/// bounds the start instead of a number of passes.
FailoverSettings with_options(FailoverSettings settings, const CommonOptions& options);

/// What standbys and failing back do not go together with: a persistent session, a will,
/// --standby hot. And what a primary host does not go together with: more than one connection at a
/// time
/// [tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server].
Result<Done> check_standby(const FailoverSettings& settings, const CommonOptions& options);

/// That every server can be used with the options. Errors (usage): an older version of MQTT where
/// an option needs MQTT 5, a client id that is too long for MQTT 3.1.
Result<Done> check_servers(const ServerList& servers, const FailoverSettings& settings,
                           const CommonOptions& options);

/// The filters of -t and -L with the subscription options. A bad filter in -L is a usage error.
Result<std::vector<Subscription>> subscriptions(const SubOptions& options,
                                                const std::vector<std::string>& url_topics);

/// The one topic to publish to. -t and every -L must agree.
Result<std::string> publish_topic(const PubOptions& options,
                                  const std::vector<std::string>& url_topics);

}  // namespace mqfail
