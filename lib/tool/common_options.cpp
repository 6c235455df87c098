// SPDX-License-Identifier: Apache-2.0
#include "tool/common_options.hpp"

#include <array>
#include <cstdio>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/uri/failover_options.hpp"
#include "tool/descriptors.hpp"
#include "tool/password.hpp"
#include "tool/topic.hpp"

namespace mqfail {
namespace {

constexpr std::uint32_t kNever = 0xffffffff;

Taker name_by(CommonDraft& draft, Naming (*make)(const std::string&)) {
  return [&draft, make](const Given& given) -> Result<Done> {
    if (given.value().empty()) return bad_value(given, "a name");
    draft.options.naming.namings.push_back(make(given.value()));
    return Done{};
  };
}

// Remembers that `taker`'s option has no meaning before MQTT 5.
Taker mqtt5(CommonDraft& draft, Taker taker) {
  return [&draft, taker = std::move(taker)](const Given& given) -> Result<Done> {
    if (draft.needs_mqtt5.empty()) draft.needs_mqtt5 = given.flag();
    return taker(given);
  };
}

// A descriptor that the caller has opened for us.
Result<int> open_descriptor(const Given& given, int least, Direction direction) {
  const auto number = whole_number(given, least, INT32_MAX);
  if (!number) return number.error();
  const int fd = static_cast<int>(*number);
  if (auto open = check_descriptor(given.flag(), fd, direction); !open) return open.error();
  return fd;
}

Result<Done> take_protocol(const Given& given, std::optional<Protocol>& protocol) {
  // mosquitto's spellings, then those of HiveMQ's and EMQX's tools.
  constexpr std::array<std::pair<std::string_view, Protocol>, 13> kSpellings = {{
      {"5", Protocol::mqtt5},
      {"mqttv5", Protocol::mqtt5},
      {"5.0", Protocol::mqtt5},
      {"v5", Protocol::mqtt5},
      {"311", Protocol::mqtt311},
      {"mqttv311", Protocol::mqtt311},
      {"3.1.1", Protocol::mqtt311},
      {"v3.1.1", Protocol::mqtt311},
      {"3", Protocol::mqtt311},
      {"4", Protocol::mqtt311},
      {"31", Protocol::mqtt31},
      {"mqttv31", Protocol::mqtt31},
      {"3.1", Protocol::mqtt31},
  }};
  for (const auto& [spelling, meaning] : kSpellings) {
    if (given.value() == spelling) {
      protocol = meaning;
      return Done{};
    }
  }
  return bad_value(given, "5, 311 or 31");
}

Result<Done> take_session_expiry(const Given& given, std::optional<std::uint32_t>& expiry) {
  if (given.value() == "-1" || given.value() == "∞" || given.value() == "infinity") {
    expiry = kNever;
    return Done{};
  }
  const auto number = whole_number(given, 0, kNever);
  if (!number) return bad_value(given, "seconds up to 4294967295, or -1 for never");
  expiry = static_cast<std::uint32_t>(*number);
  return Done{};
}

Result<Done> take_tls_version(const Given& given, TlsVersion& version) {
  if (given.value() == "tlsv1.3") {
    version = TlsVersion::tls13;
  } else if (given.value() == "tlsv1.2") {
    version = TlsVersion::tls12;
  } else if (given.value() == "tlsv1.1") {
    version = TlsVersion::tls11;
  } else {
    return bad_value(given, "tlsv1.3, tlsv1.2 or tlsv1.1");
  }
  return Done{};
}

Result<Done> take_events(const Given& given, std::optional<EventFormat>& format) {
  if (given.value() == "human") {
    format = EventFormat::human;
  } else if (given.value() == "json") {
    format = EventFormat::json;
  } else if (given.value() == "logfmt") {
    format = EventFormat::logfmt;
  } else if (given.value() == "none") {
    format = EventFormat::none;
  } else {
    return bad_value(given, "human, json, logfmt or none");
  }
  return Done{};
}

// A failover option as a flag: the URI's name, and durations as its bare milliseconds.
Taker failover_taker(CommonDraft& draft, const FailoverOption& entry, bool value) {
  return [&draft, &entry, value](const Given& given) -> Result<Done> {
    std::string text;
    if (entry.kind == OptionKind::boolean) {
      text = value ? "true" : "false";
    } else if (entry.kind == OptionKind::duration) {
      const auto time = duration(given);
      if (!time) return time.error();
      if (time->count() > 0 && milliseconds(*time) == 0) return bad_value(given, "at least 1ms");
      text = std::to_string(milliseconds(*time));
    } else {
      text = given.value();
      if (text.empty()) return bad_value(given, "a value");
    }
    draft.options.failover.options.emplace_back(std::string(entry.camelName), text);
    return Done{};
  };
}

void add_server_takers(Takers& takers, CommonDraft& draft) {
  takers["server"] =
      name_by(draft, [](const std::string& text) -> Naming { return NamedServer{text}; });
  takers["host"] =
      name_by(draft, [](const std::string& text) -> Naming { return NamedHost{text}; });
  takers["url"] = name_by(draft, [](const std::string& text) -> Naming { return NamedUrl{text}; });
  takers["servers"] =
      name_by(draft, [](const std::string& text) -> Naming { return NamedFile{text}; });
  takers["component"] =
      name_by(draft, [](const std::string& text) -> Naming { return NamedComponent{text}; });
  takers["port"] = [&draft](const Given& given) -> Result<Done> {
    const auto port = whole_number(given, 1, 65535);
    if (!port) return port.error();
    draft.options.naming.ports.push_back(static_cast<int>(*port));
    return Done{};
  };
  ServerDefaults& defaults = draft.options.naming.defaults;
  takers["username"] = [&defaults](const Given& given) -> Result<Done> {
    if (!is_utf8(given.value())) return bad_value(given, "UTF-8");
    defaults.username = given.value();
    return Done{};
  };
  takers["pw"] = [&defaults](const Given& given) -> Result<Done> {
    defaults.password = Secret(given.value());
    return Done{};
  };
  takers["pw-file"] = [&defaults](const Given& given) -> Result<Done> {
    auto password = password_from_file(given.flag(), given.value());
    if (!password) return password.error();
    defaults.password = std::move(*password);
    return Done{};
  };
  takers["pw-fd"] = [&defaults](const Given& given) -> Result<Done> {
    const auto fd = open_descriptor(given, 0, Direction::reading);
    if (!fd) return fd.error();
    auto password = password_from_fd(given.flag() + " " + given.value(), *fd);
    if (!password) return password.error();
    defaults.password = std::move(*password);
    return Done{};
  };
  takers["cert-dir"] = [&draft](const Given& given) -> Result<Done> {
    if (given.value().empty()) return bad_value(given, "a directory");
    draft.options.naming.certificates.given.push_back(given.value());
    return Done{};
  };
  KeySource& key = draft.options.naming.key;
  takers["key-file"] = [&key](const Given& given) -> Result<Done> {
    if (given.value().empty()) return bad_value(given, "a file");
    key.file = given.value();
    key.given.reset();
    return Done{};
  };
  takers["key-fd"] = [&key](const Given& given) -> Result<Done> {
    const auto fd = open_descriptor(given, 0, Direction::reading);
    if (!fd) return fd.error();
    auto text = read_key_fd(given.flag() + " " + given.value(), *fd);
    if (!text) return text.error();
    key.given = std::move(*text);
    return Done{};
  };
}

void add_tls_takers(Takers& takers, ServerDefaults& defaults) {
  TlsSettings& tls = defaults.tls;
  // mosquitto: any of these turns TLS on.
  const auto wanting = [&defaults](Taker taker) -> Taker {
    return [&defaults, taker = std::move(taker)](const Given& given) -> Result<Done> {
      defaults.tls_wanted = true;
      return taker(given);
    };
  };
  takers["cafile"] = wanting(set_text(tls.cafile, "a file"));
  takers["capath"] = wanting(set_text(tls.capath, "a directory"));
  takers["cert"] = wanting(set_text(tls.cert, "a file"));
  takers["key"] = set_text(tls.key, "a file");
  takers["tls-use-os-certs"] = wanting(set(tls.use_os_certs));
  takers["psk"] = wanting([&tls](const Given& given) -> Result<Done> {
    const std::string& digits = given.value();
    // Not bad_value(), which would show it.
    if (!all_hexadecimal(digits) || digits.empty() || digits.size() % 2 != 0 ||
        digits.size() > 512) {
      return Error{ErrorKind::usage, given.flag() + " takes a key in hexadecimal digits",
                   "two for each byte, 256 bytes at most"};
    }
    tls.psk = Secret(digits);
    return Done{};
  });
  takers["psk-identity"] = set_text(tls.psk_identity, "an identity of at most 255 bytes", 255);
  takers["ciphers"] = set_text(tls.ciphers, "a list of ciphers");
  takers["tls-alpn"] = set_text(tls.alpn, "a protocol of at most 255 bytes", 255);
  takers["tls-version"] = [&tls](const Given& given) {
    return take_tls_version(given, tls.version);
  };
  takers["insecure"] = set(tls.verify_name, false);
  takers["no-verify"] = [&tls](const Given&) -> Result<Done> {
    tls.verify_chain = false;
    tls.verify_name = false;
    return Done{};
  };
}

// -x is a property of CONNECT by another name.
Result<Done> check_session_expiry(const CommonDraft& draft) {
  const std::string property = "connect session-expiry-interval";
  for (const char* source : {kCommandLine, kOptionsFile}) {
    if (draft.properties.contains(std::string("-x") + source) &&
        draft.properties.contains(property + source)) {
      return Error{ErrorKind::usage, "-x and -D " + property + " say the same", "give one of them"};
    }
  }
  return Done{};
}

void add_connection_takers(Takers& takers, CommonDraft& draft) {
  CommonOptions& options = draft.options;
  takers["id"] = set_text(draft.id, "a client id");
  takers["id-prefix"] = set(draft.id_prefix);
  takers["keepalive"] = [&options](const Given& given) -> Result<Done> {
    const auto number = whole_number(given, 1, 65535);
    if (!number) return number.error();
    options.connect.keepalive = std::chrono::seconds(*number);
    return Done{};
  };
  takers["protocol-version"] = [&options](const Given& given) {
    return take_protocol(given, options.protocol);
  };
  takers["disable-clean-session"] = set(options.connect.clean_session, false);
  takers["x"] = mqtt5(draft, [&options, &draft](const Given& given) {
    draft.properties.insert("-x" + source_of(given));
    return take_session_expiry(given, options.connect.properties.session_expiry);
  });
  takers["property"] =
      mqtt5(draft, [&draft](const Given& given) { return take_property(given, draft); });
  takers["nodelay"] = [](const Given&) -> Result<Done> { return Done{}; };
  takers["will-topic"] = [&draft](const Given& given) -> Result<Done> {
    draft.will_topic = given.value();
    return check_topic_name(given.flag(), given.value());
  };
  takers["will-payload"] = [&draft](const Given& given) -> Result<Done> {
    if (given.value().size() > 65535) return bad_value(given, "at most 65535 bytes");
    draft.will_payload = given.value();
    return Done{};
  };
  takers["will-qos"] = set_number(draft.will_qos, 0, 2);
  takers["will-retain"] = set(draft.will_retain);
}

Result<Done> check_psk(const TlsSettings& tls) {
  if (tls.psk.has_value() == tls.psk_identity.empty()) {
    return Error{ErrorKind::usage,
                 tls.psk ? "--psk without --psk-identity" : "--psk-identity without --psk",
                 "the server knows a key by its identity: give both"};
  }
  if (!tls.psk) return Done{};
  const char* const other = !tls.cafile.empty()   ? "--cafile"
                            : !tls.capath.empty() ? "--capath"
                            : !tls.cert.empty()   ? "--cert"
                            : tls.use_os_certs    ? "--tls-use-os-certs"
                                                  : nullptr;
  if (other != nullptr) {
    return Error{ErrorKind::usage, std::string("--psk and ") + other + " exclude each other",
                 "a pre-shared key takes the place of certificates"};
  }
  if (tls.version != TlsVersion::any && tls.version != TlsVersion::tls12) {
    return Error{ErrorKind::usage, "--psk needs TLS 1.2, which --tls-version rules out",
                 "leave out one of the two"};
  }
  return Done{};
}

Result<Done> finish_client_id(CommonDraft& draft, const Environment& environment) {
  if (!draft.id.empty() && !draft.id_prefix.empty()) {
    return Error{ErrorKind::usage, "-i and -I exclude each other", "give one of them"};
  }
  draft.options.client_id_given = !draft.id.empty() || !draft.id_prefix.empty();
  std::string& id = draft.options.connect.client_id;
  if (!draft.id.empty()) {
    id = draft.id;
  } else if (!draft.id_prefix.empty()) {
    id = draft.id_prefix + std::to_string(environment.pid);
  } else {
    // 23 characters: what every MQTT 3.1.1 server must accept.
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "mqfail-%016llx",
                  static_cast<unsigned long long>(environment.dice));
    id = text.data();
  }
  if (!is_utf8(id) || id.size() > 65535) {
    return Error{ErrorKind::usage, "the client id is not UTF-8 or too long",
                 "give another with -i"};
  }
  if (draft.options.protocol == Protocol::mqtt31 && id.size() > 23) {
    return Error{ErrorKind::usage, "the client id is longer than the 23 bytes that -V 31 allows",
                 "give a shorter one with -i"};
  }
  return Done{};
}

Result<Done> finish_session(CommonDraft& draft) {
  ConnectSettings& connect = draft.options.connect;
  if (!connect.clean_session && !connect.properties.session_expiry) {
    connect.properties.session_expiry = kNever;  // as mosquitto; without effect before MQTT 5
  }
  if (draft.id.empty() && !connect.clean_session) {
    return Error{ErrorKind::usage, "-c keeps a session, which belongs to a client id",
                 "give one with -i"};
  }
  if (draft.id.empty() && connect.properties.session_expiry == kNever) {
    return Error{ErrorKind::usage,
                 "-x asks for a session that never ends, which belongs to a client id",
                 "give one with -i"};
  }
  return Done{};
}

Result<Done> finish_will(CommonDraft& draft) {
  if (draft.will_topic.empty()) {
    const char* flag = draft.will_payload                                   ? "--will-payload"
                       : draft.will_qos                                     ? "--will-qos"
                       : draft.will_retain                                  ? "--will-retain"
                       : draft.will_delay || !draft.will_properties.empty() ? "-D WILL"
                                                                            : nullptr;
    if (flag == nullptr) return Done{};
    return Error{ErrorKind::usage, std::string(flag) + " without a will",
                 "name its topic with --will-topic"};
  }
  draft.options.connect.will =
      Will{draft.will_topic,  draft.will_payload.value_or(""), draft.will_qos.value_or(0),
           draft.will_retain, draft.will_properties,           draft.will_delay};
  return Done{};
}

Result<Done> finish_events(CommonDraft& draft) {
  EventChoice& choice = draft.options.events;
  if (!choice.copy_fd) {
    choice.on_stderr = draft.events.value_or(EventFormat::human);
  } else if (draft.events == EventFormat::none) {
    return Error{ErrorKind::usage, "--events none and --events-fd contradict each other",
                 "give one of them"};
  } else {
    choice.copy = draft.events.value_or(EventFormat::json);
  }
  return Done{};
}

}  // namespace

