// SPDX-License-Identifier: Apache-2.0
#include "tool/option_table.hpp"

#include <algorithm>
#include <deque>

#include "config/uri/failover_options.hpp"

namespace mqfail {
namespace {

constexpr unsigned kSub = static_cast<unsigned>(Tool::sub);
constexpr unsigned kPub = static_cast<unsigned>(Tool::pub);
constexpr unsigned kProbe = static_cast<unsigned>(Tool::probe);
constexpr unsigned kBoth = kSub | kPub;
constexpr unsigned kAll = kBoth | kProbe;

using enum OptionGroup;
using enum Support;

// Sorted by group; within a group as --help and the manual show it.
constexpr OptionRow kOwnRows[] = {
    {"server", 's', "URI", servers, kSub | kProbe, built, "a server, or a whole failover:(...) URI",
     "May be repeated; the order is the order of preference. "
     "The form is scheme://[user[:password]@]host[:port][/path][?option=value&...] "
     "with the schemes tcp, mqtt (port 1883), ssl, tls, mqtts (8883), ws (80) and wss (443)."},
    {"server", 's', "URI", servers, kPub, built, "a server, or a whole failover:(...) URI",
     "May be repeated; the order is the order of preference. The short form needs a value that "
     "contains :// or begins with failover:; without a value it is mosquitto's --stdin-file."},
    {"host", 'h', "HOST", servers, kBoth, built, "a server by its host name or address",
     "May be repeated, each adds a server.", "HOST"},
    {"host", 'H', "HOST", servers, kProbe, built, "a server by its host name or address",
     "May be repeated, each adds a server. -h HOST is the same; -h alone prints the help.", "HOST",
     'h'},
    {"port", 'p', "PORT", servers, kAll, built,
     "port of the hosts: once for all, or as often as hosts",
     "1883, or 8883 with TLS, if not given. Alone it means localhost."},
    {"url", 'L', "URL", servers, kAll, built, "server and topic in one, mqtt://host[:port]/topic",
     "May be repeated, each adds a server. Percent-encoding is decoded and IPv6 addresses stand "
     "in brackets."},
    {"servers", 0, "FILE", servers, kAll, built,
     "a RedundantServers document, - for standard input", "See mqfail-servers(5).", "FILE"},
    {"component", 0, "ID", servers, kAll, built, "a document stored by mqfail-config",
     "Of a whole adapter file that --servers names, the component that is meant.", "COMPONENT"},
    {"username", 'u', "NAME", servers, kAll, built, "user name for servers that name none"},
    {"pw", 'P', "PASSWORD", servers, kAll, built, "password for servers that have none",
     "Overwritten in the process list as soon as it is read; --pw-file never shows it at all."},
    {"pw-file", 0, "FILE", servers, kAll, built, "the password is the first line of FILE", "",
     "FILE"},
    {"pw-fd", 0, "N", servers, kAll, built,
     "the password is the first line from file descriptor N"},
    {"key-file", 0, "FILE", servers, kAll, built,
     "the key that opens sealed passwords of a stored document",
     "64 hexadecimal digits in a file that is yours alone; without it "
     "$CREDENTIALS_DIRECTORY/mqfail.key, else mqfail/mqfail.key in $XDG_STATE_HOME or "
     "~/.local/state.",
     "FILE"},
    {"key-fd", 0, "N", servers, kAll, built, "that key is read from file descriptor N"},

    {"topic", 't', "FILTER", messages, kSub, built,
     "topic filter to subscribe to, may be repeated"},
    {"topic", 't', "TOPIC", messages, kPub, built, "topic to publish to"},
    {"topic", 0, "TOPIC", messages, kProbe, not_yet, ""},
    {"qos", 'q', "QOS", messages, kSub, built,
     "quality of service to subscribe with: 0, 1 or 2 (default 0)", "", "0 1 2"},
    {"qos", 'q', "QOS", messages, kPub, built,
     "quality of service of the messages: 0, 1 or 2 (default 0)",
     "Only 1 and 2 survive the loss of a server.", "0 1 2"},
    {"message", 'm', "TEXT", messages, kPub, built, "the message"},
    {"file", 'f', "FILE", messages, kPub, built,
     "the message is the content of FILE, - for standard input", "", "FILE"},
    {"stdin-file", 's', "", messages, kPub, built, "the message is all of standard input",
     "If there is none, nothing is published and the exit status is 66: an empty message would "
     "delete what is retained."},
    {"stdin-line", 'l', "", messages, kPub, built, "a message for each line of standard input",
     "An empty line is an empty message. Input is read only as fast as messages are "
     "acknowledged."},
    {"null", '0', "", messages, kPub, built, "with -l, messages end at NUL instead of newline"},
    {"null-message", 'n', "", messages, kPub, built, "an empty message"},
    {"retain", 'r', "", messages, kPub, built,
     "the server keeps the message for later subscribers"},
    {"repeat", 0, "N", messages, kPub, built, "publish the message N times, not with -l"},
    {"repeat-delay", 0, "SECONDS", messages, kPub, built, "pause between repetitions (default 0)"},
    {"", 'C', "N", messages, kSub, built, "exit with 0 after N messages"},
    {"", 'W', "SECONDS", messages, kSub, built, "exit with 27 after so long, connecting included",
     "Fractions are allowed."},
    {"", 'E', "", messages, kSub, built, "exit with 0 as soon as all filters are granted"},
    {"filter-out", 'T', "FILTER", messages, kSub, built,
     "drop messages whose topic matches, may be repeated"},
    {"", 'R', "", messages, kSub, built, "drop retained messages"},
    {"retained-only", 0, "", messages, kSub, built,
     "only retained messages; exit at the first other one",
     "With --standby hot the other servers may first send what they retain, within a second."},
    {"retain-as-published", 0, "", messages, kSub, built,
     "keep the retain flag as the publisher set it (MQTT 5)"},
    {"retain-handling", 0, "N", messages, kSub, built,
     "retained messages are sent 0 always, 1 to new subscriptions, 2 never (MQTT 5)", "", "0 1 2"},
    {"unsubscribe", 'U', "FILTER", messages, kSub, built,
     "end a subscription of a kept session (-c) once -t is granted, may be repeated",
     "On each server, at each connection. A filter that was not subscribed to is no error."},
    {"remove-retained", 0, "", messages, kSub, built,
     "remove from its server each retained message that comes in",
     "After it was printed, an empty retained message is published to its topic. See DELIVERY in "
     "mqfail(7)."},
    {"random-filter", 0, "PERCENT", messages, kSub, not_supported, "filter the output instead"},
    {"standby", 0, "MODE", messages, kSub, built,
     "cold (default): one server at a time; warm: a connection to the next one is kept ready; hot: "
     "all at once, so that the death of one leaves no gap",
     "See STANDBY in mqfail(7).", "cold warm hot"},
    {"standby", 0, "MODE", messages, kPub, built,
     "cold (default): one server at a time; warm: a connection to the next one is kept ready",
     "See STANDBY in mqfail(7).", "cold warm"},
    {"dedupe", 0, "", messages, kSub, built,
     "print once what its publisher has numbered, what comes through several servers and what "
     "matches several filters (default)",
     "For the numbers see --sequence of mqfail-pub(1): the last 65536 of each of 2048 publishers "
     "are remembered."},
    {"no-dedupe", 0, "", messages, kSub, built, "print all that comes"},
    {"sequence-gaps", 0, "", messages, kSub, built,
     "exit with 75 if numbered messages are still missing at the end"},
    {"retained", 0, "MODE", messages, kSub, built,
     "retained messages after a new connection: all, only those that have changed (default) or "
     "none (-R)",
     "Changed means other than what was last printed for the topic. "
     "With --retain-as-published all are printed.",
     "all changed none"},
    {"sync", 0, "", messages, kSub, built,
     "messages are on the disk before they are acknowledged; standard output must be a file",
     "fdatasync(2) after each batch. Without it they are written, but the loss of power may take "
     "the last ones along."},
    {"window", 0, "N", messages, kPub, built,
     "unacknowledged messages at most, 1 to 60000 (default 100)",
     "Never more than the server's Receive Maximum allows; --max-cache-size bounds their bytes."},
    {"", 'M', "N", messages, kPub, built, "the same as --window, as mosquitto calls it"},
    {"drain-timeout", 0, "TIME", messages, kPub, built,
     "wait so long for acknowledgements at the end of input or after a signal (default 10s)"},
    {"undelivered", 0, "FILE", messages, kPub, built,
     "write what was not acknowledged to FILE, in the form of the input",
     "Byte-exact and ready to be fed back: lines for -l, records that end with NUL for -l -0, and "
     "for -m, -f, -s and -n the bytes of the message, for -f.",
     "FILE"},
    {"allow-loss", 0, "", messages, kPub, built,
     "exit with 0 although QoS 0 messages were dropped"},
    {"spool", 0, "DIR", messages, kPub, built,
     "keep the messages in DIR until a server has them; the next run sends what is left",
     "See SPOOL.", "DIR"},
    {"sequence", 0, "", messages, kPub, built,
     "number the messages, so that mqfail-sub prints each once and finds holes (MQTT 5)",
     "The user properties mqfail-id (new for each run) and mqfail-seq (1, 2, 3, ...) say it. A "
     "message that fails keeps its number: its hole is seen. A server that speaks no MQTT 5 is not "
     "used."},
    {"acks", 0, "N", messages, kPub, built,
     "publish to N servers at once; a message counts when N servers have acknowledged it",
     "It needs -q 1 or 2. While fewer servers live, messages wait, and an event says so. A server "
     "that has acknowledged a message does not get it again."},

    {"", 't', "SECONDS", messages, kProbe, built, "bound of the whole run (default 10)",
     "Fractions are allowed."},
    {"min-up", 0, "N", messages, kProbe, built, "fewer servers that answer mean WARNING"},
    {"ok-if-any", 0, "", messages, kProbe, built,
     "exit with 0 instead of 1 as long as some server answers"},
    {"", 'w', "RANGE", messages, kProbe, not_yet, ""},
    {"", 'c', "RANGE", messages, kProbe, not_yet, ""},
    {"metric", 0, "NAME", messages, kProbe, not_yet, ""},
    {"cert-warn", 0, "DAYS", messages, kProbe, not_yet, ""},
    {"cert-crit", 0, "DAYS", messages, kProbe, not_yet, ""},
    {"plan", 0, "", messages, kProbe, not_yet, ""},
    {"watch", 0, "SECONDS", messages, kProbe, not_yet, ""},

    {"verbose", 'v', "", output, kSub, built, "print `topic payload' instead of the payload alone"},
    {"", 'N', "", output, kSub, built, "print no newline after each message"},
    {"", 'F', "FORMAT", output, kSub, built, "print each message in a format of your own",
     "See OUTPUT for its sequences."},
    {"json", 0, "", output, kSub, built, "print each message as a JSON object, the same as -F %j"},
    {"pretty", 0, "", output, kSub, built, "print the JSON of %j and %J over several lines"},
    {"format", 0, "FORMAT", output, kProbe, built, "text (default) or json", "", "text json"},
    {"", 'o', "FILE", output, kProbe, not_yet, "", "", "FILE"},
    {"verbose", 'v', "", output, kProbe, built,
     "accepted: the phases of each server are always shown"},

    {"id", 'i', "ID", connection, kBoth, built, "client id (default: a new one each run)"},
    {"id-prefix", 'I', "PREFIX", connection, kBoth, built,
     "the client id is PREFIX and the process id"},
    {"keepalive", 'k', "SECONDS", connection, kBoth, built, "keepalive, 1 to 65535 (default 10)",
     "A server that is silent for one and a half times as long is lost."},
    {"protocol-version", 'V', "VERSION", connection, kBoth, built,
     "5, 311 or 31 (default: 5, and 311 where a server speaks no 5)", "", "5 311 31"},
    {"protocol-version", 0, "VERSION", connection, kProbe, built,
     "5, 311 or 31 (default: 5, and 311 where a server speaks no 5)", "", "5 311 31"},
    {"disable-clean-session", 'c', "", connection, kBoth, built, "keep the session, needs -i",
     "Sessions are one per server."},
    {"", 'x', "SECONDS", connection, kBoth, built, "session expiry interval (MQTT 5); -1: never"},
    {"property", 'D', "COMMAND NAME VALUE", connection, kSub, built,
     "an MQTT 5 property of CONNECT or WILL",
     "A user-property takes a name and a value. The names are those of mosquitto_sub(1).",
     "PROPERTY"},
    {"property", 'D', "COMMAND NAME VALUE", connection, kPub, built,
     "an MQTT 5 property of CONNECT, PUBLISH or WILL",
     "A user-property takes a name and a value. The names are those of mosquitto_pub(1).",
     "PROPERTY"},
    {"nodelay", 0, "", connection, kBoth, built, "does nothing: there is never a delay"},
    {"", 'A', "ADDRESS", connection, kBoth, not_supported, "choose the interface by routing"},
    {"unix", 0, "PATH", connection, kBoth, not_supported, "name a server by host and port"},
    {"", 'S', "", connection, kSub | kPub, not_supported,
     "name the servers, each with its own -s or -h"},
    {"proxy", 0, "URL", connection, kBoth, not_supported, "use a local port forwarder"},

    {"will-topic", 0, "TOPIC", will, kBoth, built,
     "topic of the will, which a server publishes if we vanish",
     "It is each server's own: one publishes it when its connection to us is lost, although we may "
     "live on through another. With --standby hot every server has it."},
    {"will-payload", 0, "TEXT", will, kBoth, built, "the will's message (default empty)"},
    {"will-qos", 0, "QOS", will, kBoth, built, "its quality of service: 0, 1 or 2 (default 0)", "",
     "0 1 2"},
    {"will-retain", 0, "", will, kBoth, built, "the will is retained"},

    {"cafile", 0, "FILE", tls, kAll, built, "trusted CA certificates; turns TLS on for -h", "",
     "FILE"},
    {"capath", 0, "DIR", tls, kAll, built,
     "directory of trusted CA certificates; turns TLS on for -h", "", "DIR"},
    {"cert", 0, "FILE", tls, kAll, built, "client certificate (PEM)", "", "FILE"},
    {"key", 0, "FILE", tls, kAll, built, "key of the client certificate (PEM)", "", "FILE"},
    {"cert-dir", 0, "DIR", tls, kAll, built,
     "look for certificates that a document names by thumbprint here",
     "May be repeated. $MQFAIL_CERT_DIR, the component's directory, "
     "/usr/share/OSIsoft/Adapters/MQTT/Certificates and "
     "~/.dotnet/corefx/cryptography/x509stores/my follow. See mqfail-servers(5).",
     "DIR"},
    {"ciphers", 0, "LIST", tls, kAll, built, "ciphers in OpenSSL's words"},
    {"tls-version", 0, "VERSION", tls, kAll, built,
     "tlsv1.3, tlsv1.2 or tlsv1.1 and no other (default: 1.2 or later)", "",
     "tlsv1.3 tlsv1.2 tlsv1.1"},
    {"tls-alpn", 0, "NAME", tls, kAll, built, "protocol to ask for where one port serves several"},
    {"tls-use-os-certs", 0, "", tls, kAll, built,
     "trust the system's CA certificates; turns TLS on for -h"},
    {"insecure", 0, "", tls, kAll, built,
     "do not check that the certificate names the host (warns)"},
    {"no-verify", 0, "", tls, kAll, built, "do not check the certificate at all (warns)"},
    {"psk", 0, "HEX", tls, kAll, built,
     "pre-shared key instead of certificates (TLS 1.2); turns TLS on for -h",
     "Overwritten in the process list as soon as it is read."},
    {"psk-identity", 0, "ID", tls, kAll, built, "the name that the server knows that key by"},
    {"keyform", 0, "FORM", tls, kBoth, not_supported, "give the key as a PEM file with --key"},
    {"tls-engine", 0, "NAME", tls, kBoth, not_supported, "give the key as a PEM file with --key"},
    {"tls-engine-kpass-sha1", 0, "HEX", tls, kBoth, not_supported,
     "give the key as a PEM file with --key"},

    {"once", 0, "", failover, kBoth, built, "try every server once, do not reconnect"},
    {"seed", 0, "N", failover, kBoth, built,
     "make the order and the delays of failover reproducible"},
    {"trace", 0, "FILE", failover, kBoth, built, "write every step of the failover engine to FILE",
     "", "FILE"},

    {"events", 0, "FORMAT", events, kBoth, built,
     "events on stderr: human (default), json, logfmt or none", "", "human json logfmt none"},
    {"events-fd", 0, "N", events, kBoth, built,
     "events go to file descriptor N (json unless --events says), stderr stays human"},
    {"quiet", 0, "", events, kBoth, built,
     "no events on stderr; usage and configuration errors are told"},
    {"debug", 'd', "", events, kBoth, built, "all events, with more detail"},

    {"", 'o', "FILE", general, kBoth, built, "read options from FILE, one `-option value' a line",
     "", "FILE"},
    {"no-config", 0, "", general, kAll, built,
     "do not read the options file in the configuration directory"},
    {"help", 0, "", general, kAll, built, "print this help"},
    {"version", 0, "", general, kBoth, built, "print the version"},
    {"version", 'V', "", general, kProbe, built, "print the version"},
};

std::string_view value_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::boolean:
      return "";
    case OptionKind::duration:
      return "TIME";
    case OptionKind::integer:
    case OptionKind::real:
      return "N";
    case OptionKind::choice:
      return "WORD";
    case OptionKind::text:
      return "VALUE";
  }
  return "VALUE";
}

