// SPDX-License-Identifier: Apache-2.0
#include "discovery/http_answer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>
#include <utility>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

namespace http = boost::beast::http;
using Failure = boost::system::error_code;

// What an answer may weigh with its chunk marks, its trailers and informational answers.
constexpr std::size_t kMostBytes = 4 * kLargestHttpDocument;

Error unfit(std::string what, std::string hint = {}) {
  return {ErrorKind::unavailable, std::move(what), std::move(hint)};
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::optional<std::int64_t> whole_seconds(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  if (!all_digits(text)) return std::nullopt;
  // RFC 9111, 1.2.2: what is too large is 2^31.
  return parse_number<std::int64_t>(text).value_or(std::int64_t{1} << 31U);
}

// The directives may stand in several fields, and with others (RFC 9111, 5.2).
template <class Head>
std::optional<Duration> freshness(const Head& head) {
  std::optional<std::int64_t> fresh;
  const auto [begin, end] = head.equal_range(http::field::cache_control);
  for (auto field = begin; field != end; ++field) {
    std::string_view rest = view(field->value());
    while (!rest.empty()) {
      const std::string_view one = trimmed(rest.substr(0, rest.find(',')));
      rest.remove_prefix(std::min(rest.size(), std::min(rest.find(','), rest.size()) + 1));
      constexpr std::string_view kName = "max-age=";
      if (same_word(one.substr(0, kName.size()), kName))
        fresh = whole_seconds(one.substr(kName.size()));
    }
  }
  if (!fresh) return std::nullopt;
  const std::int64_t age = whole_seconds(view(head[http::field::age])).value_or(0);
  constexpr std::int64_t kLongest = std::int64_t{1} << 31U;
  return std::chrono::seconds(std::clamp<std::int64_t>(*fresh - age, 0, kLongest));
}

Secret request(const HttpUrl& url, const Validators& known) {
  std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + host_field(url) +
                    "\r\nUser-Agent: mqfail/" MQFAIL_VERSION
                    "\r\nAccept: application/json, text/plain, */*"
                    "\r\nAccept-Encoding: identity\r\nConnection: close\r\n";
  if (!known.etag.empty()) out += "If-None-Match: " + known.etag + "\r\n";
  if (!known.last_modified.empty()) out += "If-Modified-Since: " + known.last_modified + "\r\n";
  if (url.credentials) {
    std::string coded = base64(url.credentials->reveal());
    out.reserve(out.size() + coded.size() + 64);
    out += "Authorization: Basic " + coded + "\r\n";
    Secret::overwrite(coded);
  }
  out += "\r\n";
  Secret whole{std::string_view(out)};
  Secret::overwrite(out);
  return whole;
}

using Parser = http::response_parser<http::string_body>;

// Feeds the parser from the stream until it is satisfied.
class Reader {
 public:
  explicit Reader(HttpStream& stream) : stream_(stream) {}

  // The head alone; what came behind it waits.
  Result<Done> head(Parser& parser) {
    parser.eager(false);
    begun_ = false;
    return feed(parser, [&parser] { return parser.is_header_done(); });
  }
  Result<Done> rest(Parser& parser) {
    parser.eager(true);
    return feed(parser, [&parser] { return parser.is_done(); });
  }

 private:
  template <class Satisfied>
  Result<Done> feed(Parser& parser, Satisfied satisfied) {
    while (!satisfied()) {
      Failure failure;
      if (!waiting_.empty()) {
        // The parser would wait for the end of a line that never comes.
        constexpr std::string_view kBegin = "HTTP/1.";
        if (!begun_ && waiting_.compare(0, kBegin.size(), kBegin, 0, waiting_.size()) != 0)
          return unfit("does not answer in HTTP", "give the URL of a web server");
        const std::size_t used = parser.put(boost::asio::buffer(waiting_), failure);
        waiting_.erase(0, used);
        begun_ = begun_ || used != 0;
        if (failure && failure != http::error::need_more) return refused(failure);
        if (satisfied()) return Done{};
        if (!failure) continue;
      }
      if (!parser.is_header_done() && waiting_.size() > kLargestHead)
        return refused(http::error::header_limit);
      const auto got = stream_.read(block_);
      if (!got) return got.error();
      if (*got == 0) {
        if (seen_ == 0) return unfit("closes the connection without an answer");
        if (!parser.got_some()) return refused(http::error::partial_message);
        parser.put_eof(failure);
        if (failure) return refused(failure);
        if (!satisfied()) return refused(http::error::partial_message);
        return Done{};
      }
      seen_ += *got;
      if (seen_ > kMostBytes) return too_large();
      waiting_.append(block_.data(), *got);
    }
    return Done{};
  }

  static Error too_large() {
    return unfit("sends more than 1 MiB", "a document has 1 MiB at most: name fewer servers");
  }

  static Error refused(const Failure& failure) {
    if (failure == http::error::body_limit) return too_large();
    if (failure == http::error::header_limit) return unfit("sends a head of more than 16 KiB");
    if (failure == http::error::partial_message || failure == http::error::end_of_stream)
      return unfit("breaks the answer off");
    return unfit("does not answer in HTTP (" + failure.message() + ")");
  }

  HttpStream& stream_;
  std::string waiting_;
  bool begun_ = false;  // the parser has taken the first line
  std::size_t seen_ = 0;
  std::array<char, 16384> block_{};
};

// A validator that cannot be sent back is none.
std::string kept(boost::beast::string_view value) {
  return value.size() <= 1024 ? std::string(view(value)) : std::string();
}

}  // namespace

Result<RawAnswer> ask(HttpStream& stream, const HttpUrl& url, const Validators& known) {
  if (auto sent = stream.write(request(url, known).reveal()); !sent) return sent.error();
  Reader reader(stream);
  std::optional<Parser> parser;
  do {  // informational answers come first, if any (RFC 9110, 15.2)
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(kLargestHead));
    parser->body_limit(kLargestHttpDocument);
    if (auto read = reader.head(*parser); !read) return read.error();
  } while (parser->get().result_int() / 100 == 1);

  const auto& head = parser->get();
  RawAnswer answer;
  answer.status = head.result_int();
  answer.reason = std::string(view(head.reason()));
  answer.location = std::string(view(head[http::field::location]));
  answer.validators = {kept(head[http::field::etag]), kept(head[http::field::last_modified])};
  answer.fresh_for = freshness(head);
  if (answer.status != 200) return answer;
  const std::string_view coding = view(head[http::field::content_encoding]);
  if (!coding.empty() && !same_word(coding, "identity")) {
    return unfit("sends the document compressed (" + printable(coding, 32) + ")",
                 "let the server send it as it is");
  }
  if (auto read = reader.rest(*parser); !read) return read.error();
  answer.body = std::move(parser->get().body());
  return answer;
}

}  // namespace mqfail
