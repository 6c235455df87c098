// SPDX-License-Identifier: Apache-2.0
#include "rest/resource.hpp"

#include <array>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/store/store.hpp"

namespace mqfail {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> result;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    result.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return result;
    path.remove_prefix(slash + 1);
  }
}

Error unknown_path(std::string_view path) {
  return {
      ErrorKind::no_input, "there is nothing at " + printable(path),
      "the path is /api/v1/configuration/<ComponentId>/RedundantServers, with /<serverId> for one "
      "server"};
}

Result<std::string> decoded(std::string_view segment) {
  auto text = percent_decoded(segment);
  if (text && !is_utf8(*text))
    return Error{ErrorKind::usage, printable(segment) + " is not UTF-8", "percent-encode UTF-8"};
  return text;
}

}  // namespace

Target split_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.size() < kScheme.size() || !same_word(target.substr(0, kScheme.size()), kScheme))
    return {std::nullopt, target};
  target.remove_prefix(kScheme.size());
  const std::size_t slash = target.find('/');
  if (slash == std::string_view::npos) return {target, "/"};
  return {target.substr(0, slash), target.substr(slash)};
}

Result<Resource> parse_resource(std::string_view path) {
  if (const std::size_t mark = path.find_first_of("?#"); mark != std::string_view::npos) {
    return Error{ErrorKind::usage, "a query means nothing here",
                 "leave out what follows " + printable(path.substr(0, mark))};
  }
  if (!path.starts_with('/')) return unknown_path(path);
  const std::vector<std::string_view> parts = segments(path);
  constexpr std::array<std::string_view, 5> kPath = {"api", "v1", "configuration", "",
                                                     "RedundantServers"};
  if (parts.size() < kPath.size() || parts.size() > kPath.size() + 1) return unknown_path(path);
  for (std::size_t i = 0; i < kPath.size(); ++i) {
    if (!kPath[i].empty() && !same_word(parts[i], kPath[i])) return unknown_path(path);
  }
  auto component = decoded(parts[3]);
  if (!component) return component.error();
  if (auto good = check_component_id(*component); !good) return good.error();
  Resource resource{std::move(*component), std::nullopt};
  if (parts.size() == kPath.size()) return resource;
  // Not the whole list: a script whose variable is empty must not remove everything.
  if (parts.back().empty()) return unknown_path(path);
  auto id = decoded(parts.back());
  if (!id) return id.error();
  resource.server_id = std::move(*id);
  return resource;
}

}  // namespace mqfail
