// SPDX-License-Identifier: Apache-2.0
#include "config/uri/uri_list.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

constexpr std::string_view kPrefix = "failover:";

struct Body {
  std::string_view list;
  std::string_view query;
};

// Where the "(" at 0 is closed; npos if it is not.
std::size_t closing(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

Result<Body> split_body(std::string_view body) {
  if (!body.starts_with('(')) {
    if (body.find('?') == std::string_view::npos) return Body{body, {}};
    return Error{ErrorKind::usage,
                 "options without parentheses would belong to the last server alone",
                 "write failover:(URI,URI)?option=value"};
  }
  const std::size_t close = closing(body);
  if (close == std::string_view::npos) {
    return Error{ErrorKind::usage, "parentheses do not match",
                 "write a parenthesis of a user or password as %28 or %29"};
  }
  std::string_view rest = body.substr(close + 1);
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (!rest.empty() && rest.front() != '?') {
    return Error{ErrorKind::usage, "something other than '?' follows the ')'",
                 "write failover:(URI,URI)?option=value"};
  }
  return Body{body.substr(1, close - 1), rest.empty() ? rest : rest.substr(1)};
}

Result<Done> add_discovery(std::string_view piece, bool is_failover, UriList& list) {
  auto uri = parse_discovery_uri(piece);
  if (!uri) return uri.error();
  if (!is_failover)
    return Error{ErrorKind::usage, "servers are discovered for a failover: list only",
                 "write failover:(URI,discovery:(dns://NAME))"};
  if (!uri->query.empty())
    return Error{ErrorKind::usage, "a discovery: within a list has options of its own",
                 "write them behind the last parenthesis: failover:(…)?option=value"};
  std::vector<Discovery>& all = list.discoveries;
  if (std::find(all.begin(), all.end(), uri->discovery) == all.end())
    all.push_back(std::move(uri->discovery));
  return Done{};
}

// URIs with commas between, in a failover: URI or alone.
Result<UriList> parse_servers(std::string_view text, const QueryOptions& nested, bool is_failover,
                              std::size_t most_servers) {
  UriList list;
  list.is_failover = is_failover;
  const auto pieces = split_servers(text);
  if (!pieces) return pieces.error();
  if (pieces->size() > most_servers) {
    return Error{ErrorKind::usage, "more than " + std::to_string(most_servers) + " servers",
                 "name fewer servers"};
  }
  for (const std::string_view piece : *pieces) {
    if (is_failover && piece.empty())
      return Error{ErrorKind::usage, "there is no server beside a ','", ""};
    if (is_discovery_uri(piece)) {
      if (auto done = add_discovery(piece, is_failover, list); !done) return done.error();
      continue;
    }
    if (is_failover && (is_failover_uri(piece) || piece.starts_with('('))) {
      return Error{ErrorKind::usage, "a failover: list cannot hold another list",
                   "name all servers in one list"};
    }
    auto server = parse_server_uri(piece, nested, is_failover);
    if (!server) return server.error();
    list.servers.push_back(std::move(*server));
  }
  return list;
}

// The options of a list, and what they hand on to its servers.
struct ListOptions {
  QueryOptions own, nested, discovered;
};

Result<ListOptions> parse_options(std::string_view query) {
  auto options = parse_query(query);
  if (!options) return options.error();
  constexpr std::string_view kNested = "nested.", kDiscovered = "discovered.";
  ListOptions sorted;
  for (auto& [name, value] : *options) {
    if (name.starts_with(kNested)) {
      sorted.nested.emplace_back(name.substr(kNested.size()), std::move(value));
    } else if (name.starts_with(kDiscovered)) {
      sorted.discovered.emplace_back(name.substr(kDiscovered.size()), std::move(value));
    } else {
      sorted.own.emplace_back(std::move(name), std::move(value));
    }
  }
  return sorted;
}

// Gives the list its options, and each discovery those of the servers that it will find. These are
// judged now: on a server that may be any.
Result<Done> give_options(ListOptions options, UriList& list) {
  list.options = std::move(options.own);
  if (list.discoveries.empty()) {
    if (options.discovered.empty()) return Done{};
    return Error{ErrorKind::usage,
                 "discovered." + printable(options.discovered.front().first, 64) +
                     " has no discovery: that it belongs to",
                 "write nested." + printable(options.discovered.front().first, 64)};
  }
  QueryOptions found = std::move(options.nested);
  found.insert(found.end(), options.discovered.begin(), options.discovered.end());
  if (const auto any = parse_server_uri("mqtts://host", found, true); !any)
    return Error{any.error().kind, any.error().message, any.error().hint};
  for (Discovery& discovery : list.discoveries) discovery.nested = found;
  return Done{};
}

Result<UriList> parse_failover(std::string_view body_text, std::size_t most_servers) {
  const auto body = split_body(body_text);
  if (!body) return body.error();
  auto options = parse_options(body->query);
  if (!options) return options.error();
  if (trimmed(body->list).empty()) {
    return Error{ErrorKind::usage, "there is no server between the parentheses",
                 "write failover:(URI,URI)"};
  }
  auto list = parse_servers(body->list, options->nested, true, most_servers);
  if (!list) return list;
  if (auto done = give_options(std::move(*options), *list); !done) return done.error();
  return list;
}

Result<UriList> parse_discovery(std::string_view text) {
  auto uri = parse_discovery_uri(text);
  if (!uri) return uri.error();
  auto options = parse_options(uri->query);
  if (!options) return options.error();
  UriList list;
  list.is_failover = true;
  list.discoveries.push_back(std::move(uri->discovery));
  if (auto done = give_options(std::move(*options), list); !done) return done.error();
  return list;
}

}  // namespace

bool is_failover_uri(std::string_view text) {
  return same_word(text.substr(0, kPrefix.size()), kPrefix);
}

Result<UriList> parse_uri_list(std::string_view text, std::size_t most_servers) {
  text = trimmed(text);
  if (!names_a_list(text)) return parse_servers(text, {}, false, most_servers);
  const auto read = [&] {
    if (is_discovery_uri(text)) return parse_discovery(text);
    std::string_view body = text.substr(kPrefix.size());
    if (body.starts_with("//")) body.remove_prefix(2);
    return parse_failover(trimmed(body), most_servers);
  };
  auto list = read();
  if (!list && list.error().message.find(" in '") == std::string::npos) {
    return Error{list.error().kind, list.error().message + " in '" + shown_uri(text) + "'",
                 list.error().hint};
  }
  return list;
}

}  // namespace mqfail
