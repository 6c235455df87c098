// SPDX-License-Identifier: Apache-2.0
// The REST endpoint of the AVEVA adapter, /api/v1/configuration/<ComponentId>/RedundantServers:
// requests in, answers out, no socket. Rule: StoredList does what a method asks for; this room only
// maps methods to it and its errors to status codes (409 is made here).
#pragma once

#include <cstddef>
#include <optional>

#include "base/secret.hpp"
#include "config/secrets/key_file.hpp"
#include "config/store/store.hpp"
#include "rest/admission.hpp"
#include "rest/answer.hpp"
#include "rest/request.hpp"

namespace mqfail {

/// The largest document that is read, in bytes.
inline constexpr std::size_t kLargestBody = std::size_t{1024} * 1024;

class Endpoint {
 public:
  /// Borrows the store. `token`: what every request must present.
  Endpoint(const ComponentStore& store, KeySource keys, std::optional<Token> token)
      : store_(store), keys_(std::move(keys)), token_(std::move(token)) {}

  /// The refusal that the head alone decides, before the body is read. Any thread.
  std::optional<Answer> refuse(const RequestHead& head) const;
  /// True if the request would change something; then answer() may wait for other writers.
  static bool changes(const RequestHead& head);
  /// The answer to a request that was not refused. One thread for those that change something; any
  /// for the others.
  Answer answer(const RequestHead& head, Secret body) const;

 private:
  const ComponentStore& store_;
  KeySource keys_;
  std::optional<Token> token_;
};

}  // namespace mqfail
