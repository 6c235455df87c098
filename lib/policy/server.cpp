// SPDX-License-Identifier: Apache-2.0
// Shows and compares servers. What is shown never contains a user or a password.
#include "policy/server.hpp"

#include <algorithm>

namespace mqfail {
namespace {

std::string_view scheme_name(Scheme scheme) {
  switch (scheme) {
    case Scheme::tcp:
      return "tcp";
    case Scheme::tls:
      return "mqtts";
    case Scheme::ws:
      return "ws";
    case Scheme::wss:
      return "wss";
  }
  return "";
}

// ASCII only: host names reach us in their ASCII form, and a locale would make this impure.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string redacted_uri(const Server& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  std::string out(scheme_name(server.scheme));
  out += "://";
  out += is_ipv6 ? "[" + server.host + "]" : server.host;
  out += ':';
  out += std::to_string(server.port);
  out += server.path.substr(0, server.path.find('\0'));  // the query behind it may hold a token
  return out;
}

std::string endpoint_key(const Server& server) {
  std::string key = std::to_string(static_cast<int>(server.scheme)) + ":" +
                    std::to_string(server.port) + ":" + server.host;
  std::transform(key.begin(), key.end(), key.begin(), lower);
  return key;
}

bool same_endpoint(const Server& a, const Server& b) {
  return a.scheme == b.scheme && a.port == b.port &&
         std::equal(a.host.begin(), a.host.end(), b.host.begin(), b.host.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace mqfail