// The default as a flag would be written: a URI's bare milliseconds get their unit.
std::string shown_default(const FailoverOption& option) {
  std::string standard(option.standard);
  if (option.kind == OptionKind::duration && standard == "-1") return "off";
  if (standard.empty() || option.kind != OptionKind::duration) return standard;
  return standard.ends_with("000") ? standard.substr(0, standard.size() - 3) + "s"
                                   : standard + "ms";
}

// A text of a row that is put together here.
std::string_view kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

void add_failover_rows(std::vector<OptionRow>& rows, unsigned wanted) {
  for (const FailoverOption& option : failover_options()) {
    unsigned tools = option.publisher ? kPub : kBoth;
    if (option.camelName == "connectTimeout") tools = kAll;
    if ((tools & wanted) == 0) continue;
    const Support support = option.built ? built : not_yet;
    std::string help(option.help);
    std::string detail = "In a URI: " + std::string(option.camelName) + ".";
    std::string words(option.choices);
    std::replace(words.begin(), words.end(), ',', ' ');
    if (!words.empty()) help += ": " + words;
    const std::string standard = shown_default(option);
    if (!standard.empty() && option.kind != OptionKind::boolean)
      help += " (default " + standard + ")";
    rows.push_back({option.kebabName, 0, value_name(option.kind), failover, tools, support,
                    kept(std::move(help)), kept(std::move(detail)), kept(std::move(words))});
    if (option.kind == OptionKind::boolean) {
      const std::string name(option.kebabName);
      rows.push_back(
          {kept("no-" + name), 0, "", failover, tools, support, kept("the opposite of --" + name)});
    }
  }
}

