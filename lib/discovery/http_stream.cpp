// SPDX-License-Identifier: Apache-2.0
#include "discovery/http_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "certificates/tls_attempt.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

Error gone(std::string what) {
  return {ErrorKind::unavailable, std::move(what), ""};
}

// Shared with the thread that dials, which may outlive the question.
struct Dialling {
  Server server;
  std::shared_ptr<AddressMemory> memory;
  std::shared_ptr<StopSwitch> halt;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::optional<std::variant<Dialled, Reason>> result;
  bool resolved = false;
  bool abandoned = false;

  void run() {
    Dialler dialler(server, *halt, *memory);
    auto found = dialler.next([this] {
      const std::lock_guard lock(mutex);
      resolved = true;
    });
    const std::lock_guard lock(mutex);
    const auto* const dialled = std::get_if<Dialled>(&found);
    if (abandoned && dialled != nullptr) ::close(dialled->fd);
    if (!abandoned) result = std::move(found);
    changed.notify_all();
  }
};

Error not_reached(const Reason& reason) {
  if (reason.cause == Cause::dns)
    return gone("the name of the host is not resolved: " + printable(reason.text));
  if (reason.cause == Cause::local)
    return gone("this machine cannot connect: " + std::string(std::strerror(reason.code)));
  return gone("cannot be reached: " + describe(reason));
}

Result<Dialled> dial(const Server& server, const std::shared_ptr<AddressMemory>& memory,
                     const HttpBound& bound) {
  const auto dialling = std::make_shared<Dialling>();
  dialling->server = server;
  dialling->memory = memory;
  dialling->halt = bound.halt();
  try {
    std::thread([dialling] { dialling->run(); }).detach();
  } catch (const std::system_error& error) {
    return gone("this machine cannot connect: no thread for it: " + error.code().message());
  }
  std::unique_lock lock(dialling->mutex);
  dialling->changed.wait_for(lock, bound.stop(), bound.left(),
                             [&] { return dialling->result.has_value(); });
  if (!dialling->result || bound.is_over()) {
    dialling->abandoned = true;
    bound.halt()->stop();
    if (dialling->result) {
      if (const auto* const late = std::get_if<Dialled>(&*dialling->result)) ::close(late->fd);
    }
    Error over = bound.over();
    if (!dialling->resolved) over.message = "the name of the host is not resolved: " + over.message;
    return over;
  }
  if (const auto* const reason = std::get_if<Reason>(&*dialling->result))
    return not_reached(*reason);
  return std::get<Dialled>(*dialling->result);
}

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// Which authorities count, as for a server (transport/paho_options.cpp).
Result<Done> trust(SSL_CTX* context, const TlsSettings& tls) {
  const bool given = !tls.cafile.empty() || !tls.capath.empty();
  const auto or_null = [](const std::string& path) {
    return path.empty() ? nullptr : path.c_str();
  };
  ERR_clear_error();
  if (given &&
      SSL_CTX_load_verify_locations(context, or_null(tls.cafile), or_null(tls.capath)) != 1)
    return Error{
        ErrorKind::configuration,
        "the authorities in " + printable(given ? tls.cafile : tls.capath) + " cannot be read",
        "name a PEM file with --cafile"};
  if ((!given || tls.use_os_certs) && SSL_CTX_set_default_verify_paths(context) != 1)
    return gone("the authorities of this machine cannot be read");
  return Done{};
}

}  // namespace

HttpBound::HttpBound(Duration bound, const std::stop_token& stop)
    : bound_(bound),
      until_(wire_now() + bound),
      stop_(stop),
      on_stop_(stop, [halt = halt_] { halt->stop(); }) {}

Duration HttpBound::left() const {
  return std::max(Duration::zero(), until_ - wire_now());
}

Error HttpBound::over() const {
  if (stop_.stop_requested()) return {ErrorKind::temporary, "was stopped", ""};
  return {ErrorKind::unavailable,
          "no whole answer within " + std::to_string(milliseconds(bound_)) + " ms", ""};
}

bool HttpBound::wait(int fd, short events) const {
  while (!is_over()) {
    pollfd fds[] = {{fd, events, 0}, {halt_->fd(), POLLIN, 0}};
    const auto ms = std::min<std::int64_t>(milliseconds(left()) + 1, INT_MAX);
    if (poll(fds, 2, static_cast<int>(ms)) > 0 && fds[0].revents != 0) return !is_over();
  }
  return false;
}

