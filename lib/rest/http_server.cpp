// SPDX-License-Identifier: Apache-2.0
#include "rest/http_server.hpp"

#include <fcntl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"

namespace mqfail {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Failure = beast::error_code;
using Tcp = asio::ip::tcp;

constexpr std::uint32_t kLargestHead = 16384;
constexpr std::size_t kMostDiscarded = 4 * kLargestBody;

// What comes in may be a password or the token: memory is overwritten before it is given back.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>& /*other*/) {}  // NOLINT: allocators convert
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* place, std::size_t count) {
    explicit_bzero(static_cast<void*>(place), count * sizeof(T));
    std::allocator<T>().deallocate(place, count);
  }
  friend bool operator==(WipingAllocator, WipingAllocator) { return true; }
};

using Body = http::basic_string_body<char, std::char_traits<char>, WipingAllocator<char>>;
using Parser = http::request_parser<Body, WipingAllocator<char>>;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Answer refusal(unsigned status, std::string message, std::string hint) {
  return error_answer(status, {ErrorKind::usage, std::move(message), std::move(hint)});
}

class HttpServer;

// One connection: request after request.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpServer& server, Tcp::socket socket, const ListenAddress& local);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void read_head();
  /// Ends it if no request is under way.
  void end_if_idle() {
    if (parser_ && !parser_->got_some() && !answering_) close();
  }

 private:
  void head_came(Failure failure);
  void describe_head();
  void read_body();
  void answer_it();
  void send(Answer answer);
  void refuse_head(Failure failure);
  void linger();
  void close();
  void log(const Answer& answer) const;

  template <class Next>
  auto then(Next next) {
    return [self = shared_from_this(), next](Failure failure, std::size_t /*bytes*/) {
      next(*self, failure);
    };
  }

  HttpServer& server_;
  beast::tcp_stream stream_;
  const ListenAddress& local_;
  std::string peer_;
  beast::basic_flat_buffer<WipingAllocator<char>> buffer_{kLargestHead + kLargestBody};
  std::optional<Parser> parser_;
  RequestHead head_;
  http::response<http::string_body> response_;
  bool answering_ = false;
  std::size_t discarded_ = 0;
};

class HttpServer {
 public:
  HttpServer(const Endpoint& endpoint, const HttpSettings& settings)
      : endpoint_(endpoint), settings_(settings), end_(io_), retry_(io_) {}
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() { gone_ = true; }  // connections may still die with the context that runs them

  void run(std::vector<Listener> listeners) {
    for (Listener& listener : listeners) {
      const auto protocol =
          listener.address.host.find(':') == std::string::npos ? Tcp::v4() : Tcp::v6();
      doors_.push_back({Tcp::acceptor(io_), listener.address, false});
      doors_.back().acceptor.assign(protocol, fcntl(listener.socket.get(), F_DUPFD_CLOEXEC, 0));
      listener.socket.close();
    }
    for (Door& door : doors_) accept(door);
    end_.assign(settings_.end_fd);
    wait_for_end();
    io_.run();
    end_.release();  // it is the caller's
    worker_.stop();
    worker_.join();
  }

  void add(Connection* connection) { connections_.insert(connection); }
  void remove(Connection* connection) {
    if (gone_) return;
    connections_.erase(connection);
    if (ending_ && connections_.empty()) end_.cancel();
    accept_at_all();
  }
  bool ending() const { return ending_; }
  bool full() const { return connections_.size() >= settings_.most_connections; }
  const Endpoint& endpoint() const { return endpoint_; }
  const HttpSettings& settings() const { return settings_; }
  asio::io_context& io() { return io_; }
  asio::thread_pool& worker() { return worker_; }

 private:
  struct Door {
    Tcp::acceptor acceptor;
    ListenAddress address;
    bool open;  // somebody may come in
  };

  void accept(Door& door) {
    if (door.open || ending_ || full()) return;
    door.open = true;
    door.acceptor.async_accept([this, &door](Failure failure, Tcp::socket socket) {
      door.open = false;
      if (ending_) return;
      if (!failure) {
        socket.set_option(Tcp::no_delay(true), failure);
        std::make_shared<Connection>(*this, std::move(socket), door.address)->read_head();
        return accept_at_all();
      }
      if (failure == asio::error::connection_aborted) return accept(door);
      retry_.expires_after(std::chrono::milliseconds(100));  // descriptors may have run out
      retry_.async_wait([this](Failure cancelled) {
        if (!cancelled) accept_at_all();
      });
    });
  }

  void accept_at_all() {
    for (Door& door : doors_) accept(door);
  }

  void wait_for_end() {
    end_.async_wait(asio::posix::stream_descriptor::wait_read, [this](Failure failure) {
      if (failure) return;
      if (!settings_.ended()) return wait_for_end();
      if (ending_) return io_.stop();
      ending_ = true;
      for (Door& door : doors_) door.acceptor.close(failure);
      retry_.cancel();
      const auto idle = connections_;
      for (Connection* connection : idle) connection->end_if_idle();
      if (!connections_.empty()) wait_for_end();
    });
  }

  const Endpoint& endpoint_;
  const HttpSettings& settings_;
  bool ending_ = false;
  bool gone_ = false;
  std::unordered_set<Connection*> connections_;
  asio::io_context io_{1};
  asio::thread_pool worker_{1};
  asio::posix::stream_descriptor end_;
  asio::steady_timer retry_;
  std::deque<Door> doors_;
};

Connection::Connection(HttpServer& server, Tcp::socket socket, const ListenAddress& local)
    : server_(server), stream_(std::move(socket)), local_(local) {
  Failure failure;
  const auto peer = stream_.socket().remote_endpoint(failure);
  peer_ = failure ? "?" : peer.address().to_string(failure);
  server_.add(this);
}

