// SPDX-License-Identifier: Apache-2.0
#include "discovery/update_sources.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "discovery/discovered.hpp"
#include "discovery/http_document.hpp"

namespace mqfail {
namespace {

constexpr Duration kHttpBound = std::chrono::seconds(10);  // of one request

bool is_http(std::string_view url) {
  return same_word(url.substr(0, 5), "http:") || same_word(url.substr(0, 6), "https:");
}

// The path of a URL that names a file: file:///etc/x, file:x, or the path itself.
std::string path_of(std::string_view url) {
  constexpr std::string_view kFile = "file:";
  if (!same_word(url.substr(0, kFile.size()), kFile)) return std::string(url);
  url.remove_prefix(kFile.size());
  if (url.starts_with("//")) url.remove_prefix(2);
  return std::string(url);
}

}  // namespace

Result<std::unique_ptr<UpdateSources>> UpdateSources::begin(UpdateRequest request, Tell tell) {
  std::unique_ptr<UpdateSources> out(new UpdateSources(std::move(tell)));
  std::optional<ServerFilter> filter;
  if (!request.tuning.filter.empty()) {
    auto parsed = ServerFilter::parse(request.tuning.filter);
    if (!parsed) return parsed.error();
    filter.emplace(std::move(*parsed));
  }
  const auto offers =
      std::make_shared<const OfferReader>(request.naming, std::move(filter), request.check);
  // A list that may not change still has to be found.
  for (const Discovery::Kind kind : {Discovery::Kind::dns, Discovery::Kind::multicast}) {
    Discovered found(kind, request, offers);
    if (!found.any()) continue;
    const bool dns = kind == Discovery::Kind::dns;
    out->add(dns ? ListSource::srv : ListSource::multicast, SourceReader::Start::at_once,
             std::move(found), kDiscoveryRetry);
  }
  if (!request.tuning.supported) return out;
  if (!request.documents.empty()) out->add_documents(request);
  if (!request.tuning.url.empty()) {
    if (auto done = out->add_url(request, offers); !done) return done.error();
  }
  if (!request.tuning.topic.empty()) out->add_topic(request.tuning.topic, offers);
  return out;
}

void UpdateSources::again() {
  for (const auto& reader : readers_) reader->again();
}

void UpdateSources::heard(std::optional<std::string> payload) {
  if (topic_ == nullptr) return;
  {
    const std::lock_guard lock(slot_->mutex);
    slot_->payload = std::move(payload);
    slot_->is_full = true;
  }
  topic_->again(SourceReader::Errors::new_ones);
}

void UpdateSources::add(ListSource source, SourceReader::Start start, SourceReader::Read read,
                        std::optional<Duration> retry) {
  readers_.push_back(std::make_unique<SourceReader>(
      start, std::move(read),
      [this, source](Result<Reading> reading) { tell_(source, std::move(reading)); }, retry));
}

void UpdateSources::add_documents(const UpdateRequest& request) {
  files_ = request.documents;
  NamingRequest naming = request.naming;
  naming.again = true;
  add(ListSource::document, SourceReader::Start::when_asked,
      [naming = std::move(naming), flags = request.flags,
       check = request.check](const std::stop_token&) -> Result<Reading> {
        auto roster = name_servers(naming, flags);
        if (!roster) return roster.error();
        if (auto fits = check(roster->servers); !fits) return fits.error();
        return Reading{std::move(roster->servers)};
      });
}

Result<Done> UpdateSources::add_url(const UpdateRequest& request, const Offers& offers) {
  const std::string& url = request.tuning.url;
  if (!is_http(url)) {
    add_file(path_of(url), offers);
    return Done{};
  }
  if (auto good = check_http_url(url); !good) {
    return Error{good.error().kind, "updateURIsURL: " + good.error().message, good.error().hint};
  }
  const TlsSettings& tls = request.naming.defaults.tls;
  const auto document =
      std::make_shared<HttpDocument>(url, HttpTrust{tls.cafile, tls.capath, tls.use_os_certs});
  const Duration interval = request.tuning.interval;
  add(
      ListSource::url, SourceReader::Start::at_once,
      [document, offers, interval,
       last = std::string()](const std::stop_token& stop) mutable -> Result<Reading> {
        auto answer = document->get(kHttpBound, stop);
        if (!answer) return answer.error();
        if (!answer->body || *answer->body == last) return Reading{.again = interval};
        last = std::move(*answer->body);
        auto reading = offers->read("updateURIsURL " + document->name(), last, Origin::network);
        if (reading) reading->again = interval;
        return reading;
      },
      interval);
  return Done{};
}

void UpdateSources::add_file(const std::string& path, const Offers& offers) {
  files_.push_back(path);
  add(ListSource::url, SourceReader::Start::at_once,
      [path, offers, last = Secret()](const std::stop_token&) mutable -> Result<Reading> {
        auto text = read_regular_file(path, kLargestAnnouncement);
        if (!text) return text.error();
        if (!text->empty() && last.reveal() == *text) return Reading{};
        last = Secret(std::move(*text));
        const std::string name = "updateURIsURL " + printable(path, 1024);
        auto reading = offers->read(name, last.reveal(), Origin::user);
        // What it names may be there the next time.
        if (!reading) last = {};
        return reading;
      });
}

void UpdateSources::add_topic(const std::string& topic, const Offers& offers) {
  add(ListSource::topic, SourceReader::Start::when_asked,
      [slot = slot_, offers, name = "updatesTopic " + printable(topic, 300),
       last = std::string()](const std::stop_token&) mutable -> Result<Reading> {
        std::optional<std::string> payload;
        {
          const std::lock_guard lock(slot->mutex);
          if (!std::exchange(slot->is_full, false)) return Reading{};
          payload = std::exchange(slot->payload, std::nullopt);
        }
        if (!payload) return too_large(name);
        if (*payload == last && !last.empty()) return Reading{};
        last = std::move(*payload);
        return offers->read(name, last, Origin::network);
      });
  topic_ = readers_.back().get();
}

}  // namespace mqfail
