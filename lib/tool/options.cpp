// SPDX-License-Identifier: Apache-2.0
// From words to options, and the rules that can be checked only when the roster is known.
#include "tool/options.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "base/dice.hpp"
#include "policy/protocol_name.hpp"
#include "tool/mosquitto_face.hpp"
#include "tool/setters.hpp"

namespace mqfail {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread starts
  if (text == nullptr) return std::nullopt;
  return std::string(text);
}

}  // namespace

bool names_url(const NamingRequest& naming) {
  for (const Naming& one : naming.namings) {
    if (std::holds_alternative<NamedUrl>(one)) return true;
  }
  return false;
}

Environment Environment::of_process(std::string_view called_as) {
  Environment environment;
  environment.as_mosquitto = !mosquitto_name(called_as).empty();
  environment.servers = variable("MQFAIL_SERVERS");
  environment.xdg_config_home = variable("XDG_CONFIG_HOME");
  environment.home = variable("HOME");
  environment.key = key_source_of_user();
  environment.certificates = certificate_search_of_user();
  environment.pid = ::getpid();
  environment.dice = throw_dice();
  return environment;
}

std::string Environment::config_home() const {
  if (xdg_config_home && !xdg_config_home->empty()) return *xdg_config_home;
  return home && !home->empty() ? *home + "/.config" : "";
}

Result<std::variant<Draft, Printout>> read_draft(Tool tool, int argc, char** argv,
                                                 const Environment& environment) {
  auto sources = read_sources(tool, argc, argv, environment);
  if (!sources) return sources.error();
  std::variant<Draft, Printout> read;
  if (sources->printout) {
    read = std::move(*sources->printout);
    return read;
  }
  Draft& draft = std::get<Draft>(read);
  if (environment.as_mosquitto) begin_as_mosquitto(draft);
  if (auto done = set_all(sources->given, draft); !done) return done.error();
  if (auto done = finish_common(tool, draft, environment); !done) return done.error();
  return read;
}

FailoverSettings with_options(FailoverSettings settings, const CommonOptions& options) {
  settings.protocol = options.protocol;
  settings.once = options.once;
  settings.mqtt5_required = options.needs_mqtt5;
  settings.client_id_given = options.client_id_given;
  settings.keeps_session = options.connect.keeps_session();
  // Nobody answers: mosquitto does not try again. Once connected it does, for ever.
  if (options.as_mosquitto && !settings.bounded) settings.startup_max_passes = 1;
  settings.bounded = settings.bounded || options.as_mosquitto;
  settings.bounded = settings.bounded || options.once || options.time_limit.has_value() ||
                     !options.primary_host.id.empty();
  // Nor does the source of an update make a second connection.
  if (!options.primary_host.id.empty()) settings.rebalance = settings.rebalance.value_or(false);
  return settings;
}

Result<Done> check_standby(const FailoverSettings& settings, const CommonOptions& options) {
  const ConnectSettings& connect = options.connect;
  if (settings.standbys > 0 && settings.keeps_session) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a persistent session (-c, -x): a session belongs "
                 "to its client id, and the standby has one of its own",
                 "take --standby cold, or leave out -c and -x"};
  }
  if (settings.standbys > 0 && (connect.will || options.publishes_state)) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a will: a will belongs to its connection, so the "
                 "loss of an idle standby would publish it although we live",
                 "take --standby cold, or leave out the --will options and --publish-state"};
  }
  if (settings.priority_backup && settings.width != 1) {
    return Error{ErrorKind::usage,
                 "--priority-backup does not go with several servers in use at once",
                 "leave it out: the first server is in use whenever it is there"};
  }
  const bool several = settings.width != 1 || settings.standbys > 0 || settings.priority_backup ||
                       settings.connect_stagger || settings.rebalance.value_or(false);
  if (!options.primary_host.id.empty() && several) {
    return Error{ErrorKind::usage,
                 "--primary-host does not go with more than one connection at a time (--acks, "
                 "--standby warm and hot, --priority-backup, --rebalance-update-uris, "
                 "--connect-stagger): a Sparkplug edge "
                 "node is connected to one server only",
                 "leave out one of the two"};
  }
  return Done{};
}

Result<Done> check_servers(const ServerList& servers, const FailoverSettings& settings,
                           const CommonOptions& options) {
  constexpr std::size_t kLongest31 = 23;  // MQTT 3.1, 3.1
  constexpr std::size_t kSuffix = 8;      // "-standby"
  for (const Server& server : servers) {
    const auto protocol = fixed_protocol(server, settings.protocol);
    if (protocol && *protocol != Protocol::mqtt5 && settings.mqtt5_required) {
      return Error{ErrorKind::usage,
                   server.id + " is to be used with MQTT " + std::string(name(*protocol)) +
                       ", and an option needs MQTT 5",
                   "leave out one of the two"};
    }
    if (protocol != Protocol::mqtt31) continue;
    const std::string& id = server.client_id ? *server.client_id : options.connect.client_id;
    const bool random = !server.client_id && !settings.client_id_given && !settings.keeps_session;
    const bool suffix = !random && (settings.standbys > 0 || !server.cluster.empty());
    if (id.size() + (suffix ? kSuffix : 0) <= kLongest31) continue;
    return Error{ErrorKind::usage,
                 "the client id for " + server.id + (suffix ? ", with \"-standby\"," : "") +
                     " is longer than the 23 bytes that MQTT 3.1 allows",
                 "give a shorter one with -i, or with clientId= in the URI of the server"};
  }
  return Done{};
}

}  // namespace mqfail
