// SPDX-License-Identifier: Apache-2.0
#include "discovery/http_document.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"

namespace mqfail {
namespace {

constexpr int kMostRedirections = 3;
constexpr Duration kSoonest = std::chrono::seconds(1);
constexpr Duration kLatest = std::chrono::hours(24);

bool redirects(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool same_url(const HttpUrl& a, const HttpUrl& b) {
  return same_origin(a, b) && a.target == b.target;
}

Server server_of(const HttpUrl& url, const HttpTrust& trust) {
  Server server;
  server.id = server.host = url.host;
  server.port = url.port;
  server.scheme = url.tls ? Scheme::tls : Scheme::tcp;
  server.tls.cafile = trust.cafile;
  server.tls.capath = trust.capath;
  server.tls.use_os_certs = trust.use_os_certs;
  return server;
}

Error about(const HttpUrl& url, Error error) {
  error.message = shown(url) + ": " + error.message;
  return error;
}

Error bad_status(const RawAnswer& answer) {
  const std::string hint = answer.status == 401 || answer.status == 403
                               ? "give a user and password that may read it, over https"
                           : answer.status == 404 || answer.status == 410
                               ? "give the URL that the document is at"
                               : "";
  std::string text = "answers " + std::to_string(answer.status);
  if (!answer.reason.empty()) text += " " + printable(answer.reason, 64);
  return {ErrorKind::unavailable, std::move(text), hint};
}

}  // namespace

Result<Done> check_http_url(std::string_view url) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return parsed.error();
  return Done{};
}

HttpDocument::HttpDocument(std::string_view url, const HttpTrust& trust)
    : url_(parse_http_url(url)), trust_(trust), name_(url_ ? shown(*url_) : shown_uri(url)) {}

Result<HttpAnswer> HttpDocument::get(Duration bound, const std::stop_token& stop) {
  if (!url_) return url_.error();
  const HttpBound within(bound, stop);
  HttpUrl url = *url_;
  auto answer = follow(url, within);
  if (!answer) return about(url, answer.error());
  auto judged = judge(url, std::move(*answer));
  if (!judged) return about(url, judged.error());
  return judged;
}

// `url` becomes the last one that was asked.
Result<RawAnswer> HttpDocument::follow(HttpUrl& url, const HttpBound& bound) {
  for (int hops = 0;; ++hops) {
    const Server server = server_of(url, trust_);
    auto stream = HttpStream::open(server, addresses_, bound);
    if (!stream) return stream.error();
    const bool known = known_at_ && same_url(*known_at_, url);
    auto answer = ask(*stream, url, known ? known_ : Validators());
    if (!answer && bound.is_over()) addresses_->tried_in_vain(server, stream->address());
    if (!answer || !redirects(answer->status)) return answer;
    if (hops == kMostRedirections) {
      return Error{ErrorKind::unavailable, "redirects for the fourth time",
                   "give the URL that the document is at"};
    }
    auto next = redirected(url, answer->location);
    if (!next) return next.error();
    url = std::move(*next);
  }
}

Result<HttpAnswer> HttpDocument::judge(const HttpUrl& url, RawAnswer answer) {
  HttpAnswer out;
  if (answer.fresh_for) out.ask_again = std::clamp(*answer.fresh_for, kSoonest, kLatest);
  if (answer.status == 304 && known_at_ && same_url(*known_at_, url)) return out;
  if (answer.status != 200) return bad_status(answer);
  known_ = std::move(answer.validators);
  known_at_ = url;
  out.body = std::move(answer.body);
  return out;
}

}  // namespace mqfail
