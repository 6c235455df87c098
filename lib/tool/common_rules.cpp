// SPDX-License-Identifier: Apache-2.0
// Rules between the shared options that a row cannot express, and the settings that follow from
// several options.
#include <array>
#include <cstdio>

#include "base/utf8.hpp"
#include "tool/draft.hpp"
#include "tool/mosquitto_face.hpp"

namespace mqfail {
namespace {

// -x is a property of CONNECT by another name.
Result<Done> check_session_expiry(const Draft& draft) {
  const std::string property = "connect session-expiry-interval";
  for (const char* source : {kCommandLine, kOptionsFile}) {
    if (draft.properties.contains(std::string("-x") + source) &&
        draft.properties.contains(property + source)) {
      return Error{ErrorKind::usage, "-x and -D " + property + " say the same", "give one of them"};
    }
  }
  return Done{};
}

// What MQTT 5 asks of properties of several packets together.
Result<Done> check_properties(const Draft& draft) {
  const ConnectSettings& connect = draft.common.connect;
  if (connect.properties.authentication_data && !connect.properties.authentication_method) {
    return Error{ErrorKind::usage, "-D connect authentication-data without authentication-method",
                 "name the method, too (MQTT 5, 3.1.2.11.10)"};
  }
  const bool keeps = connect.properties.session_expiry.value_or(0) != 0 || !connect.clean_session;
  if (connect.disconnect.session_expiry.value_or(0) != 0 && !keeps) {
    return Error{ErrorKind::usage,
                 "-D disconnect session-expiry-interval of a session that ends at once",
                 "keep the session with -x or -c (MQTT 5, 3.14.2.2.2)"};
  }
  return Done{};
}

Result<Done> check_psk(const TlsSettings& tls) {
  if (tls.psk.has_value() == tls.psk_identity.empty()) {
    return Error{ErrorKind::usage,
                 tls.psk ? "--psk without --psk-identity" : "--psk-identity without --psk",
                 "the server knows a key by its identity: give both"};
  }
  if (tls.psk && tls.version != TlsVersion::any && tls.version != TlsVersion::tls12) {
    return Error{ErrorKind::usage, "--psk needs TLS 1.2, which --tls-version rules out",
                 "leave out one of the two"};
  }
  return Done{};
}

Result<Done> finish_client_id(Draft& draft, const Environment& environment) {
  draft.common.client_id_given = !draft.id.empty() || !draft.id_prefix.empty();
  draft.common.naming.client_id_given = draft.common.client_id_given;
  std::string& id = draft.common.connect.client_id;
  if (!draft.id.empty()) {
    id = draft.id;
  } else if (!draft.id_prefix.empty()) {
    id = draft.id_prefix + std::to_string(environment.pid);
  } else if (environment.as_mosquitto && draft.common.protocol != Protocol::mqtt31) {
    id.clear();  // the server makes one
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
  if (draft.common.protocol == Protocol::mqtt31 && id.size() > 23) {
    return Error{ErrorKind::usage, "the client id is longer than the 23 bytes that -V 31 allows",
                 "give a shorter one with -i"};
  }
  return Done{};
}

Result<Done> finish_session(Draft& draft) {
  ConnectSettings& connect = draft.common.connect;
  if (!connect.clean_session && !connect.properties.session_expiry) {
    connect.properties.session_expiry =
        kNeverExpires;  // as mosquitto; without effect before MQTT 5
  }
  if (draft.id.empty() && !connect.clean_session) {
    return Error{ErrorKind::usage, "-c keeps a session, which belongs to a client id",
                 "give one with -i"};
  }
  if (draft.id.empty() && connect.properties.session_expiry == kNeverExpires) {
    return Error{ErrorKind::usage,
                 "-x asks for a session that never ends, which belongs to a client id",
                 "give one with -i"};
  }
  return Done{};
}

Result<Done> finish_will(Draft& draft) {
  Will& will = draft.will;
  if (will.topic.empty()) {
    const char* flag = draft.will_payload                       ? "--will-payload"
                       : draft.will_qos                         ? "--will-qos"
                       : will.retain                            ? "--will-retain"
                       : will.delay || !will.properties.empty() ? "-D WILL"
                                                                : nullptr;
    if (flag == nullptr) return Done{};
    return Error{ErrorKind::usage, std::string(flag) + " without a will",
                 "name its topic with --will-topic"};
  }
  will.payload = draft.will_payload.value_or("");
  will.qos = draft.will_qos.value_or(0);
  draft.common.connect.will = std::move(will);
  return Done{};
}

Result<Done> finish_events(Draft& draft) {
  EventChoice& choice = draft.common.events;
  const bool silent = choice.as_mosquitto && !draft.common.debug;
  if (!choice.copy_fd) {
    choice.on_stderr = draft.events.value_or(silent ? EventFormat::none : EventFormat::human);
  } else if (draft.events == EventFormat::none) {
    return Error{ErrorKind::usage, "--events none and --events-fd contradict each other",
                 "give one of them"};
  } else {
    choice.copy = draft.events.value_or(EventFormat::json);
    if (silent) choice.on_stderr = EventFormat::none;
  }
  return Done{};
}

}  // namespace

Result<Done> finish_common(Tool tool, Draft& draft, const Environment& environment) {
  CommonOptions& options = draft.common;
  options.naming.environment = environment.servers;
  options.naming.config_home = environment.config_home();
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
  options.needs_mqtt5 = options.naming.needs_mqtt5 = !draft.needs_mqtt5.empty();
  if (options.needs_mqtt5 && options.protocol && *options.protocol != Protocol::mqtt5) {
    return Error{ErrorKind::usage, draft.needs_mqtt5 + " needs MQTT 5, which -V rules out",
                 "leave out one of the two"};
  }
  if (environment.as_mosquitto) finish_as_mosquitto(draft);
  if (auto done = check_session_expiry(draft); !done) return done;
  if (auto done = check_properties(draft); !done) return done;
  if (auto done = finish_client_id(draft, environment); !done) return done;
  if (tool != Tool::probe) {
    if (auto done = finish_session(draft); !done) return done;
  }
  if (auto done = finish_will(draft); !done) return done;
  return finish_events(draft);
}

}  // namespace mqfail
