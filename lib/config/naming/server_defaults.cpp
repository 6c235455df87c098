// SPDX-License-Identifier: Apache-2.0
#include "config/naming/server_defaults.hpp"

#include <map>
#include <unordered_set>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

Error usage(std::string message, std::string hint = {}) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}

void inherit_tls(const TlsSettings& common, ServerDraft& draft) {
  TlsSettings& tls = draft.server.tls;
  const bool own_trust = !tls.cafile.empty() || !tls.capath.empty();
  if (!own_trust) {
    tls.cafile = common.cafile;
    tls.capath = common.capath;
    tls.use_os_certs = tls.use_os_certs || common.use_os_certs;
  }
  // A certificate and its key belong together: both are the server's own, or both are common.
  if (tls.cert.empty() && tls.key.empty() && tls.thumbprint.empty()) {
    tls.cert = common.cert;
    tls.key = common.key;
  }
  // A common key is not for a server with trust or a certificate of its own.
  if (!own_trust && tls.cert.empty() && tls.thumbprint.empty()) {
    tls.psk = common.psk;
    tls.psk_identity = common.psk_identity;
  }
  if (tls.ciphers.empty()) tls.ciphers = common.ciphers;
  if (tls.alpn.empty()) tls.alpn = common.alpn;
  // `any` is the default of the options, and a document's default of TLS 1.2 wins over it.
  if (!draft.tls_version_given && common.version != TlsVersion::any) tls.version = common.version;
  if (!draft.verify_given) {
    tls.verify_chain = common.verify_chain;
    tls.verify_name = common.verify_name;
  }
}

// Whether the files can be used is asked when they are: certificates/tls_files.hpp.
Result<Done> check_tls(const ServerDraft& draft) {
  const TlsSettings& tls = draft.server.tls;
  if (tls.psk && tls.version != TlsVersion::any && tls.version != TlsVersion::tls12) {
    return usage(draft.shown + ": a pre-shared key needs TLS 1.2",
                 "leave out --psk, or let this server speak TLS 1.2");
  }
  if (tls.cert.empty() != tls.key.empty()) {
    return usage(draft.shown + ": a client certificate needs both cert and key",
                 "give --cert and --key together");
  }
  return Done{};
}

// The scheme of a host without one. As with mosquitto, --ws changes no port.
void choose_scheme(const ServerDefaults& defaults, ServerDraft& draft) {
  Server& server = draft.server;
  const bool tls = defaults.tls_wanted && !defaults.no_tls;
  if (tls && !draft.port_given) server.port = default_port(Scheme::tls);
  if (defaults.web_socket) {
    server.scheme = tls ? Scheme::wss : Scheme::ws;
    server.path = default_path(server.scheme);
  } else if (tls) {
    server.scheme = Scheme::tls;
  }
}

Error not_offered(const std::string& server, std::string_view what) {
  return {
      ErrorKind::data, server + ": an update may not name " + std::string(what),
      "options that hold for all servers, such as -u, --pw-file and --cafile, hold for those of "
      "an update, too"};
}

}  // namespace

Result<Done> check_offered(const ServerDraft& draft) {
  const Server& server = draft.server;
  const TlsSettings& tls = server.tls;
  if (server.username) return not_offered(draft.shown, "a user");
  if (server.password || draft.password_file || draft.password_name)
    return not_offered(draft.shown, "a password");
  if (!tls.cert.empty() || !tls.key.empty() || !tls.cafile.empty() || !tls.capath.empty())
    return not_offered(draft.shown, "files");
  if (!tls.thumbprint.empty() || draft.certificate_password_name || tls.certificate_password)
    return not_offered(draft.shown, "a client certificate");
  if (tls.psk || !tls.psk_identity.empty()) return not_offered(draft.shown, "a pre-shared key");
  if (!tls.verify_chain || !tls.verify_name || tls.version == TlsVersion::tls11 ||
      !tls.ciphers.empty())
    return not_offered(draft.shown, "a weaker TLS");
  if (server.client_id) return not_offered(draft.shown, "a client id");
  if (!draft.secrets_of.empty()) return not_offered(draft.shown, "a stored list");
  return Done{};
}

