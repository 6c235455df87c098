// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 around the endpoint: connections, keep-alive, time limits, an orderly end. Boost.Beast
// stays behind this door. Rule: one thread reads and writes, a second one makes changes, one after
// the other, so that waiting for the store's lock stops nobody who only reads.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "rest/endpoint.hpp"
#include "rest/listener.hpp"

namespace mqfail {

struct HttpSettings {
  /// For the head of a request, its body, and what is read of an answer; also the pause between two
  /// requests on a connection. Who takes longer is disconnected.
  Duration patience = std::chrono::seconds(10);
  /// So many connections at once; more wait until one ends.
  std::size_t most_connections = 64;
  /// One line about each request; printable, without secrets.
  std::function<void(std::string_view)> log;
  /// Readable when the end may be asked for; `ended()` then says whether it is, and is called once
  /// for each time. The first time what is under way is finished, the second time not.
  int end_fd = -1;
  std::function<bool()> ended;
};

/// Serves until the end is asked for. Borrows the endpoint. Errors: internal.
Result<Done> serve_http(const Endpoint& endpoint, std::vector<Listener> listeners,
                        const HttpSettings& settings);

}  // namespace mqfail