Connection::~Connection() {
  server_.remove(this);
}

void Connection::read_head() {
  parser_.emplace();
  parser_->header_limit(kLargestHead);
  parser_->body_limit(kLargestBody);
  head_ = {};
  answering_ = false;
  stream_.expires_after(server_.settings().patience);
  http::async_read_header(stream_, buffer_, *parser_,
                          then([](Connection& self, Failure failure) { self.head_came(failure); }));
}

void Connection::describe_head() {
  const auto& request = parser_->get();
  const auto hosts = request.equal_range(http::field::host);
  head_.method = view(request.method_string());
  head_.target = view(request.target());
  head_.hosts = static_cast<std::size_t>(std::distance(hosts.first, hosts.second));
  head_.host = view(request[http::field::host]);
  head_.authorization = view(request[http::field::authorization]);
  head_.content_type = view(request[http::field::content_type]);
  head_.content_encoded = request.count(http::field::content_encoding) > 0;
  head_.has_origin = request.count(http::field::origin) > 0;
  head_.local = &local_;
}

void Connection::head_came(Failure failure) {
  if (failure && failure != http::error::body_limit) return refuse_head(failure);
  answering_ = true;
  describe_head();
  if (auto refused = server_.endpoint().refuse(head_)) return send(std::move(*refused));
  if (failure) return refuse_head(failure);
  const std::string_view expected = view(parser_->get()[http::field::expect]);
  if (expected.empty() || parser_->is_done()) return read_body();
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue"))
    return send(refusal(417, "Expect: " + printable(expected, 64) + " is not known", ""));
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    then([](Connection& self, Failure broken) {
                      if (!broken) self.read_body();
                    }));
}

// What cannot be understood is answered if there is somebody to be answered.
void Connection::refuse_head(Failure failure) {
  answering_ = true;
  head_.method = view(parser_->get().method_string());
  head_.target = view(parser_->get().target());
  if (failure == http::error::end_of_stream) return close();
  if (failure == http::error::body_limit) {
    return send(refusal(413, "a document of more than 1 MiB is not taken",
                        "mqfail-config set takes larger ones"));
  }
  if (failure == http::error::header_limit)
    return send(refusal(431, "the head of the request is larger than 16 KiB", "send fewer fields"));
  if (failure.category() == http::make_error_code(http::error::bad_method).category() &&
      failure != http::error::partial_message)
    return send(refusal(400, "this is not HTTP/1.1: " + failure.message(), ""));
  if (failure == beast::error::timeout && parser_->got_some())
    server_.settings().log("a request from " + peer_ + " did not come to its end in time");
  close();
}

void Connection::read_body() {
  stream_.expires_after(server_.settings().patience);
  http::async_read(stream_, buffer_, *parser_, then([](Connection& self, Failure failure) {
                     if (failure) return self.refuse_head(failure);
                     self.answer_it();
                   }));
}

void Connection::answer_it() {
  const auto& text = parser_->get().body();
  Secret body{std::string(text.begin(), text.end())};
  if (!Endpoint::changes(head_)) return send(server_.endpoint().answer(head_, std::move(body)));
  asio::post(server_.worker(), [self = shared_from_this(), body = std::move(body),
                                work = asio::make_work_guard(server_.io())]() mutable {
    Answer answer = self->server_.endpoint().answer(self->head_, std::move(body));
    asio::io_context& io = self->server_.io();
    asio::post(io, [self = std::move(self), answer = std::move(answer)]() mutable {
      self->send(std::move(answer));
    });
  });
}

void Connection::send(Answer answer) {
  log(answer);
  const bool whole = parser_->is_done();
  const auto& request = parser_->get();
  response_ = {};
  response_.version(request.version() == 10 ? 10 : 11);
  response_.result(answer.status);
  response_.keep_alive(whole && request.keep_alive() && !server_.ending() && !server_.full());
  response_.set(http::field::server, "mqfail");
  response_.set(http::field::cache_control, "no-store");
  if (!answer.allow.empty()) response_.set(http::field::allow, answer.allow);
  if (answer.status == 401) response_.set(http::field::www_authenticate, "Bearer realm=\"mqfail\"");
  if (answer.status == 503) response_.set(http::field::retry_after, "1");
  if (!answer.body.empty()) {
    response_.set(http::field::content_type, "application/json; charset=utf-8");
    response_.set("X-Content-Type-Options", "nosniff");
  }
  if (answer.status != 204) response_.content_length(answer.body.size());
  if (head_.method != "HEAD") response_.body() = std::move(answer.body);
  stream_.expires_after(server_.settings().patience);
  http::async_write(stream_, response_, then([whole](Connection& self, Failure failure) {
                      if (failure) return self.close();
                      if (self.response_.keep_alive()) return self.read_head();
                      if (whole) return self.close();
                      Failure ignored;
                      self.stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
                      self.stream_.expires_after(std::chrono::seconds(2));
                      self.linger();
                    }));
}

// Closing while the client still sends would reset the connection before it has read the answer.
void Connection::linger() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(65536),
                          [self = shared_from_this()](Failure failure, std::size_t bytes) {
                            self->discarded_ += bytes;
                            if (failure || self->discarded_ > kMostDiscarded) return self->close();
                            self->linger();
                          });
}

void Connection::close() {
  stream_.close();
}

void Connection::log(const Answer& answer) const {
  // A target may carry anything behind a question mark, a secret too.
  const std::string_view path = head_.target.substr(0, head_.target.find('?'));
  server_.settings().log((head_.method.empty() ? "?" : printable(head_.method, 16)) + " " +
                         (path.empty() ? "?" : printable(path)) + " " +
                         std::to_string(answer.status) + " from " + peer_ +
                         (answer.note.empty() ? "" : ": " + answer.note));
}

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