std::vector<OptionRow> rows_of(Tool tool) {
  const auto wanted = static_cast<unsigned>(tool);
  std::vector<OptionRow> rows;
  const auto add = [&](const OptionRow& row) {
    if ((row.tools & wanted) != 0) rows.push_back(row);
  };
  for (const OptionRow& row : kOwnRows) {
    if (row.group < failover) add(row);
  }
  add_failover_rows(rows, wanted);
  for (const OptionRow& row : kOwnRows) {
    if (row.group >= failover) add(row);
  }
  return rows;
}

}  // namespace

std::string_view name(Tool tool) {
  switch (tool) {
    case Tool::sub:
      return "sub";
    case Tool::pub:
      return "pub";
    case Tool::probe:
      return "probe";
  }
  return "";
}

std::string command_name(Tool tool) {
  return "mqfail-" + std::string(name(tool));
}

std::string_view title(OptionGroup group) {
  switch (group) {
    case OptionGroup::servers:
      return "Servers";
    case OptionGroup::messages:
      return "Messages";
    case OptionGroup::output:
      return "Output";
    case OptionGroup::connection:
      return "Connection";
    case OptionGroup::will:
      return "Will";
    case OptionGroup::tls:
      return "TLS";
    case OptionGroup::failover:
      return "Failover";
    case OptionGroup::events:
      return "Events";
    case OptionGroup::general:
      return "General";
  }
  return "";
}

std::span<const OptionRow> option_table(Tool tool) {
  // Each is made when it is first asked for: a command needs only its own.
  switch (tool) {
    case Tool::sub: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
    case Tool::pub: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
    case Tool::probe: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
  }
  return {};
}

std::string_view property_commands(Tool tool) {
  return tool == Tool::pub ? "connect publish will" : "connect will";
}

std::string_view property_names(std::string_view command) {
  if (command == "connect") {
    return "receive-maximum maximum-packet-size session-expiry-interval topic-alias-maximum "
           "request-problem-information request-response-information user-property";
  }
  if (command == "publish") {
    return "payload-format-indicator message-expiry-interval content-type response-topic "
           "correlation-data user-property";
  }
  if (command == "will") {
    return "payload-format-indicator message-expiry-interval content-type response-topic "
           "correlation-data user-property will-delay-interval";
  }
  return {};
}

}  // namespace mqfail
