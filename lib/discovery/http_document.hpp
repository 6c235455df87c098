// SPDX-License-Identifier: Apache-2.0
// A document on an HTTP server that is asked for again and again (updateURIsURL). What has not
// changed is not sent again, if the server knows how (ETag, Last-Modified). No proxy is used.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "discovery/http_answer.hpp"
#include "discovery/http_url.hpp"
#include "policy/server.hpp"
#include "transport/dial.hpp"

namespace mqfail {

/// Which authorities an https server's certificate may come from: those in the file and directory,
/// and the system's if neither is given or `use_os_certs` is true. Certificate and host name are
/// always verified, and TLS is 1.2 or later.
struct HttpTrust {
  std::string cafile;
  std::string capath;
  bool use_os_certs = false;
};

struct HttpAnswer {
  /// The document; nothing if it is the one that the last get() brought (304 Not Modified).
  std::optional<std::string> body;
  /// When the server wants to be asked again (Cache-Control max-age), 1 s to 1 day; nothing if it
  /// does not say.
  std::optional<Duration> ask_again;
};

/// Whether a URL can be asked, before anything is. Errors as parse_http_url(), usage.
Result<Done> check_http_url(std::string_view url);

/// Thread: one at a time, that may wait.
class HttpDocument {
 public:
  /// `url`: http or https, with user and password or without. A URL that check_http_url() refuses
  /// makes each get() say so.
  HttpDocument(std::string_view url, const HttpTrust& trust);

  /// Asks once. Returns within `bound` whatever the server does, and at once when `stop` is
  /// requested. At most three redirections (301, 302, 303, 307, 308) are followed, never from https
  /// to http; user and password go to the scheme, host and port of the URL only.
  /// Errors say in one line what the URL does, without its secrets: `unavailable`, or
  /// `configuration` if the authorities cannot be read, or `temporary` if it was stopped.
  Result<HttpAnswer> get(Duration bound, const std::stop_token& stop);

  /// The URL as it may be shown.
  const std::string& name() const { return name_; }

 private:
  Result<RawAnswer> follow(HttpUrl& url, const HttpBound& bound);
  Result<HttpAnswer> judge(const HttpUrl& url, RawAnswer answer);

  Result<HttpUrl> url_;
  HttpTrust trust_;
  std::string name_;
  // Shared with look-ups that are left behind.
  std::shared_ptr<AddressMemory> addresses_ = std::make_shared<AddressMemory>();
  // Of the document that the last get() brought, and the URL that brought it.
  Validators known_;
  std::optional<HttpUrl> known_at_;
};

}  // namespace mqfail
