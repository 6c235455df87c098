// SPDX-License-Identifier: Apache-2.0
// An HTTP server that does what a real one will not: each connection is answered by a script of the
// test. It listens on 127.0.0.1.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "rig/basics.hpp"

namespace rig {

/// What the script of a connection can do with it.
class HttpVisit {
 public:
  HttpVisit(int fd, int end, std::string request)
      : fd_(fd), end_(end), request_(std::move(request)) {}
  /// The head of the request, with its empty line.
  const std::string& request() const { return request_; }
  /// "/path" of its first line.
  std::string target() const;
  /// The value of a field, empty if it is not there. `name` in lower case.
  std::string field(const std::string& name) const;
  /// False once the client or the test has ended the connection.
  bool send(std::string_view bytes) const;
  /// Returns when the client or the test ends the connection, or after `most`; false after that.
  bool wait_for_the_end(milliseconds most = 60s) const;

 private:
  int fd_, end_;
  std::string request_;
};

class ScriptedHttp {
 public:
  /// `script` runs on a thread of each connection, once its head has come; then it is closed.
  explicit ScriptedHttp(std::function<void(const HttpVisit&)> script);
  ~ScriptedHttp();
  ScriptedHttp(const ScriptedHttp&) = delete;
  ScriptedHttp& operator=(const ScriptedHttp&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& target = "/") const;
  /// The heads that have come so far, in order.
  std::vector<std::string> requests() const;

 private:
  void accept();
  void visit(int fd);

  std::function<void(const HttpVisit&)> script_;
  Fd listener_;
  std::uint16_t port_;
  Waker end_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::thread> visits_;
  std::thread acceptor_;
};

/// A whole answer with its Content-Length. `fields`: lines that end with CRLF.
std::string http_answer(const std::string& status, const std::string& body,
                        const std::string& fields = "");

}  // namespace rig
