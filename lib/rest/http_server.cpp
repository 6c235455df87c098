// SPDX-License-Identifier: Apache-2.0
#include "rest/http_server.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <string>
#include <utility>

#include "rest/http_connection.hpp"

namespace mqfail {
namespace {

namespace asio = boost::asio;
using Failure = boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr Duration kHurry = std::chrono::seconds(1);

class HttpServer {
 public:
  HttpServer(const Endpoint& endpoint, const HttpSettings& settings)
      : shared_{endpoint, settings}, end_(shared_.io), retry_(shared_.io), hurry_(shared_.io) {
    shared_.on_gone = [this] {
      if (shared_.ending && shared_.connections.empty()) end_.cancel();
      accept_at_all();
    };
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Connections may still be destroyed with the context that runs them.
  ~HttpServer() { shared_.on_gone = nullptr; }

  void run(std::vector<Listener> listeners) {
    for (Listener& listener : listeners) {
      const auto protocol =
          listener.address.host.find(':') == std::string::npos ? Tcp::v4() : Tcp::v6();
      acceptors_.push_back({Tcp::acceptor(shared_.io), listener.address, false});
      acceptors_.back().socket.assign(protocol, fcntl(listener.socket.get(), F_DUPFD_CLOEXEC, 0));
      listener.socket.close();
    }
    accept_at_all();
    end_.assign(shared_.settings.end_fd);
    wait_for_end();
    shared_.io.run();
    end_.release();  // it is the caller's
    shared_.changes.stop();
    shared_.changes.join();
  }

 private:
  struct Acceptor {
    Tcp::acceptor socket;
    ListenAddress address;
    bool waiting;  // for a connection
  };

  void accept(Acceptor& one) {
    if (one.waiting || shared_.ending || shared_.is_full()) return;
    one.waiting = true;
    one.socket.async_accept([this, &one](Failure failure, Tcp::socket socket) {
      one.waiting = false;
      if (shared_.ending) return;
      if (!failure) {
        socket.set_option(Tcp::no_delay(true), failure);
        HttpConnection::begin(shared_, std::move(socket), one.address);
        return accept_at_all();
      }
      if (failure == asio::error::connection_aborted) return accept(one);
      retry_.expires_after(std::chrono::milliseconds(100));  // descriptors may have run out
      retry_.async_wait([this](Failure cancelled) {
        if (!cancelled) accept_at_all();
      });
    });
  }

  void accept_at_all() {
    for (Acceptor& one : acceptors_) accept(one);
    if (shared_.is_full() && !shared_.ending && !hurrying_) hurry();
  }

  // While all places are taken, a client that sends slowly, or nothing, has a second and no more.
  void hurry() {
    hurrying_ = true;
    hurry_.expires_after(kHurry / 4);
    hurry_.async_wait([this](Failure cancelled) {
      hurrying_ = false;
      if (cancelled || !shared_.is_full() || shared_.ending) return;
      const auto before = std::chrono::steady_clock::now() - kHurry;
      const auto all = shared_.connections;
      for (HttpConnection* const connection : all) connection->end_if_slow(before);
      hurry();
    });
  }

  void wait_for_end() {
    end_.async_wait(asio::posix::stream_descriptor::wait_read, [this](Failure failure) {
      if (failure) return;
      if (!shared_.settings.ended()) return wait_for_end();
      if (shared_.ending) return shared_.io.stop();
      shared_.ending = true;
      for (Acceptor& one : acceptors_) one.socket.close(failure);
      retry_.cancel();
      hurry_.cancel();
      const auto all = shared_.connections;
      for (HttpConnection* const connection : all) connection->end_if_idle();
      if (!shared_.connections.empty()) wait_for_end();
    });
  }

  HttpShared shared_;
  asio::posix::stream_descriptor end_;
  asio::steady_timer retry_, hurry_;
  bool hurrying_ = false;  // the timer runs
  std::deque<Acceptor> acceptors_;
};

}  // namespace

Result<Done> serve_http(const Endpoint& endpoint, std::vector<Listener> listeners,
                        const HttpSettings& settings) {
  try {
    HttpServer(endpoint, settings).run(std::move(listeners));
    return Done{};
  } catch (const std::exception& error) {
    return Error{ErrorKind::internal, std::string("serving failed: ") + error.what(), ""};
  }
}

}  // namespace mqfail
