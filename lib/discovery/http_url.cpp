// SPDX-License-Identifier: Apache-2.0
#include "discovery/http_url.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_cut.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

std::uint16_t usual_port(bool tls) {
  return tls ? 443 : 80;
}

// What nobody else can listen to. A name other than localhost may be anybody's.
bool stays_on_this_machine(const std::string& host) {
  return same_word(host, "localhost") || host == "::1" ||
         (host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
          host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string target_of(std::string_view rest) {
  std::string out = wire_query(rest.substr(0, rest.find('#')));
  return out.starts_with('/') ? out : "/" + out;
}

// The scheme of an absolute URI, else nothing (RFC 3986, 4.2).
std::optional<std::string_view> scheme_of(std::string_view text) {
  const std::size_t end = text.find_first_of(":/?#");
  if (end == std::string_view::npos || end == 0 || text[end] != ':') return std::nullopt;
  return text.substr(0, end);
}

// RFC 3986, 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool open = true;  // it ends with a slash
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    open = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (segment == "." || segment == ".." || (segment.empty() && path.empty())) continue;
    kept.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  return open ? out + "/" : out;
}

Error stray(std::string_view why) {
  return {ErrorKind::unavailable, "redirects " + std::string(why),
          "give the URL that the document is at"};
}

Result<HttpUrl> parse(std::string_view text) {
  const auto cut = cut_uri(text);
  if (!cut) return cut.error();
  if (auto whole = refuse_cut_password(*cut); !whole) return whole.error();
  HttpUrl url;
  const std::string scheme = lower_case(cut->scheme.value_or(""));
  if (scheme != "http" && scheme != "https") {
    return Error{ErrorKind::usage, "'" + shown_uri(text) + "' is no http or https URL",
                 "write http://host/path or https://host/path"};
  }
  url.tls = scheme == "https";
  auto host = parse_host(cut->host);
  if (!host) return host.error();
  url.host = std::move(*host);
  url.port = usual_port(url.tls);
  if (cut->port && !cut->port->empty()) {
    const auto port = parse_port(*cut->port);
    if (!port) return port.error();
    url.port = *port;
  }
  url.target = target_of(cut->rest);
  if (!cut->user_info) return url;
  const std::size_t colon = cut->user_info->find(':');
  auto user = percent_decoded(cut->user_info->substr(0, colon));
  if (!user) return user.error();
  if (user->find(':') != std::string::npos) {
    return Error{ErrorKind::usage, "a user of HTTP cannot hold a ':' (RFC 7617)",
                 "take another user"};
  }
  auto password = percent_decoded(
      colon == std::string_view::npos ? std::string_view() : cut->user_info->substr(colon + 1));
  if (!password) return password.error();
  url.credentials = Secret(*user + ":" + *password);
  Secret::overwrite(*password);
  return url;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  auto url = parse(text);
  if (url && url->credentials && !url->tls && !stays_on_this_machine(url->host)) {
    return Error{ErrorKind::usage,
                 shown(*url) + ": user and password would go over the network in plain text",
                 "write https://, or leave user and password out"};
  }
  return url;
}

Result<HttpUrl> redirected(const HttpUrl& from, std::string_view location) {
  if (location.empty()) return stray("without saying where to");
  std::string text(location);
  const std::string origin = std::string(from.tls ? "https" : "http") + "://" + host_field(from);
  if (location.starts_with("//")) {
    text = (from.tls ? "https:" : "http:") + text;
  } else if (!scheme_of(location)) {
    const std::string path = from.target.substr(0, from.target.find('?'));
    std::string_view own = location.substr(0, location.find_first_of("?#"));
    std::string joined(own);
    if (own.empty()) {
      joined = path;
    } else if (!own.starts_with('/')) {
      joined = path.substr(0, path.rfind('/') + 1) + joined;
    }
    text = origin + without_dots(joined) + std::string(location.substr(own.size()));
  }
  auto to = parse(text);
  if (!to) return stray("to what is no http or https URL");
  if (from.tls && !to->tls) return stray("from https to http, which is not followed");
  if (to->credentials) return stray("to a URL with a user of its own, which is not followed");
  if (same_origin(from, *to)) to->credentials = from.credentials;
  return to;
}

std::string shown(const HttpUrl& url) {
  const std::size_t query = url.target.find('?');
  return std::string(url.tls ? "https" : "http") + "://" + printable(host_field(url)) +
         printable(std::string_view(url.target).substr(0, query)) +
         (query == std::string::npos ? "" : "?...");
}

std::string host_field(const HttpUrl& url) {
  std::string out = uri_host(url.host);
  if (url.port != usual_port(url.tls)) out += ":" + std::to_string(url.port);
  return out;
}

bool same_origin(const HttpUrl& a, const HttpUrl& b) {
  return a.tls == b.tls && a.port == b.port && same_word(a.host, b.host);
}

}  // namespace mqfail
