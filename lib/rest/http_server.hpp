// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 around the endpoint: connections, keep-alive, time limits, an orderly end. Boost.Beast
// stays behind this door. Rule: one thread reads and writes, a second one makes changes, one after
// the other, so that a request that only reads never waits for the store's lock.
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
  /// requests on a connection. A client that takes longer is disconnected.
  Duration patience = std::chrono::seconds(10);
  /// At most so many connections at once; further ones wait until one ends. Meanwhile those that
  /// wait for their client for more than a second are ended.
  std::size_t most_connections = 64;
  /// One line about each request; printable, without secrets.
  std::function<void(std::string_view)> log;
  /// Readable when the end may be asked for. Then `ended()` is called, which says whether it is.
  /// The first time the requests under way are finished, the second time they are cut off.
  int end_fd = -1;
  std::function<bool()> ended;
};

/// Serves until the end is asked for. Borrows the endpoint. Errors: internal.
Result<Done> serve_http(const Endpoint& endpoint, std::vector<Listener> listeners,
                        const HttpSettings& settings);

}  // namespace mqfail
