// SPDX-License-Identifier: Apache-2.0
// From words to options, and the rules that can be checked only when the roster is known.
#include "tool/options.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>

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

Environment Environment::of_process() {
  std::random_device device;
  Environment environment;
  environment.servers = variable("MQFAIL_SERVERS");
  environment.xdg_config_home = variable("XDG_CONFIG_HOME");
  environment.home = variable("HOME");
  environment.key = key_source_of_user();
  environment.certificates = certificate_search_of_user();
  environment.pid = ::getpid();
  environment.dice = (static_cast<std::uint64_t>(device()) << 32U) | device();
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
  if (auto done = set_all(sources->given, draft); !done) return done.error();
  if (auto done = finish_common(tool, draft, environment); !done) return done.error();
  return read;
}

Result<CommonOptions> with_client(CommonOptions options, const DataSourceClient& client) {
  if (!options.client_id_given && client.client_id) {
    options.connect.client_id = *client.client_id;
    options.client_id_given = true;
  }
  const bool fits = !options.needs_mqtt5 || client.protocol == Protocol::mqtt5;
  if (!options.protocol && fits) options.protocol = client.protocol;
  if (options.protocol == Protocol::mqtt31 && options.connect.client_id.size() > 23) {
    return Error{ErrorKind::data,
                 "the document's client id is longer than the 23 bytes that MQTT 3.1 allows",
                 "give a shorter one with -i"};
  }
  return options;
}

FailoverSettings with_options(FailoverSettings settings, const CommonOptions& options) {
  settings.protocol = options.protocol;
  settings.once = options.once;
  settings.mqtt5_required = options.needs_mqtt5;
  settings.client_id_given = options.client_id_given;
  settings.bounded = settings.bounded || options.once || options.time_limit.has_value();
  return settings;
}

Result<Done> check_standby(const FailoverSettings& settings, const CommonOptions& options) {
  constexpr std::size_t kSuffix = 8;  // "-standby"
  const ConnectSettings& connect = options.connect;
  const bool persistent =
      !connect.clean_session || connect.properties.session_expiry.value_or(0) != 0;
  if (settings.standbys > 0 && persistent) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a persistent session (-c, -x): a session belongs "
                 "to its client id, and the standby has one of its own",
                 "take --standby cold, or leave out -c and -x"};
  }
  if (settings.standbys > 0 && connect.will) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a will: a will belongs to its connection, so the "
                 "loss of an idle standby would publish it although we live",
                 "take --standby cold, or leave out the --will options"};
  }
  if (settings.standbys > 0 && settings.protocol == Protocol::mqtt31 &&
      connect.client_id.size() + kSuffix > 23) {
    return Error{ErrorKind::usage,
                 "the client id of the standby would be longer than the 23 bytes that -V 31 allows",
                 "give one of at most 15 bytes with -i"};
  }
  if (settings.priority_backup && settings.width != 1) {
    return Error{ErrorKind::usage,
                 "--priority-backup does not go with several servers in use at once",
                 "leave it out: the first server is in use whenever it is there"};
  }
  return Done{};
}

}  // namespace mqfail
