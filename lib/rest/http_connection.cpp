// SPDX-License-Identifier: Apache-2.0
#include "rest/http_connection.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace mqfail {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Failure = beast::error_code;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

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

// One connection: request after request.
class Connection final : public HttpConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpShared& shared, Tcp::socket socket, const ListenAddress& local);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  void read_head();
  void end_if_idle() override {
    if (parser_ && !parser_->got_some() && !answering_) close();
  }
  void end_if_slow(Clock::time_point before) override {
    if (waiting_since_ && *waiting_since_ <= before) close();
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

  HttpShared& shared_;
  beast::tcp_stream stream_;
  const ListenAddress& local_;
  std::string peer_;
  beast::basic_flat_buffer<WipingAllocator<char>> buffer_{kLargestHead + kLargestBody};
  std::optional<Parser> parser_;
  RequestHead head_;
  http::response<http::string_body> response_;
  bool answering_ = false;
  std::optional<Clock::time_point> waiting_since_;  // for a request of the client
  std::size_t discarded_ = 0;
};

Connection::Connection(HttpShared& shared, Tcp::socket socket, const ListenAddress& local)
    : shared_(shared), stream_(std::move(socket)), local_(local) {
  Failure failure;
  const auto peer = stream_.socket().remote_endpoint(failure);
  peer_ = failure ? "?" : peer.address().to_string(failure);
  shared_.connections.insert(this);
}

Connection::~Connection() {
  shared_.connections.erase(this);
  if (shared_.on_gone) shared_.on_gone();
}

void Connection::read_head() {
  parser_.emplace();
  parser_->header_limit(kLargestHead);
  parser_->body_limit(kLargestBody);
  head_ = {};
  answering_ = false;
  waiting_since_ = Clock::now();
  stream_.expires_after(shared_.settings.patience);
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
  if (auto refused = shared_.endpoint.refuse(head_)) return send(std::move(*refused));
  if (failure) return refuse_head(failure);
  const std::string_view expected = view(parser_->get()[http::field::expect]);
  if (expected.empty() || parser_->is_done()) return read_body();
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue"))
    return send(refusal(417, "Expect: " + printable(expected, 64) + " is not known",
                        "leave the Expect field out"));
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
    shared_.settings.log("a request from " + peer_ + " did not come to its end in time");
  close();
}

void Connection::read_body() {
  stream_.expires_after(shared_.settings.patience);
  http::async_read(stream_, buffer_, *parser_, then([](Connection& self, Failure failure) {
                     if (failure) return self.refuse_head(failure);
                     self.answer_it();
                   }));
}

void Connection::answer_it() {
  waiting_since_.reset();
  const auto& text = parser_->get().body();
  Secret body{std::string(text.begin(), text.end())};
  if (!Endpoint::changes(head_)) return send(shared_.endpoint.answer(head_, std::move(body)));
  asio::post(shared_.changes, [self = shared_from_this(), body = std::move(body),
                               work = asio::make_work_guard(shared_.io)]() mutable {
    Answer answer = self->shared_.endpoint.answer(self->head_, std::move(body));
    asio::io_context& io = self->shared_.io;
    asio::post(io, [self = std::move(self), answer = std::move(answer)]() mutable {
      self->send(std::move(answer));
    });
  });
}

void Connection::send(Answer answer) {
  waiting_since_.reset();
  log(answer);
  const bool whole = parser_->is_done();
  const auto& request = parser_->get();
  response_ = {};
  response_.version(request.version() == 10 ? 10 : 11);
  response_.result(answer.status);
  response_.keep_alive(whole && request.keep_alive() && !shared_.ending && !shared_.is_full());
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
  stream_.expires_after(shared_.settings.patience);
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
  shared_.settings.log((head_.method.empty() ? "?" : printable(head_.method, 16)) + " " +
                       (path.empty() ? "?" : printable(path)) + " " +
                       std::to_string(answer.status) + " from " + peer_ +
                       (answer.note.empty() ? "" : ": " + answer.note));
}

}  // namespace

void HttpConnection::begin(HttpShared& shared, Tcp::socket socket, const ListenAddress& local) {
  std::make_shared<Connection>(shared, std::move(socket), local)->read_head();
}

}  // namespace mqfail
