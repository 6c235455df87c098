// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection to an HTTP server, over TCP or TLS. Rule: every wait has a bound and
// ends when the caller is told to stop.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "policy/server.hpp"
#include "transport/dial.hpp"

namespace mqfail {

/// How long one question may take in all; what it waits with goes on as long as anybody holds it.
class HttpBound {
 public:
  HttpBound(Duration bound, const std::stop_token& stop);
  Duration left() const;  ///< never negative
  Error over() const;     ///< stopped, or not in time
  bool is_over() const { return halt_->stopped() || left() == Duration::zero(); }
  /// Waits until `fd` is ready for the events of poll(2); false if the bound is over first.
  bool wait(int fd, short events) const;
  const std::stop_token& stop() const { return stop_; }
  const std::shared_ptr<StopSwitch>& halt() const { return halt_; }

 private:
  Duration bound_;
  TimePoint until_;
  std::stop_token stop_;
  std::shared_ptr<StopSwitch> halt_ = std::make_shared<StopSwitch>();
  std::stop_callback<std::function<void()>> on_stop_;
};

/// Errors are `unavailable` and say what the server did; the caller names the server. Thread: one.
class HttpStream {
 public:
  /// Looks the name up, connects, and with `tls` or `wss` verifies the server's certificate and
  /// name against what its TLS settings trust. The look-up has a thread of its own, which is left
  /// behind when it does not come back in time (getaddrinfo(3) cannot be stopped).
  static Result<HttpStream> open(const Server& server, const std::shared_ptr<AddressMemory>& memory,
                                 const HttpBound& bound);
  /// Over a connection that is there already, without TLS. `fd` is non-blocking and becomes ours.
  HttpStream(int fd, std::string address, const HttpBound& bound);
  HttpStream(HttpStream&& other) noexcept;
  ~HttpStream();

  Result<Done> write(std::string_view bytes);
  /// At least one byte, or 0 at an end in good order: with TLS, the one that cannot be forged.
  Result<std::size_t> read(std::span<char> into);
  /// The address that answered.
  const std::string& address() const { return address_; }

 private:
  struct Tls;
  Result<Done> shake_hands(const Server& server);
  Result<bool> try_again(int result);

  Descriptor fd_;
  std::string address_;
  const HttpBound* bound_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace mqfail