Result<Done> check_offered(const DocumentServer& server) {
  if (server.password) return not_offered(printable(server.host, 100), "a password");
  if (server.thumbprint || server.certificate_password)
    return not_offered(printable(server.host, 100), "a client certificate");
  return check_offered(draft_of(server));
}

Result<Done> check_offered(const DataSourceClient& client) {
  if (client.client_id) return not_offered("DataSource", "a client id");
  return Done{};
}

Error prefixed(std::string_view flag, const Error& error) {
  return {error.kind, std::string(flag) + ": " + error.message, error.hint};
}

Result<Secret> read_source(const NamingRequest& request, const std::string& path, std::size_t limit,
                           Streams& streams) {
  if (const auto kept = streams.find(path); kept != streams.end()) return kept->second;
  const bool stream = is_stream(path);
  auto text = request.again ? read_regular_file(path, limit) : read_file(path, limit);
  if (!text) return text.error();
  Secret secret(std::move(*text));  // it may hold passwords
  if (stream) streams[path] = secret;
  return secret;
}

Result<Done> complete_draft(const NamingRequest& request, ServerDraft& draft, NamedRoster& roster) {
  const ServerDefaults& defaults = request.defaults;
  Server& server = draft.server;
  if (!draft.scheme_given) choose_scheme(defaults, draft);
  if (draft.password_file) {
    const std::string& path = *draft.password_file;
    const auto text = read_source(request, path, kLargestPasswordFile, roster.streams);
    if (!text) return prefixed(draft.shown, text.error());
    auto password = first_line(path, *text);
    if (!password) return prefixed(draft.shown, password.error());
    server.password = std::move(*password);
  }
  if (defaults.cluster && server.cluster.empty()) server.cluster = "--cluster";
  // -u and -P are a pair: with -u given, its password is not shown to a server with another user.
  const bool same_user =
      !server.username || !defaults.username || *server.username == *defaults.username;
  if (!server.password && same_user) server.password = defaults.password;
  if (!server.username) server.username = defaults.username;
  if (server.password && !server.username) {
    return usage(draft.shown + ": You cannot specify a Password without specifying a UserName.",
                 "give the user as well: -u, or user:password@host");
  }
  if (is_tls(server.scheme)) {
    inherit_tls(defaults.tls, draft);
    if (const auto good = check_tls(draft); !good) return good.error();
  } else if (defaults.tls_wanted && !defaults.no_tls) {
    roster.warnings.push_back(draft.shown + " is plain text: the TLS options have no effect there");
  }
  return Done{};
}

void give_ids(std::vector<ServerDraft>& drafts, std::vector<std::string>& warnings) {
  std::unordered_set<std::string> taken;
  taken.reserve(drafts.size());
  std::map<std::string, int> next;  // of those that are taken
  const auto settle = [&](Server& server, bool given) {
    if (!given) server.id = endpoint(server);
    if (taken.insert(lower_case(server.id)).second) return;
    const std::string wanted = server.id;
    int& number = next.emplace(wanted, 2).first->second;
    do {
      server.id = wanted + "#" + std::to_string(number++);
    } while (!taken.insert(lower_case(server.id)).second);
    if (given) {
      warnings.push_back("serverId '" + printable(wanted, 100) +
                         "' is used twice; the second is called '" + printable(server.id, 110) +
                         "'");
    }
  };
  std::vector<Server*> nameless;
  for (ServerDraft& draft : drafts) {
    if (draft.server.id.empty()) {
      nameless.push_back(&draft.server);
    } else {
      settle(draft.server, true);
    }
  }
  for (Server* server : nameless) settle(*server, false);
}

}  // namespace mqfail
