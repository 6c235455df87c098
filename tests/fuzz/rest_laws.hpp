// SPDX-License-Identifier: Apache-2.0
// What holds for everything that a client of mqfail-config serve may say: the laws of the targets
// that go through HTTP.
#pragma once

#include <algorithm>
#include <atomic>
#include <string>

#include "config/store/store.hpp"
#include "fuzz/fuzz.hpp"
#include "rest/endpoint.hpp"
#include "rest/http_server.hpp"

namespace mqfail::fuzz {

inline constexpr std::string_view kToken = "0123456789abcdef";

/// The endpoint, without a file behind it, and what it may log.
struct RestRoom {
  // No file can be made behind a device.
  const ComponentStore store{"/dev/null/config"};
  const Endpoint endpoint{
      store, {Secret(std::string(64, 'a')), {}, {}, {}}, *Token::parse(Secret(kToken), "FILE")};
  const ListenAddress local{"127.0.0.1", 5590, true};
  std::atomic<bool> secret{false};  ///< the client has said the token, once, where it belongs
  HttpSettings settings{.log = [this](std::string_view line) {
    law_shown(line);
    law(!secret || line.find(kToken) == std::string_view::npos, "the log has no token", line);
  }};

  /// Before the client says something. Where it says the token at another place, that may be shown.
  void hear(std::string_view bytes) {
    static const std::string field = "\r\nAuthorization: Bearer " + std::string(kToken) + "\r\n";
    secret =
        bytes.find(field) != std::string_view::npos && bytes.find(kToken) == bytes.rfind(kToken);
  }
  /// All that the client has been told.
  void check(std::string_view bytes, std::string_view answers) const {
    law(answers.empty() || answers.starts_with("HTTP/1."), "an answer is HTTP", answers);
    // Of the first answer: what stands behind it may repeat what the client has said. Whoever has
    // no token hears that the request is none, that it is a stranger's, or that the token is
    // missing; not even whether there is a list.
    const std::string_view status = answers.substr(std::min<std::size_t>(answers.size(), 9), 3);
    const bool known = bytes.find(kToken) != std::string_view::npos;
    law(known || answers.empty() || status == "400" || status == "401" || status == "403" ||
            status == "431",
        "the token is needed", bytes);
    law(!secret || answers.find(kToken) == std::string_view::npos, "no answer has the token",
        answers);
  }
};

}  // namespace mqfail::fuzz