struct HttpStream::Tls {
  Server server;  // the attempt refers to it
  std::unique_ptr<SSL_CTX, Free> context;
  std::unique_ptr<SSL, Free> ssl;
};

HttpStream::HttpStream(int fd, std::string address, const HttpBound& bound)
    : fd_(fd), address_(std::move(address)), bound_(&bound) {}
HttpStream::HttpStream(HttpStream&& other) noexcept = default;
HttpStream::~HttpStream() = default;

Result<HttpStream> HttpStream::open(const Server& server,
                                    const std::shared_ptr<AddressMemory>& memory,
                                    const HttpBound& bound) {
  if (bound.is_over()) return bound.over();
  auto dialled = dial(server, memory, bound);
  if (!dialled) return dialled.error();
  HttpStream stream(dialled->fd, dialled->address, bound);
  if (is_tls(server.scheme)) {
    if (auto done = stream.shake_hands(server); !done) {
      if (bound.is_over()) memory->tried_in_vain(server, stream.address_);
      return done.error();
    }
  }
  return stream;
}

Result<Done> HttpStream::shake_hands(const Server& server) {
  tls_ = std::make_unique<Tls>();
  tls_->server = server;
  tls_->context.reset(SSL_CTX_new(TLS_client_method()));
  if (!tls_->context) return gone("no memory for TLS");
  if (auto trusted = trust(tls_->context.get(), server.tls); !trusted) return trusted;
  tls_->ssl.reset(SSL_new(tls_->context.get()));
  if (!tls_->ssl || SSL_set_fd(tls_->ssl.get(), fd_.get()) != 1) return gone("no memory for TLS");
  const std::string unfit = TlsAttempt::begin(tls_->ssl.get(), tls_->server, nullptr);
  if (!unfit.empty()) return gone("TLS: " + printable(unfit));
  if (!is_address(server.host)) {  // RFC 6066, 3; the macro for it casts in the old style
    SSL_ctrl(tls_->ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             tls_->server.host.data());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(tls_->ssl.get());
    if (result == 1) return Done{};
    const auto again = try_again(result);
    if (!again) return again.error();
    if (!*again) return gone("TLS: " + printable(TlsAttempt::of(tls_->ssl.get())->why()));
  }
}

// After an SSL call that did not succeed: waits for what it needs; false if that would not help.
Result<bool> HttpStream::try_again(int result) {
  const int error = SSL_get_error(tls_->ssl.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
  if (!bound_->wait(fd_.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT))
    return bound_->over();
  return true;
}

Result<Done> HttpStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bound_->is_over()) return bound_->over();
    ssize_t sent = 0;
    if (tls_) {
      ERR_clear_error();
      sent = SSL_write(tls_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent <= 0) {
        const auto again = try_again(static_cast<int>(sent));
        if (!again) return again.error();
        if (!*again) return gone("closes the connection before the question is sent");
        continue;
      }
    } else {
      sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
          return gone("closes the connection before the question is sent");
        if (!bound_->wait(fd_.get(), POLLOUT)) return bound_->over();
        continue;
      }
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Done{};
}

Result<std::size_t> HttpStream::read(std::span<char> into) {
  while (true) {
    if (bound_->is_over()) return bound_->over();
    if (tls_) {
      ERR_clear_error();
      const int got = SSL_read(tls_->ssl.get(), into.data(), static_cast<int>(into.size()));
      if (got > 0) return static_cast<std::size_t>(got);
      const bool whole = SSL_get_error(tls_->ssl.get(), got) == SSL_ERROR_ZERO_RETURN;
      if (whole) return std::size_t{0};
      const auto again = try_again(got);
      if (!again) return again.error();
      if (*again) continue;
      const std::string alert = TlsAttempt::of(tls_->ssl.get())->late_alert();
      return gone(alert.empty() ? "breaks the connection off" : "TLS: " + printable(alert));
    }
    const ssize_t got = recv(fd_.get(), into.data(), into.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EAGAIN && errno != EINTR) return gone("breaks the connection off");
    if (!bound_->wait(fd_.get(), POLLIN)) return bound_->over();
  }
}

}  // namespace mqfail
