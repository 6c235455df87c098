// SPDX-License-Identifier: Apache-2.0
// URIs and flags as a listing, and the flags of the failover options (failover.md section 1).
#include <algorithm>
#include <cctype>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/naming/conversion.hpp"
#include "config/naming/shell_words.hpp"
#include "config/uri/failover_options.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_list.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

Error bad(const Error& error) {
  return {ErrorKind::data, error.message, error.hint};
}
Error bad(std::string message, std::string hint = {}) {
  return {ErrorKind::data, std::move(message), std::move(hint)};
}

// Sorts randomize out, whose default is not the same everywhere, and judges the others.
Result<Done> take_options(const QueryOptions& options, ServerListing& listing) {
  FailoverTuning judged;
  judged.settings.randomize = listing.randomize;
  for (const auto& [name, value] : options) {
    if (auto done = apply_failover_option(name, value, judged); !done) return bad(done.error());
    if (name == "updateURIsURL" && shown_uri(value) != value) {
      return bad(
          "updateURIsURL: '" + shown_uri(value) + "' has a user or a query, which is not shown",
          "leave it out, and add it by hand");
    }
    if (name != "randomize") listing.options.emplace_back(name, value);
  }
  listing.randomize = judged.settings.randomize;
  return Done{};
}

Result<ServerListing> read_uris(std::string_view text) {
  auto list = parse_uri_list(text);
  if (!list) return bad(list.error());
  if (!list->discoveries.empty())
    return bad("servers that are discovered are in no list that could be converted",
               "leave discovery: out, and name the servers");
  ServerListing listing;
  listing.servers = std::move(list->servers);
  listing.randomize = list->is_failover;
  if (auto done = take_options(list->options, listing); !done) return done.error();
  return listing;
}

class FlagReader {
 public:
  explicit FlagReader(std::vector<std::string> words) : words_(std::move(words)) {}

  Result<ServerListing> read() {
    listing_.randomize = false;
    while (at_ < words_.size()) {
      if (auto done = flag(words_[at_++]); !done) return bad(done.error());
    }
    if (auto done = give_ports(); !done) return done.error();
    if (listing_.servers.empty()) return bad("the flags name no server", "-s URI names one");
    if (auto done = take_options(options_, listing_); !done) return done.error();
    return std::move(listing_);
  }

 private:
  Result<Done> flag(const std::string& word) {
    std::string name = word;
    given_.reset();
    if (const std::size_t equals = word.find('=');
        word.starts_with("--") && equals != std::string::npos) {
      name = word.substr(0, equals);
      given_ = word.substr(equals + 1);
    } else if (word.size() > 2 && word[0] == '-' && word[1] != '-') {
      name = word.substr(0, 2);
      given_ = word.substr(2);
    }
    if (name == "-s" || name == "--server") return server(name);
    if (name == "-h" || name == "--host") return host(name);
    if (name == "-p" || name == "--port") return port(name);
    return list_option(name);
  }

  Result<std::string> value(const std::string& name) {
    if (given_) return *given_;
    if (at_ == words_.size()) return bad(name + " has no value");
    return words_[at_++];
  }

  Result<Done> server(const std::string& name) {
    const auto uri = value(name);
    if (!uri) return uri.error();
    if (names_a_list(trimmed(*uri)))
      return bad(name + ": a URI of a whole list among flags", "convert it by itself");
    auto draft = parse_server_uri(*uri);
    if (!draft) return draft.error();
    listing_.servers.push_back(std::move(*draft));
    return Done{};
  }

  Result<Done> host(const std::string& name) {
    const auto text = value(name);
    if (!text) return text.error();
    auto draft = host_draft(*text);
    if (!draft) return draft.error();
    hosts_.push_back(listing_.servers.size());
    listing_.servers.push_back(std::move(*draft));
    return Done{};
  }

  Result<Done> port(const std::string& name) {
    const auto text = value(name);
    if (!text) return text.error();
    const auto number = parse_port(*text);
    if (!number) return number.error();
    ports_.push_back(*number);
    return Done{};
  }

  // As the commands do it: never, once for all, or as often as -h.
  Result<Done> give_ports() {
    if (ports_.empty()) return Done{};
    if (ports_.size() != 1 && ports_.size() != hosts_.size())
      return bad("-p is given " + std::to_string(ports_.size()) + " times for " +
                 std::to_string(hosts_.size()) + " -h");
    if (hosts_.empty()) return bad("-p has no -h that it belongs to");
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      ServerDraft& draft = listing_.servers[hosts_[i]];
      draft.server.port = ports_[ports_.size() == 1 ? 0 : i];
      draft.port_given = true;
    }
    return Done{};
  }

  Result<Done> list_option(const std::string& name) {
    for (const FailoverOption& option : failover_options()) {
      const std::string flag = "--" + std::string(option.kebabName);
      const bool boolean = option.kind == OptionKind::boolean;
      const bool off = boolean && name == "--no-" + std::string(option.kebabName);
      if (name != flag && !off) continue;
      if (boolean && given_) return bad(name + " takes no value");
      if (boolean) {
        options_.emplace_back(option.camelName, off ? "false" : "true");
        return Done{};
      }
      const auto text = value(name);
      if (!text) return text.error();
      if (option.kind == OptionKind::duration) {
        const auto time = parse_option_duration(name, *text, false);
        if (!time) return time.error();
      }
      options_.emplace_back(option.camelName, *text);
      return Done{};
    }
    return bad("'" + shown_uri(name) + "' is not a flag that names servers",
               "convert knows -s, -h, -p and the failover options");
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
  std::optional<std::string> given_;  // the value that stands in the same word
  std::vector<std::size_t> hosts_;
  std::vector<std::uint16_t> ports_;
  QueryOptions options_;
  ServerListing listing_;
};

}  // namespace

bool is_listing(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('-')) return text.size() > 1 && !is_digit(text[1]);
  if (names_a_list(text)) return true;
  const std::size_t word = std::min(text.find("://"), text.size());
  return word > 0 && word < text.size() &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(word),
                     [](unsigned char c) { return std::isalpha(c) != 0; });
}

Result<ServerListing> read_listing(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('-')) return read_uris(text);
  auto words = shell_words(text);
  if (!words) return words.error();
  return FlagReader(std::move(*words)).read();
}

std::string list_flags(const ServerListing& listing) {
  std::string flags = listing.randomize ? " --randomize" : "";
  for (const auto& [name, value] : listing.options) {
    const auto option =
        std::find_if(failover_options().begin(), failover_options().end(),
                     [&, wanted = name](const FailoverOption& o) { return o.camelName == wanted; });
    const std::string flag(option->kebabName);
    if (option->kind == OptionKind::boolean) {
      flags += (same_word(value, "true") ? " --" : " --no-") + flag;
      continue;
    }
    const bool bare = option->kind == OptionKind::duration && all_digits(value);
    flags += " --" + flag + " " + shell_quoted(bare ? value + "ms" : value);
  }
  return flags.empty() ? flags : flags.substr(1);
}

}  // namespace mqfail
