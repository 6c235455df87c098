// SPDX-License-Identifier: Apache-2.0
// How a connection becomes a WebSocket (RFC 6455 section 4): one HTTP/1.1 request and its answer,
// as bytes in and bytes out. Boost.Beast's parser reads the answer; redirects are not followed, for
// they could lead to a host that is not in the list of servers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/server.hpp"

namespace mqfail {

/// The nonce of one upgrade in base64: 16 random bytes.
std::string upgrade_key(const std::array<std::uint8_t, 16>& random);

/// The request: subprotocol mqtt, no extensions. The server's path is percent-encoded here.
std::string upgrade_request(const Server& server, const std::string& key);

/// Why there is no WebSocket, or none any more.
struct UpgradeFailure {
  int status = 0;    ///< of HTTP; 0: what came is no proper answer
  std::string text;  ///< the status line, or what is wrong; untrusted
};

/// Reads the answer, however it is cut.
class UpgradeAnswer {
 public:
  /// A head longer than this is refused (bytes).
  static constexpr std::size_t kLongest = 8192;

  explicit UpgradeAnswer(std::string key);
  ~UpgradeAnswer();
  UpgradeAnswer(const UpgradeAnswer&) = delete;
  UpgradeAnswer& operator=(const UpgradeAnswer&) = delete;

  /// How many of the bytes belong to the answer; what is behind them are frames. Call it until
  /// accepted() or failure().
  std::size_t take(std::string_view bytes);
  bool accepted() const { return accepted_; }
  const std::optional<UpgradeFailure>& failure() const { return failure_; }

 private:
  struct Parser;
  void judge();
  void refuse(std::string text) { failure_ = UpgradeFailure{0, std::move(text)}; }

  const std::string key_;
  std::unique_ptr<Parser> parser_;
  std::string head_;  // not yet parsed
  bool has_status_line_ = false;
  bool accepted_ = false;
  std::optional<UpgradeFailure> failure_;
};

}  // namespace mqfail