Takers common_takers(CommonDraft& draft) {
  CommonOptions& options = draft.options;
  Takers takers;
  add_server_takers(takers, draft);
  add_tls_takers(takers, options.naming.defaults);
  add_connection_takers(takers, draft);
  for (const FailoverOption& entry : failover_options()) {
    const std::string name(entry.kebabName);
    takers[name] = failover_taker(draft, entry, true);
    if (entry.kind == OptionKind::boolean) {
      takers["no-" + name] = failover_taker(draft, entry, false);
    }
  }
  takers["once"] = set(options.once);
  takers["seed"] = set_number(options.seed, 0, INT64_MAX);
  takers["trace"] = set(options.trace_file);
  takers["events"] = [&draft](const Given& given) { return take_events(given, draft.events); };
  takers["events-fd"] = [&options](const Given& given) -> Result<Done> {
    const auto fd = open_descriptor(given, 1, Direction::writing);
    if (!fd) return fd.error();
    options.events.copy_fd = *fd;
    return Done{};
  };
  takers["quiet"] = set(options.events.quiet);
  takers["debug"] = set(options.debug);
  return takers;
}

Result<Done> finish_common(Tool tool, CommonDraft& draft, const Environment& environment) {
  CommonOptions& options = draft.options;
  options.naming.environment = environment.servers;
  if (environment.xdg_config_home && !environment.xdg_config_home->empty()) {
    options.naming.config_home = *environment.xdg_config_home;
  } else if (environment.home && !environment.home->empty()) {
    options.naming.config_home = *environment.home + "/.config";
  }
  options.naming.key.credentials = environment.key.credentials;
  options.naming.key.state_home = environment.key.state_home;
  options.naming.certificates.environment = environment.certificates.environment;
  options.naming.certificates.home = environment.certificates.home;
  const TlsSettings& tls = options.naming.defaults.tls;
  if (tls.cert.empty() != tls.key.empty()) {
    return Error{ErrorKind::usage,
                 tls.cert.empty() ? "--key without --cert" : "--cert without --key",
                 "a client certificate needs both"};
  }
  if (auto done = check_psk(tls); !done) return done;
  options.needs_mqtt5 = !draft.needs_mqtt5.empty();
  if (options.needs_mqtt5 && options.protocol && *options.protocol != Protocol::mqtt5) {
    return Error{ErrorKind::usage, draft.needs_mqtt5 + " needs MQTT 5, which -V rules out",
                 "leave out one of the two"};
  }
  if (auto done = check_session_expiry(draft); !done) return done;
  if (auto done = finish_client_id(draft, environment); !done) return done;
  if (tool != Tool::probe) {
    if (auto done = finish_session(draft); !done) return done;
  }
  if (auto done = finish_will(draft); !done) return done;
  return finish_events(draft);
}

}  // namespace mqfail
