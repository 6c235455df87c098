// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/websocket_upgrade.hpp"

#include <openssl/evp.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <span>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

namespace http = boost::beast::http;

std::string_view view(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Section 4.2.2, step 5.4.
std::string accept_of(const std::string& key) {
  const std::string salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(salted.data(), salted.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64(view(std::span(digest).first(size)));
}

std::string request_target(std::string_view path) {
  const std::string out = percent_encoded(path, "/!$&'()*+,;=:@");
  return out.starts_with('/') ? out : "/" + out;
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::string upgrade_key(const std::array<std::uint8_t, 16>& random) {
  return base64(view(random));
}

std::string upgrade_request(const Server& server, const std::string& key) {
  std::string host = bracketed(server.host);
  if (server.port != (is_tls(server.scheme) ? 443 : 80)) host += ":" + std::to_string(server.port);
  const RequestPath request = split_request_path(server.path);
  const bool has_query = request.path.size() < server.path.size();
  return "GET " + request_target(request.path) + (has_query ? "?" : "") +
         std::string(request.query) + " HTTP/1.1\r\nHost: " + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
         "\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

struct UpgradeAnswer::Parser : http::response_parser<http::empty_body> {};

UpgradeAnswer::UpgradeAnswer(std::string key)
    : key_(std::move(key)), parser_(std::make_unique<Parser>()) {
  parser_->header_limit(kLongest);
  parser_->eager(false);
}

UpgradeAnswer::~UpgradeAnswer() = default;

std::size_t UpgradeAnswer::take(std::string_view bytes) {
  const std::size_t before = head_.size();
  head_.append(bytes);
  // The parser would wait for the end of a head that never comes.
  constexpr std::string_view kBegin = "HTTP/1.";
  const bool http =
      has_status_line_ || head_.compare(0, kBegin.size(), kBegin, 0, head_.size()) == 0;
  boost::system::error_code error;
  const std::size_t used =
      parser_->put(boost::asio::const_buffer(head_.data(), head_.size()), error);
  if (error == http::error::need_more) error = {};
  if (error == http::error::header_limit ||
      (!parser_->is_header_done() && head_.size() > kLongest)) {
    refuse("the answer is too long");
  } else if (error || (!http && !parser_->is_header_done())) {
    // A record: alert or handshake.
    const bool tls = !has_status_line_ && (head_[0] == 0x15 || head_[0] == 0x16);
    refuse(tls ? "the server answers in TLS: write wss://" : "the answer is not HTTP");
  } else if (parser_->is_header_done()) {
    judge();
    return used - before;
  }
  has_status_line_ = has_status_line_ || used > 0;
  head_.erase(0, used);
  return bytes.size();
}

void UpgradeAnswer::judge() {
  const auto& answer = parser_->get();
  const auto field = [&answer](http::field name) { return view(answer[name]); };
  if (answer.result_int() != 101) {
    std::string text = "HTTP/" + std::to_string(answer.version() / 10) + "." +
                       std::to_string(answer.version() % 10) + " " +
                       std::to_string(answer.result_int()) + " " +
                       std::string(view(answer.reason()));
    if (const auto to = field(http::field::location); !to.empty()) {
      text.append(", to ").append(to);
    }
    failure_ = UpgradeFailure{static_cast<int>(answer.result_int()), std::move(text)};
    return;
  }
  const auto protocol = field(http::field::sec_websocket_protocol);
  if (!http::token_list{answer[http::field::upgrade]}.exists("websocket") ||
      !http::token_list{answer[http::field::connection]}.exists("upgrade")) {
    refuse("the server switched to something that is not WebSocket");
  } else if (field(http::field::sec_websocket_accept) != accept_of(key_)) {
    refuse("Sec-WebSocket-Accept is not the answer to our key");
  } else if (!field(http::field::sec_websocket_extensions).empty()) {
    refuse("the server uses an extension that was not asked for");
  } else if (!protocol.empty() && protocol != "mqtt") {
    refuse("the server speaks another subprotocol: " + std::string(protocol));
  } else {
    accepted_ = true;
  }
}

}  // namespace mqfail
