// SPDX-License-Identifier: Apache-2.0
// What an HTTP server answers to --update-uris-url. Laws: how the bytes are cut changes nothing; an
// error may be shown; a document has 1 MiB at most; a redirection leads to a URL that may be asked.
#include "discovery/http_answer.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "discovery/http_url.hpp"
#include "fuzz/fuzz.hpp"

using namespace mqfail;

namespace {

// A record each: a read gets one of them.
Result<RawAnswer> answer(const HttpUrl& url, std::string_view bytes, std::size_t piece) {
  std::array<int, 2> ends{};
  fuzz::law(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0, "a pair");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view some = bytes.substr(at, piece);
    send(ends[1], some.data(), some.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  shutdown(ends[1], SHUT_WR);
  static const std::stop_source stop;
  const HttpBound bound(std::chrono::seconds(5), stop.get_token());
  HttpStream stream(ends[0], "here", bound);
  auto result = ask(stream, url, {});
  close(ends[1]);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const HttpUrl url = *parse_http_url("http://h/list.json");
  fuzz::Input input(data, size);
  // So many records as the kernel keeps for one socket.
  const std::size_t piece = std::max<std::size_t>(input.byte(), size / 100 + 1);
  const auto whole = answer(url, input.rest(), 16384), cut = answer(url, input.rest(), piece);
  fuzz::law(static_cast<bool>(whole) == static_cast<bool>(cut), "the same in pieces", input.rest());
  if (!whole) {
    fuzz::law_error(whole.error());
    fuzz::law_error(cut.error());
    return 0;
  }
  fuzz::law(whole->status == cut->status && whole->body == cut->body &&
                whole->location == cut->location && whole->validators.etag == cut->validators.etag,
            "the same answer in pieces");
  fuzz::law(whole->status == 200 || whole->body.empty(), "only a document has a body");
  fuzz::law(whole->body.size() <= kLargestHttpDocument, "a document is bounded");
  const std::string_view etag = whole->validators.etag;
  fuzz::law(etag.find_first_of("\r\n") == std::string_view::npos, "a validator is one field", etag);
  const auto next = redirected(url, whole->location);
  if (!next) {
    fuzz::law_error(next.error());
  } else {
    fuzz::law_shown(shown(*next));
    fuzz::law(next->target.find_first_of("\r\n ") == std::string::npos, "a target is one word",
              next->target);
  }
  return 0;
}
