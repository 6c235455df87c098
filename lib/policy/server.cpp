// SPDX-License-Identifier: Apache-2.0
// Prints and compares servers. Printed text never contains a user, a password or a query.
#include "policy/server.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace mqfail {

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

RequestPath split_request_path(std::string_view path) {
  const std::size_t mark = std::min(path.find(kQueryMark), path.size());
  return {path.substr(0, mark), path.substr(std::min(mark + 1, path.size()))};
}

std::string redacted_uri(const Server& server) {
  // Without the query, which may hold a token. What RFC 3986 allows in a path stays.
  return std::string(scheme_name(server.scheme)) + "://" + endpoint(server) +
         percent_encoded(split_request_path(server.path).path, "/:@!$&'()*+,;=");
}

std::string endpoint(const Server& server) {
  return bracketed(server.host) + ":" + std::to_string(server.port);
}

std::string endpoint_key(const Server& server) {
  return std::to_string(static_cast<int>(server.scheme)) + ":" + std::to_string(server.port) + ":" +
         lower_case(server.host);
}

bool same_endpoint(const Server& a, const Server& b) {
  return a.scheme == b.scheme && a.port == b.port && same_word(a.host, b.host);
}

bool same_cluster(const Server& a, const Server& b) {
  return !a.cluster.empty() && a.cluster == b.cluster;
}

}  // namespace mqfail
