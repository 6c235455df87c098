// SPDX-License-Identifier: Apache-2.0
#include "discovery/update_sources.hpp"

#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

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
  if (!request.tuning.supported) return out;
  std::optional<ServerFilter> filter;
  if (!request.tuning.filter.empty()) {
    auto parsed = ServerFilter::parse(request.tuning.filter);
    if (!parsed) return parsed.error();
    filter.emplace(std::move(*parsed));
  }
  const auto offers =
      std::make_shared<const OfferReader>(request.naming, std::move(filter), request.check);
  if (!request.documents.empty()) out->add_documents(request);
  if (!request.tuning.url.empty()) {
    if (auto done = out->add_url(request, offers); !done) return done.error();
  }
  return out;
}

void UpdateSources::again() {
  for (const auto& reader : readers_) reader->again();
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

Result<Done> UpdateSources::add_url(const UpdateRequest& request,
                                    const std::shared_ptr<const OfferReader>& offers) {
  const std::string& url = request.tuning.url;
  if (same_word(url.substr(0, 5), "http:") || same_word(url.substr(0, 6), "https:")) {
    return Error{ErrorKind::usage,
                 "updateURIsURL: " + printable(url, 200) + " is not yet supported", "name a file"};
  }
  const std::string path = path_of(url);
  files_.push_back(path);
  add(ListSource::url, SourceReader::Start::at_once,
      [path, offers, last = Secret()](const std::stop_token&) mutable -> Result<Reading> {
        auto text = read_regular_file(path, kLargestOffer);
        if (!text) return text.error();
        if (last.reveal() == *text) return Reading{};
        last = Secret(std::move(*text));
        return offers->read("updateURIsURL " + printable(path, 1024), last.reveal(), Origin::user);
      });
  return Done{};
}

}  // namespace mqfail
