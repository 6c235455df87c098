// SPDX-License-Identifier: Apache-2.0
// Makes a roster from what the user wrote: the ways of naming servers of product.md section 1, and
// their order. The command line only records them; everything is decided here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "certificates/search.hpp"
#include "config/secrets/key_file.hpp"
#include "config/uri/discovery_uri.hpp"
#include "config/uri/failover_options.hpp"
#include "policy/server.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// One way of naming servers as it stood on the command line, in its order.
struct NamedServer {  // -s URI (a server, or a whole failover: or discovery: URI)
  std::string uri;
  friend bool operator==(const NamedServer&, const NamedServer&) = default;
};
struct NamedHost {  // -h HOST; its -p, if any, is matched by position
  std::string host;
  friend bool operator==(const NamedHost&, const NamedHost&) = default;
};
struct NamedUrl {  // -L URL: server and topic in one
  std::string url;
  friend bool operator==(const NamedUrl&, const NamedUrl&) = default;
};
struct NamedFile {  // --servers FILE, "-" is standard input
  std::string path;
  friend bool operator==(const NamedFile&, const NamedFile&) = default;
};
struct NamedComponent {  // --component ID
  std::string id;
  friend bool operator==(const NamedComponent&, const NamedComponent&) = default;
};
using Naming = std::variant<NamedServer, NamedHost, NamedUrl, NamedFile, NamedComponent>;

/// Options for all servers; what a server says itself wins.
struct ServerDefaults {
  std::optional<std::string> username;
  std::optional<Secret> password;
  TlsSettings tls;
  bool cluster = false;     ///< --cluster: nodes of one cluster
  bool web_socket = false;  ///< --ws: -h means WebSocket
  bool no_tls = false;      ///< --no-tls: -h never means TLS
  bool tls_wanted = false;  ///< --cafile, --capath, --cert or --tls-use-os-certs given: -h means
                            ///< TLS, as mosquitto
  friend bool operator==(const ServerDefaults&, const ServerDefaults&) = default;
};

/// What was read of files that can be read only once (standard input, FIFOs), by path.
using Streams = std::map<std::string, Secret>;

/// Everything that names servers. `ports`: none, one (for all hosts) or one for each -h. Without
/// any -h, one port is for localhost.
struct NamingRequest {
  std::vector<Naming> namings;
  std::vector<int> ports;
  ServerDefaults defaults;
  std::optional<std::string> environment;           ///< $MQFAIL_SERVERS
  std::string environment_name = "MQFAIL_SERVERS";  ///< how errors call it
  std::string config_home;                          ///< $XDG_CONFIG_HOME or ~/.config; empty: none
  KeySource key;                                    ///< opens sealed secrets
  Streams streams;  ///< of the first reading, if this is another one
  /// -i or -I, and -V: what a DataSource says of its servers does not count.
  bool client_id_given = false, protocol_given = false;
  bool needs_mqtt5 = false;  ///< nor does an older version that it names
  /// The environment wins over the command line, of which only the topics of -L count then; there
  /// is no stored default (product.md section 2, under mosquitto's names).
  bool as_mosquitto = false;
  bool again = false;  ///< read while a run goes on: only regular files are opened, without waiting
  /// The servers come from a server or the network. They may not name users, passwords, files,
  /// certificates, client ids, or a check of certificates that is weaker (failover.md section 5).
  bool offered = false;
  std::size_t most_servers = SIZE_MAX;  ///< in a document, in $MQFAIL_SERVERS or what stands for it
  CertificateSearch certificates;       ///< where client certificates are looked for
  friend bool operator==(const NamingRequest&, const NamingRequest&) = default;
};

/// A failover option given as a flag; it wins over the URI.
struct FailoverFlags {
  std::vector<std::pair<std::string, std::string>>
      options;  ///< camelCase name, value as in a URI (durations in ms)
  friend bool operator==(const FailoverFlags&, const FailoverFlags&) = default;
};

struct NamedRoster {
  ServerList servers;                  ///< ids unique; empty only if there are discoveries
  std::vector<std::string> origins;    ///< of each server: the flag, file or component
  std::vector<Discovery> discoveries;  ///< where more servers are found, in order, no doubles
  FailoverSettings settings;           ///< with the URI's options, then the flags'
  PublishTuning publish;               ///< with the same options; only mqfail-pub uses it
  SubscribeTuning subscribe;           ///< the same for mqfail-sub
  UpdateTuning updates;                ///< where a changed list may come from
  std::vector<std::string> topics;     ///< of -L
  std::vector<std::string> warnings;
  std::vector<std::string> documents;  ///< files to read again when they change
  Streams streams;                     ///< for NamingRequest, when they are read again
};

/// Decides. Errors name the flag or FILE:LINE:COL; several errors of one document are lines of one
/// message. Kinds: usage, data, no_input, configuration.
Result<NamedRoster> name_servers(const NamingRequest& request, const FailoverFlags& flags);

}  // namespace mqfail
