// SPDX-License-Identifier: Apache-2.0
// A server back into its URI: the other half of server_uri.cpp.
#include <string>
#include <string_view>

#include "base/encoding.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"
#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {

std::string reference(const std::optional<std::string>& name) {
  return name ? "{{" + percent_encoded(*name) + "}}" : std::string();
}

// To the microsecond, which is all that a Duration holds.
std::string milliseconds_text(Duration time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const std::string fraction = std::to_string(micro % 1000 + 1000).substr(1);
  const std::size_t digits = fraction.find_last_not_of('0') + 1;
  return std::to_string(micro / 1000) + (digits > 0 ? "." + fraction.substr(0, digits) : "") + "ms";
}

}  // namespace

std::string write_server_uri(const ServerDraft& draft) {
  const Server& server = draft.server;
  const TlsSettings& tls = server.tls;
  std::string uri =
      server.scheme == Scheme::tcp ? "mqtt://" : std::string(scheme_name(server.scheme)) + "://";
  if (server.username) uri += percent_encoded(*server.username);
  if (server.password) uri += ":";  // an empty one
  if (server.username || server.password) uri += "@";
  uri += uri_host(server.host);
  const bool web_socket = is_web_socket(server.scheme);
  const RequestPath request = split_request_path(server.path);
  if (draft.port_given || !web_socket) uri += ":" + std::to_string(server.port);
  if (web_socket && request.path != default_path(server.scheme))
    uri += percent_encoded(request.path, kPathBytes);

  char separator = '?';
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    uri.append(1, separator).append(name).append("=").append(value);
    separator = '&';
  };
  const auto add_text = [&](std::string_view name, const std::string& value) {
    add(name, percent_encoded(value, kPathBytes));
  };
  add_text("serverId", server.id);
  add("query", percent_encoded(request.query));
  if (is_tls(server.scheme) && (draft.tls_version_given || tls.version != TlsVersion::any))
    add("tls", std::string(kTlsWords[tls_word_index(tls.version)]));
  if ((draft.verify_given && is_tls(server.scheme)) || !tls.verify_chain)
    add("validate", tls.verify_chain ? "true" : "false");
  add("clientCertificateThumbprint", tls.thumbprint);
  add_text("component", draft.secrets_of);
  add("password", reference(draft.password_name));
  add("clientCertificatePassword", reference(draft.certificate_password_name));
  add_text("password-file", draft.password_file.value_or(""));
  add_text("cafile", tls.cafile);
  add_text("cert", tls.cert);
  add_text("key", tls.key);
  add_text("clientId", server.client_id.value_or(""));
  if (server.protocol) add("protocol", std::string(uri_word(*server.protocol)));
  add_text("cluster", server.cluster);
  if (server.connect_timeout) add("connectTimeout", milliseconds_text(*server.connect_timeout));
  return uri;
}

}  // namespace mqfail
