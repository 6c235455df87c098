// SPDX-License-Identifier: Apache-2.0
// The options that mqfail-sub, -pub and -probe share, and the setters that only these options need.
// Rules between options are in common_rules.cpp.
#include <array>
#include <cstdint>

#include "base/utf8.hpp"
#include "policy/protocol_name.hpp"
#include "tool/secret_setters.hpp"
#include "tool/setters.hpp"

namespace mqfail {
namespace {

// One way of naming servers.
template <class Named>
Result<Done> naming(const Given& given, Draft& draft) {
  if (given.value().empty()) return bad_value(given, "a name");
  draft.common.naming.namings.push_back(Named{given.value()});
  return Done{};
}

Result<Done> set_port(const Given& given, Draft& draft) {
  const auto port = whole_number(given, 1, 65535);
  if (!port) return port.error();
  draft.common.naming.ports.push_back(static_cast<int>(*port));
  return Done{};
}

template <bool ServerDefaults::*member>
Result<Done> for_hosts(const Given& /*given*/, Draft& draft) {
  draft.common.naming.defaults.*member = true;
  return Done{};
}

Result<Done> set_username(const Given& given, Draft& draft) {
  if (!is_utf8(given.value())) return bad_value(given, "UTF-8");
  draft.common.naming.defaults.username = given.value();
  return Done{};
}

Result<Done> set_keepalive(const Given& given, Draft& draft) {
  const auto number = whole_number(given, 1, 65535);
  if (!number) return number.error();
  draft.common.connect.keepalive = std::chrono::seconds(*number);
  return Done{};
}

Result<Done> set_protocol(const Given& given, Draft& draft) {
  const auto protocol = protocol_of(given.value());
  if (!protocol) return bad_value(given);
  draft.common.protocol = protocol;
  draft.common.naming.protocol_given = true;
  return Done{};
}

Result<Done> set_session_expiry(const Given& given, Draft& draft) {
  draft.properties.insert("-x" + source_of(given));
  auto& expiry = draft.common.connect.properties.session_expiry;
  if (given.value() == "-1" || given.value() == "∞" || given.value() == "infinity") {
    expiry = kNeverExpires;
    return Done{};
  }
  const auto number = whole_number(given, 0, kNeverExpires);
  if (!number) return bad_value(given, "seconds up to 4294967295, or -1 for never");
  expiry = static_cast<std::uint32_t>(*number);
  return Done{};
}

Result<Done> set_will_topic(const Given& given, Draft& draft) {
  draft.will.topic = given.value();
  return check_topic_name(given.flag(), given.value());
}

Result<Done> set_will_payload(const Given& given, Draft& draft) {
  if (given.value().size() > 65535) return bad_value(given, "at most 65535 bytes");
  draft.will_payload = given.value();
  return Done{};
}

// As with mosquitto, some options turn TLS on for -h.
template <Setter set>
Result<Done> tls_on(const Given& given, Draft& draft) {
  draft.common.naming.defaults.tls_wanted = true;
  return set(given, draft);
}

Result<Done> set_certificate_folder(const Given& given, Draft& draft) {
  if (given.value().empty()) return bad_value(given, "a directory");
  draft.common.naming.certificates.given.push_back(given.value());
  return Done{};
}

Result<Done> set_tls_version(const Given& given, Draft& draft) {
  constexpr std::array kVersions = {TlsVersion::tls13, TlsVersion::tls12, TlsVersion::tls11};
  const auto index = word_index(given);
  if (!index) return index.error();
  draft.common.naming.defaults.tls.version = kVersions[*index];
  return Done{};
}

Result<Done> set_no_verify(const Given& /*given*/, Draft& draft) {
  draft.common.naming.defaults.tls.verify_chain = false;
  draft.common.naming.defaults.tls.verify_name = false;
  return Done{};
}

Result<Done> set_events_fd(const Given& given, Draft& draft) {
  const auto fd = open_descriptor(given, 1, Direction::writing);
  if (!fd) return fd.error();
  draft.common.events.copy_fd = *fd;
  return Done{};
}

// On the command line read_sources() acts on these options and removes them.
Result<Done> command_line_only(const Given& given, Draft& /*draft*/) {
  return Error{ErrorKind::usage, given.flag() + " cannot stand in an options file",
               "put it on the command line"};
}

// It is another way to write a discovery: URI.
Result<Done> set_srv(const Given& given, Draft& draft) {
  draft.common.naming.namings.emplace_back(NamedServer{"discovery:(dns://" + given.value() + ")"});
  return Done{};
}

Result<Done> set_primary_host(const Given& given, Draft& draft) {
  draft.common.primary_host.id = given.value();
  return check_host_id(given.flag(), given.value());
}

constexpr unsigned kSub = static_cast<unsigned>(Tool::sub);
constexpr unsigned kPub = static_cast<unsigned>(Tool::pub);
constexpr unsigned kProbe = static_cast<unsigned>(Tool::probe);
constexpr unsigned kBoth = kSub | kPub;
constexpr unsigned kAll = kBoth | kProbe;

using enum OptionGroup;

// Sorted by group; within a group as --help and the manual show it.
constexpr OptionRow kRows[] = {
    OptionRow{"server", 's', "URI", servers, kSub | kProbe, naming<NamedServer>,
              "a server, or a whole failover:(...) URI",
              "May be repeated; the order is the order of preference. The form is "
              "scheme://[user[:password]@]host[:port][/path][?option=value&...] with the schemes "
              "tcp, mqtt (port 1883), ssl, tls, mqtts (8883), ws (80) and wss (443).",
              "URI"}
        .in(Family::servers),
    OptionRow{
        "server", 's', "URI", servers, kPub, naming<NamedServer>,
        "a server, or a whole failover:(...) URI",
        "May be repeated; the order is the order of preference. The short form needs a value that "
        "contains :// or begins with failover:; without a value it is mosquitto's --stdin-file.",
        "URI"}
        .in(Family::servers),
    OptionRow{
        "srv", 0, "NAME", servers, kAll, set_srv,
        "the servers that the SRV records of DNS name; looked up again when the TTL is over",
        "_secure-mqtt._tcp.NAME is asked for (TLS), then _mqtt._tcp.NAME. A NAME that begins "
        "with _ is asked for as it is; mqtts://NAME and so on choose the service. The same as "
        "-s 'discovery:(dns://NAME)'."}
        .in(Family::servers),
    OptionRow{"host", 'h', "HOST", servers, kBoth, naming<NamedHost>,
              "a server by its host name or address", "May be repeated, each adds a server.",
              "HOST"}
        .in(Family::servers),
    OptionRow{"host", 'H', "HOST", servers, kProbe, naming<NamedHost>,
              "a server by its host name or address",
              "May be repeated, each adds a server. -h HOST is the same; -h alone prints the help.",
              "HOST"}
        .also('h')
        .in(Family::servers),
    OptionRow{"port", 'p', "PORT", servers, kAll, set_port,
              "port of the hosts: given once for all hosts, or once for each",
              "The default is 1883, or 8883 with TLS. Without a host it means localhost."}
        .in(Family::ports),
    {"ws", 0, "", servers, kAll, for_hosts<&ServerDefaults::web_socket>,
     "-h names a server that speaks MQTT over WebSocket",
     "The path is /mqtt. The port stays 1883, or 8883 with TLS, as with mosquitto."},
    OptionRow{"url", 'L', "URL", servers, kAll, naming<NamedUrl>,
              "server and topic in one, mqtt://host[:port]/topic",
              "May be repeated, each adds a server. Percent-encoding is decoded and IPv6 addresses "
              "stand in brackets.",
              "URI"}
        .in(Family::servers),
    OptionRow{"servers", 0, "FILE", servers, kAll, naming<NamedFile>,
              "a RedundantServers document, - for standard input", "See mqfail-servers(5).", "FILE"}
        .in(Family::servers),
    OptionRow{"component", 0, "ID", servers, kAll, naming<NamedComponent>,
              "a document stored by mqfail-config",
              "If --servers names a whole adapter file, this is the component to use from it.",
              "COMPONENT"}
        .in(Family::servers),
    {"cluster", 0, "", servers, kBoth, for_hosts<&ServerDefaults::cluster>,
     "the servers are nodes of one cluster and share sessions",
     "A persistent session goes on at the next node. The run never has two connections with one "
     "client id to the cluster. A server whose URI has cluster=NAME belongs to that cluster "
     "instead; "
     "see mqfail(7)."},
    {"username", 'u', "NAME", servers, kAll, set_username, "user name for servers that name none"},
    OptionRow{
        "pw", 'P', "PASSWORD", servers, kAll, set_password, "password for servers that have none",
        "Overwritten in the process list as soon as it is read; --pw-file never shows it at all. "
        "As the last word, without a value, -P asks for the password on the terminal.",
        "PASSWORD"}
        .in(Family::password),
    OptionRow{"pw-file", 0, "FILE", servers, kAll, set_password_file,
              "the password is the first line of FILE", "", "FILE"}
        .in(Family::password),
    OptionRow{"pw-fd", 0, "N", servers, kAll, set_password_fd,
              "the password is the first line from file descriptor N"}
        .in(Family::password),
    OptionRow{"key-file", 0, "FILE", servers, kAll, set_key_file,
              "the file with the key that opens sealed passwords of a stored document",
              "The key is 64 hexadecimal digits, in a file that only you can read. The default is "
              "$CREDENTIALS_DIRECTORY/mqfail.key, else mqfail/mqfail.key in $XDG_STATE_HOME or "
              "~/.local/state.",
              "FILE"}
        .in(Family::key),
    OptionRow{"key-fd", 0, "N", servers, kAll, set_key_fd, "read that key from file descriptor N"}
        .in(Family::key),

    OptionRow{"id", 'i', "ID", connection, kBoth, text<&Draft::id, "a client id">,
              "client id (default: a new one for each connection)"}
        .in(Family::client_id)
        .not_with("id-prefix", "give one of them"),
    OptionRow{"id-prefix", 'I', "PREFIX", connection, kBoth, text<&Draft::id_prefix>,
              "the client id is PREFIX and the process id"}
        .in(Family::client_id),
    {"keepalive", 'k', "SECONDS", connection, kBoth, set_keepalive,
     "keepalive, 1 to 65535 (default 10)",
     "A server that sends nothing for one and a half times as long counts as lost."},
    {"protocol-version", 'V', "VERSION", connection, kBoth, set_protocol,
     "5, 311 or 31 (default: 5, or 311 for a server that does not support 5)", "", "5 311 31"},
    {"protocol-version", 0, "VERSION", connection, kProbe, set_protocol,
     "5, 311 or 31 (default: 5, or 311 for a server that does not support 5)", "", "5 311 31"},
    {"disable-clean-session", 'c', "", connection, kBoth,
     put<&ConnectSettings::clean_session, false>, "keep the session, needs -i",
     "Each server has a session of its own."},
    {"", 'x', "SECONDS", connection, kBoth, mqtt5<set_session_expiry>,
     "session expiry interval in seconds (MQTT 5); -1: never"},
    {"property", 'D', "COMMAND NAME VALUE", connection, kSub, mqtt5<set_property>,
     "an MQTT 5 property of CONNECT, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT or WILL",
     "A user-property takes a name and a value. The names are those of mosquitto_sub(1). "
     "Properties are sent in the order in which they are given. With a subscription-identifier of "
     "yours, a message that matches several filters is printed for each of them.",
     "PROPERTY"},
    {"property", 'D', "COMMAND NAME VALUE", connection, kPub, mqtt5<set_property>,
     "an MQTT 5 property of CONNECT, PUBLISH, DISCONNECT or WILL",
     "A user-property takes a name and a value. The names are those of mosquitto_pub(1). "
     "Properties are sent in the order in which they are given. A server that takes no such "
     "topic-alias gets the topic with each message.",
     "PROPERTY"},
    {"nodelay", 0, "", connection, kBoth, nothing, "does nothing: there is never a delay"},
    {"", 'A', "ADDRESS", connection, kBoth, not_supported, "choose the interface by routing"},
    {"unix", 0, "PATH", connection, kBoth, not_supported, "name a server by host and port"},
    {"", 'S', "", connection, kBoth, not_supported, "name the servers, each with its own -s or -h"},
    {"proxy", 0, "URL", connection, kBoth, not_supported, "use a local port forwarder", "", "URI"},

    {"will-topic", 0, "TOPIC", will, kBoth, set_will_topic,
     "topic of the will, a message that a server publishes if the connection is lost",
     "Each connection has the will: its server publishes the will when that connection is lost, "
     "even if the command goes on with another server. With --standby hot every server has it."},
    {"will-payload", 0, "TEXT", will, kBoth, set_will_payload,
     "the will's message (default empty)"},
    {"will-qos", 0, "QOS", will, kBoth, number<&Draft::will_qos, 0, 2>,
     "quality of service of the will: 0, 1 or 2 (default 0)", "", "0 1 2"},
    {"will-retain", 0, "", will, kBoth, put<&Will::retain>, "the server retains the will"},

    {"cafile", 0, "FILE", tls, kAll, tls_on<text<&TlsSettings::cafile, "a file">>,
     "trusted CA certificates; turns TLS on for -h", "", "FILE"},
    {"capath", 0, "DIR", tls, kAll, tls_on<text<&TlsSettings::capath, "a directory">>,
     "directory of trusted CA certificates; turns TLS on for -h", "", "DIR"},
    {"cert", 0, "FILE", tls, kAll, tls_on<text<&TlsSettings::cert, "a file">>,
     "client certificate (PEM)", "", "FILE"},
    {"key", 0, "FILE", tls, kAll, text<&TlsSettings::key, "a file">,
     "key of the client certificate (PEM)", "", "FILE"},
    {"cert-dir", 0, "DIR", tls, kAll, set_certificate_folder,
     "look here for certificates that a document names by thumbprint",
     "May be repeated. The search continues in $MQFAIL_CERT_DIR, the component's directory, "
     "/usr/share/OSIsoft/Adapters/MQTT/Certificates and "
     "~/.dotnet/corefx/cryptography/x509stores/my. See mqfail-servers(5).",
     "DIR"},
    {"ciphers", 0, "LIST", tls, kAll, text<&TlsSettings::ciphers, "a list of ciphers">,
     "ciphers, as OpenSSL names them"},
    {"tls-version", 0, "VERSION", tls, kAll, set_tls_version,
     "tlsv1.3, tlsv1.2 or tlsv1.1 and no other (default: 1.2 or later)", "",
     "tlsv1.3 tlsv1.2 tlsv1.1"},
    {"tls-alpn", 0, "NAME", tls, kAll,
     text<&TlsSettings::alpn, "a protocol of at most 255 bytes", 255>,
     "ALPN protocol to ask for, if one port serves several protocols"},
    {"tls-use-os-certs", 0, "", tls, kAll, tls_on<put<&TlsSettings::use_os_certs>>,
     "trust the system's CA certificates; turns TLS on for -h"},
    {"insecure", 0, "", tls, kAll, put<&TlsSettings::verify_name, false>,
     "do not check that the certificate names the host (warns)"},
    {"no-verify", 0, "", tls, kAll, set_no_verify, "do not check the certificate at all (warns)"},
    {"no-tls", 0, "", tls, kAll, for_hosts<&ServerDefaults::no_tls>,
     "-h never means TLS, whatever other options say",
     "For an options file that turns TLS on. A server URI says itself whether it means TLS."},
    {"tls-keylog", 0, "FILE", tls, kBoth, not_supported,
     "it would write the keys of the connection to a file; watch at the server instead", "",
     "FILE"},
    OptionRow{"psk", 0, "HEX", tls, kAll, tls_on<set_psk>,
              "pre-shared key instead of certificates (TLS 1.2); turns TLS on for -h",
              "Overwritten in the process list as soon as it is read.", "PASSWORD"}
        .not_with("cafile capath cert tls-use-os-certs",
                  "a pre-shared key takes the place of certificates"),
    {"psk-identity", 0, "ID", tls, kAll,
     text<&TlsSettings::psk_identity, "an identity of at most 255 bytes", 255>,
     "the name by which the server knows the pre-shared key"},
    {"keyform", 0, "FORM", tls, kBoth, not_supported, "give the key as a PEM file with --key"},
    {"tls-engine", 0, "NAME", tls, kBoth, not_supported, "give the key as a PEM file with --key"},
    {"tls-engine-kpass-sha1", 0, "HEX", tls, kBoth, not_supported,
     "give the key as a PEM file with --key"},

    {"primary-host", 0, "ID", failover, kBoth, set_primary_host,
     "use a server only while the Sparkplug host application ID is online there",
     "The host says so by its retained STATE message. A server without it is left for the next "
     "one; "
     "until one has it, the search goes on, without a startup timeout. See SPARKPLUG in "
     "mqfail(7)."},
    {"primary-host", 0, "ID", failover, kProbe, set_primary_host,
     "a server is up only if the Sparkplug host application ID is online there",
     "The host says so by its retained STATE message."},
    {"state-version", 0, "VERSION", failover, kAll, choice<&PrimaryHostSettings::version>,
     "the Sparkplug version of STATE messages: auto (default; 3 wins), 3 or 2", "", "auto 3 2"},
    {"state-timeout", 0, "TIME", failover, kAll, duration<&PrimaryHostSettings::patience>,
     "how long a server may take to send the STATE of the primary host (default 10s)"},
    {"once", 0, "", failover, kBoth, put<&CommonOptions::once>,
     "try every server once, do not reconnect"},
    {"seed", 0, "N", failover, kAll, number<&CommonOptions::seed, 0, INT64_MAX>,
     "make the order and the delays of failover reproducible"},
    {"trace", 0, "FILE", failover, kBoth, text<&CommonOptions::trace_file, "a file">,
     "write every step of the failover engine to FILE", "", "FILE"},

    {"events", 0, "FORMAT", events, kBoth, choice<&Draft::events>,
     "events on stderr: human (default), json, logfmt or none", "", "human json logfmt none"},
    {"events-fd", 0, "N", events, kBoth, set_events_fd,
     "write events to file descriptor N (json, or the format of --events); stderr stays human"},
    {"metrics", 0, "FILE", events, kBoth, text<&CommonOptions::metrics_file, "a file">,
     "write the state of the run to FILE for Prometheus, at each change and every 15 s",
     "node_exporter reads the files that end with .prom in the directory of its textfile "
     "collector. See METRICS in mqfail-service(7).",
     "FILE"},
    {"quiet", 0, "", events, kBoth, put<&EventChoice::quiet>,
     "no events on stderr, only usage and configuration errors"},
    {"debug", 'd', "", events, kBoth, put<&CommonOptions::debug>, "all events, with more detail"},

    {"", 'o', "FILE", general, kBoth, command_line_only,
     "read options from FILE, one `-option value' a line", "", "FILE"},
    {"no-config", 0, "", general, kAll, command_line_only,
     "do not read the options file in the configuration directory"},
    {"no-sandbox", 0, "", general, kBoth, put<&CommonOptions::sandbox, false>,
     "keep the right to start programs and to write any file",
     "Otherwise a run gives up what it never needs. See SECURITY in mqfail(7)."},
    {"help", 0, "", general, kAll, command_line_only, "print this help"},
    {"version", 0, "", general, kBoth, command_line_only, "print the version"},
    {"version", 'V', "", general, kProbe, command_line_only, "print the version"},
};

}  // namespace

std::span<const OptionRow> shared_rows() {
  return kRows;
}

}  // namespace mqfail
