// SPDX-License-Identifier: Apache-2.0
// One connection of the HTTP server: it reads a request, has it answered by the endpoint, writes
// the answer, and goes on with the next request. Boost.Beast stays in the source of this room.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <unordered_set>

#include "rest/endpoint.hpp"
#include "rest/http_server.hpp"

namespace mqfail {

class HttpConnection;

/// What the connections of a server share. Thread: the one that runs `io`.
struct HttpShared {
  const Endpoint& endpoint;
  const HttpSettings& settings;
  bool ending = false;  ///< no further request is read
  std::unordered_set<HttpConnection*> connections{};
  std::function<void()> on_gone{};  ///< called when a connection has left the set; may be empty
  boost::asio::io_context io{1};
  boost::asio::thread_pool changes{1};  ///< requests that change something, one after the other

  bool is_full() const { return connections.size() >= settings.most_connections; }
};

/// Owned by its pending operations.
class HttpConnection {
 public:
  /// Begins to read requests. Borrows `shared` and `local`.
  static void begin(HttpShared& shared, boost::asio::ip::tcp::socket socket,
                    const ListenAddress& local);
  virtual ~HttpConnection() = default;
  /// Closes the connection if no request is under way.
  virtual void end_if_idle() = 0;
  /// Closes the connection if it has waited for the client to send a request since `before`.
  virtual void end_if_slow(std::chrono::steady_clock::time_point before) = 0;
};

}  // namespace mqfail
